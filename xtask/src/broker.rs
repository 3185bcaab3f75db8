//! The tests of `integrations/mqtt` and of the hub against a real broker, which they start themselves.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::{
    steps::Done,
    workspace::{self, Workspace, succeeds},
};

/// Runs them where `mosquitto` is installed.
pub(crate) fn broker(workspace: &Workspace) -> Result<Done> {
    if !is_installed() {
        return Ok(Done::LeftOut("mosquitto is not installed: `apt-get install mosquitto`".to_owned()));
    }
    let arguments: &[&str] =
        if succeeds(workspace.cargo().args(["nextest", "--version"])) { &["nextest", "run"] } else { &["test"] };
    let tests = ["-p", "mqtt", "-p", "hub", "--features", "mqtt/real-broker,hub/real-broker", "--test", "broker"];
    workspace::run(workspace.cargo().args(arguments).args(tests))?;
    Ok(Done::Passed)
}

/// Debian puts it where only the system's own programs are, which is on few people's path.
fn is_installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.into_iter().any(|folder| folder.join("mosquitto").is_file())
}
