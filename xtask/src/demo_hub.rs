//! A demo hub of our own: built, started on a free port, and ended with the value that stands for it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    output::say,
    workspace::{self, Workspace, succeeds},
};

/// A running `doorward demo`. Dropping it ends exactly that process.
#[derive(Debug)]
pub(crate) struct DemoHub {
    child: Child,
    url: String,
    creds: PathBuf,
}

#[derive(Deserialize)]
struct Creds {
    url: String,
    #[serde(default)]
    users: BTreeMap<String, User>,
}

#[derive(Deserialize)]
struct User {
    token: String,
}

impl DemoHub {
    /// Builds the hub as it is shipped and starts it; returns when it answers.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        Self::start_built(workspace, &["--release"], "release", None)
    }

    /// Builds the hub as tests do, with every assertion in it, and starts it.
    pub(crate) fn start_with_assertions(workspace: &Workspace) -> Result<Self> {
        Self::start_built(workspace, &[], "debug", None)
    }

    /// As that, with a web frontend.
    pub(crate) fn start_with_frontend(workspace: &Workspace, files: &Path) -> Result<Self> {
        Self::start_built(workspace, &[], "debug", Some(files))
    }

    fn start_built(workspace: &Workspace, how: &[&str], place: &str, frontend: Option<&Path>) -> Result<Self> {
        workspace::run(workspace.cargo().args(["build", "--package", "hub"]).args(how))?;
        let target = workspace.target_directory()?;
        let folder = target.join("xtask");
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Self::launch(Command::new(target.join(place).join("doorward")), &folder, MAX_START, frontend)
    }

    fn launch(mut command: Command, folder: &Path, max_start: Duration, frontend: Option<&Path>) -> Result<Self> {
        let port = free_port()?;
        let creds = folder.join(format!("creds-{port}.json"));
        let log = folder.join(format!("demo-{port}.log"));
        _ = fs::remove_file(&creds);
        let output = File::create(&log).with_context(|| format!("{} cannot be made", log.display()))?;
        command.args(["demo", "--listen", &format!("127.0.0.1:{port}"), "--creds-file"]).arg(&creds);
        if let Some(frontend) = frontend {
            command.arg("--frontend").arg(frontend);
        }
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("{:?} cannot be started", command.get_program()))?;
        // From here on, leaving early ends the process.
        let mut hub = Self { child, url: String::new(), creds };
        match hub.wait_until_it_answers(max_start) {
            Ok(url) => hub.url = url,
            Err(error) => return Err(error.context(format!("the demo hub's log is {}", log.display()))),
        }
        say(format_args!("# demo hub {} at {}", hub.child.id(), hub.url));
        Ok(hub)
    }

    fn wait_until_it_answers(&mut self, max_start: Duration) -> Result<String> {
        let started_at = Instant::now();
        loop {
            // The file appears before it is whole, unless it is moved into place: half of it is no JSON.
            let text = fs::read_to_string(&self.creds).unwrap_or_default();
            if let Ok(creds) = serde_json::from_str::<Creds>(&text) {
                return Ok(creds.url);
            }
            if let Some(status) = self.child.try_wait().context("the demo hub cannot be watched")? {
                bail!("the demo hub ended at once with {status}");
            }
            if started_at.elapsed() > max_start {
                bail!("the demo hub wrote no {} in {} s", self.creds.display(), max_start.as_secs());
            }
            thread::sleep(PAUSE);
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn creds(&self) -> &Path {
        &self.creds
    }

    /// Returns the token of one of its users.
    pub(crate) fn token(&self, user: &str) -> Result<String> {
        let creds: Creds = serde_json::from_str(&fs::read_to_string(&self.creds)?)?;
        Ok(creds.users.get(user).with_context(|| format!("the demo hub has no user {user}"))?.token.clone())
    }

    fn end(&mut self) {
        // Asked first, so that it can clear up what it made. Not waited for yet, so the id is still its own.
        succeeds(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        let asked_at = Instant::now();
        while asked_at.elapsed() < MAX_STOP {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(PAUSE);
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Drop for DemoHub {
    fn drop(&mut self) {
        self.end();
        // It holds tokens, of a hub that is no more.
        _ = fs::remove_file(&self.creds);
    }
}

const MAX_START: Duration = Duration::from_secs(60);
const MAX_STOP: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_millis(50);

/// Returns a port that was free a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    /// Launches a shell script in place of the hub; `$5` is the creds file.
    fn launch(name: &str, script: &str) -> Result<DemoHub> {
        let folder = env::temp_dir().join(format!("xtask-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script, "doorward"]);
        let hub = DemoHub::launch(command, &folder, Duration::from_secs(2), None);
        fs::remove_dir_all(&folder).unwrap();
        hub
    }

    fn is_running(id: u32) -> bool {
        succeeds(Command::new("kill").args(["-0", &id.to_string()]))
    }

    #[test]
    fn a_hub_runs_until_it_is_dropped() {
        let hub = launch("runs", r#"echo '{"url": "http://there"}' > "$5"; exec sleep 60"#).unwrap();
        let id = hub.child.id();
        assert_eq!(hub.url(), "http://there");
        assert!(is_running(id));
        drop(hub);
        assert!(!is_running(id));
    }

    #[test]
    fn a_hub_that_ends_or_stays_silent_is_an_error() {
        let error = launch("ends", "exit 3").unwrap_err();
        assert!(format!("{error:#}").contains("exit status: 3"), "{error:#}");
        let error = launch("silent", "exec sleep 60").unwrap_err();
        assert!(format!("{error:#}").contains("in 2 s"), "{error:#}");
    }
}
