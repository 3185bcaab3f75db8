//! The hub under load: a process of its own, with a home in a temporary directory.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::login;

/// The owner's.
const PASSWORD: &str = "a good password";

/// A running hub.
pub(crate) struct Hub {
    process: Child,
    directory: PathBuf,
    pub(crate) address: String,
    /// The owner's.
    pub(crate) token: String,
}

/// A session that somebody logged in to.
pub(crate) struct Session {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl Hub {
    pub(crate) fn start() -> Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("doorward");
        ensure!(binary.exists(), "{}: build it first, with cargo build --release -p hub", binary.display());
        let directory = std::env::temp_dir().join(format!("doorward-soak-{}", std::process::id()));
        let data = directory.join("data");
        fs::create_dir_all(&directory)?;
        let data = data.to_string_lossy().into_owned();
        let mut make = Command::new(&binary)
            .args(["user", "create", "--data", &data, "owner", "--group", "system-admin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        make.stdin.take().context("no input")?.write_all(format!("{PASSWORD}\n").as_bytes())?;
        ensure!(make.wait()?.success(), "no user was made");
        let token = Command::new(&binary)
            .args(["token", "create", "--data", &data, "--user", "owner", "--name", "soak"])
            .output()?;
        let token = String::from_utf8(token.stdout)?.trim().to_owned();
        let config = directory.join("doorward.toml");
        fs::write(&config, "[http]\nmax_connections_per_address = 4000\n")?;
        let mut process = Command::new(&binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data", &data, "--config"])
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let line = lines.next().context("the hub said nothing")??;
        let address = line.rsplit("://").next().context("no address")?.to_owned();
        Ok(Self { process, directory, address, token })
    }

    pub(crate) fn resident_megabytes(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kilobytes: f64 = resident.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Asks the hub to end. Returns whether it did so well, within ten seconds.
    pub(crate) fn stop(&mut self) -> Result<bool> {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait()? {
                break Some(status);
            }
            if begun.elapsed() > Duration::from_secs(10) {
                break None;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Ok(status.is_some_and(|status| status.success()))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
        _ = fs::remove_dir_all(&self.directory);
    }
}

/// Logs in by the password, as a browser does.
pub(crate) fn log_in(address: &str) -> Result<Session> {
    let tokens = login::log_in(address, PASSWORD)?;
    let text = |name: &str| tokens[name].as_str().map(ToOwned::to_owned).context("no token");
    Ok(Session { access_token: text("access_token")?, refresh_token: text("refresh_token")? })
}

pub(crate) fn revoke(address: &str, refresh_token: &str) -> Result<()> {
    let form = format!("token={refresh_token}");
    login::post(address, "/auth/revoke", "application/x-www-form-urlencoded", &form).map(drop)
}
