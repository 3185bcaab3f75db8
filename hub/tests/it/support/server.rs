//! A hub that ends with its test.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Answer, Request, Ws, secrets};

/// A directory that is removed with its test.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("doorward-it-{}-{n}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// A running hub.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
    /// What `--creds-file` says, for a demo.
    pub(crate) creds: Value,
    /// What it has said on standard error.
    log: Arc<Mutex<String>>,
    output: Arc<Mutex<String>>,
    _dir: Option<Temporary>,
}

/// Runs the binary to its end.
pub(crate) fn doorward(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_doorward")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

impl Server {
    /// Starts a demo home.
    pub(crate) fn demo() -> Self {
        let dir = Temporary::new();
        let file = dir.0.join("creds.json");
        let mut server =
            Self::start(&["demo", "--listen", "127.0.0.1:0", "--creds-file", file.to_str().unwrap()], &dir.0);
        while !file.exists() {
            assert!(server.process.try_wait().unwrap().is_none(), "the demo has ended");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        server.creds = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        server._dir = Some(dir);
        server
    }

    /// Serves a data directory.
    pub(crate) fn serve(data: &Path, more: &[&str]) -> Self {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        arguments.extend(more);
        Self::start(&arguments, data)
    }

    /// Starts the binary; what it keeps for a while, and would leave behind when it is killed, is kept in `temporary`.
    pub(crate) fn start(arguments: &[&str], temporary: &Path) -> Self {
        match Self::run(Command::new(env!("CARGO_BIN_EXE_doorward")), arguments, temporary) {
            Ok(server) => server,
            Err(log) => panic!("{arguments:?} did not start: {log}"),
        }
    }

    /// Starts the binary with something in its environment.
    pub(crate) fn start_with(arguments: &[&str], temporary: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command.envs(environment.iter().copied());
        match Self::run(command, arguments, temporary) {
            Ok(server) => server,
            Err(log) => panic!("{arguments:?} did not start: {log}"),
        }
    }

    /// Has the binary started by another program, which gets it and its arguments at the end. None if it does not start.
    pub(crate) fn try_start_by(by: &[&str], arguments: &[&str], temporary: &Path) -> Option<Self> {
        let mut command = Command::new(by[0]);
        command.args(&by[1..]).arg(env!("CARGO_BIN_EXE_doorward"));
        Self::run(command, arguments, temporary).ok()
    }

    fn run(mut command: Command, arguments: &[&str], temporary: &Path) -> Result<Self, String> {
        let command = command
            .args(arguments)
            .env("TMPDIR", temporary)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let log = Arc::<Mutex<String>>::default();
        let (said, errors) = (Arc::clone(&log), BufReader::new(process.stderr.take().unwrap()).lines());
        std::thread::spawn(move || {
            for line in errors.map_while(Result::ok) {
                let mut said = said.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let at = line.split("://").nth(1)?;
            Some(at.split([' ', '.']).take(4).collect::<Vec<_>>().join(".").trim_end_matches('.').to_owned())
        });
        // Whatever else it says is read at once, so that it never waits for a reader.
        let output = Arc::<Mutex<String>>::default();
        let kept = Arc::clone(&output);
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push_str(&(line + "\n")))
        });
        let Some(address) = address else {
            _ = process.kill();
            _ = process.wait();
            return Err(log.lock().unwrap().clone());
        };
        Ok(Self { process, address, creds: Value::Null, log, output, _dir: None })
    }

    /// Returns the long-lived token of a demo's user.
    pub(crate) fn token(&self, user: &str) -> String {
        self.creds["users"][user]["token"].as_str().unwrap().to_owned()
    }

    /// Returns a request to this hub.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(&self.address, method, path)
    }

    /// Sends a request as a demo's user.
    pub(crate) fn send_as(&self, user: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path).token(&self.token(user));
        match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        }
    }

    /// Opens a WebSocket as a demo's user.
    pub(crate) fn ws_as(&self, user: &str) -> Ws {
        Ws::open(&self.address, &self.token(user))
    }

    /// Returns what it has said on standard error.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a line on standard output that came after the address.
    pub(crate) fn line_with(&self, words: &str) -> String {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let line = self.output.lock().unwrap().lines().find(|line| line.contains(words)).map(ToOwned::to_owned);
            if let Some(line) = line {
                return line;
            }
            assert!(Instant::now() < end, "no line with {words:?} in {}", self.output.lock().unwrap());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks the hub to end and waits for that, for a while.
    pub(crate) fn terminate(&mut self, within: Duration) -> Option<ExitStatus> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let end = Instant::now() + within;
        while Instant::now() < end {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// Returns the process's number.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the hub as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
        let log = self.log();
        if std::thread::panicking() {
            _ = std::io::stderr().write_all(log.as_bytes());
        } else {
            assert!(!log.contains("panicked"), "the hub panicked: {log}");
            assert_eq!(secrets::found_in(&log), [""; 0], "secrets are in the log: {log}");
        }
    }
}
