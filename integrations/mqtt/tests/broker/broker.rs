//! A broker of our own.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// A `mosquitto` on a free port. Dropping it ends exactly that process and removes its folder.
pub(crate) struct Broker {
    pub(crate) port: u16,
    folder: PathBuf,
    child: Option<Child>,
    password: String,
    extra: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Broker {
    /// Starts a broker that knows the users `hub` and `device`, and keeps what is retained over restarts.
    pub(crate) async fn start() -> Self {
        let mut broker = Self::stopped();
        broker.run().await;
        broker
    }

    /// Starts a broker with further lines in its configuration, made for its folder.
    pub(crate) async fn start_with(extra: impl FnOnce(&Path) -> String) -> Self {
        let mut broker = Self::stopped();
        broker.extra = extra(&broker.folder);
        broker.run().await;
        broker
    }

    /// Returns a broker that does not run yet. Its port is free.
    pub(crate) fn stopped() -> Self {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("doorward-mqtt-{}-{n}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let broker = Self { port, folder, child: None, password: String::new(), extra: String::new() };
        broker.with_password("right")
    }

    fn with_password(mut self, password: &str) -> Self {
        self.set_password(password);
        self
    }

    /// Sets the password of `hub`. Takes effect when the broker starts.
    pub(crate) fn set_password(&mut self, password: &str) {
        let file = self.folder.join("passwords");
        for (user, password, create) in [("hub", password, true), ("device", "device", false)] {
            let mut command = Command::new("mosquitto_passwd");
            command.arg("-b").args(create.then_some("-c")).arg(&file).args([user, password]);
            assert!(command.status().unwrap().success(), "mosquitto_passwd");
        }
        self.password = password.to_owned();
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Starts it on its port, and returns when it answers.
    pub(crate) async fn run(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let folder = self.folder.display();
        let (port, extra) = (self.port, &self.extra);
        let user = if is_root() { "user root\n" } else { "" };
        let config = format!(
            "{user}allow_anonymous false\npassword_file {folder}/passwords\npersistence true\n\
             persistence_location {folder}/\n\
             listener {port} 127.0.0.1\n{extra}"
        );
        let path = self.folder.join("mosquitto.conf");
        fs::write(&path, config).unwrap();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log")).unwrap();
        let program = if Path::new("/usr/sbin/mosquitto").exists() { "/usr/sbin/mosquitto" } else { "mosquitto" };
        let mut command = Command::new(program);
        command.arg("-c").arg(&path).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        for _ in 0..1_000 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return;
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "{}", fs::read_to_string(self.folder.join("log")).unwrap());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the broker does not answer");
    }

    /// Ends it in good order, so that it keeps what is retained.
    pub(crate) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            _ = child.kill();
        }
        child.wait().unwrap();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"))
}
