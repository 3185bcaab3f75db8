//! `conformance`: real Home Assistant clients against a hub. The suite is not ours and lies beside the repository.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    demo_hub::DemoHub,
    output::{Tally, say},
    steps::Done,
    workspace::{self, Workspace, succeeds},
};

/// Where the suite is, from the root of the repository.
const SUITE: &str = "../shared/clients";

/// Runs the suite against `server` (its address and the file with its users), or against a demo hub. Returns whether it
/// passed; the suite itself says how many scenarios did.
pub(crate) fn run(workspace: &Workspace, server: Option<(String, PathBuf)>, patterns: &[String]) -> Result<bool> {
    let done = match server {
        Some((url, creds)) => against(workspace, &url, &creds, patterns)?,
        None => against_demo(workspace, patterns)?,
    };
    match done {
        Done::Passed => Ok(true),
        Done::LeftOut(why) => {
            say(format_args!("left out: {why}\n{}", Tally::default()));
            Ok(false)
        }
    }
}

/// Starts a demo hub and runs the suite against it.
pub(crate) fn against_demo(workspace: &Workspace, patterns: &[String]) -> Result<Done> {
    // Before anything is built.
    if let Some(why) = missing(workspace) {
        return Ok(Done::LeftOut(why));
    }
    let hub = DemoHub::start(workspace)?;
    against(workspace, hub.url(), hub.creds(), patterns)
}

fn against(workspace: &Workspace, url: &str, creds: &Path, patterns: &[String]) -> Result<Done> {
    if let Some(why) = missing(workspace) {
        return Ok(Done::LeftOut(why));
    }
    let names = if patterns.is_empty() { scenarios(workspace)? } else { patterns.to_owned() };
    let creds = env::current_dir()?.join(creds);
    workspace::run(suite(workspace)?.arg(url).arg(creds).args(&names))?;
    Ok(Done::Passed)
}

/// Returns what stands in the way of running the suite here, if anything.
fn missing(workspace: &Workspace) -> Option<String> {
    if workspace.existing(SUITE).is_none() {
        return Some(format!("{SUITE} is not there"));
    }
    let tools = [
        ("node", "process.exit(process.versions.node.split('.')[0] >= 20 ? 0 : 1)", "-e", "Node 20 or newer"),
        ("python3", "import sys; sys.exit(sys.version_info < (3, 11))", "-c", "Python 3.11 or newer"),
    ];
    let lacks = tools.iter().find(|(tool, test, flag, _)| !succeeds(Command::new(tool).args([flag, test])));
    lacks.map(|(.., name)| format!("{name} is missing"))
}

/// Returns the suite's command, with its own place for the clients it installs.
fn suite(workspace: &Workspace) -> Result<Command> {
    let mut command = Command::new(workspace.root().join(SUITE).join("run.sh"));
    command.current_dir(workspace.root());
    if env::var_os("CLIENTS_CACHE").as_deref().is_none_or(OsStr::is_empty) {
        command.env("CLIENTS_CACHE", workspace.target_directory()?.join("clients-cache"));
    }
    Ok(command)
}

/// Returns the names of all scenarios.
fn scenarios(workspace: &Workspace) -> Result<Vec<String>> {
    let done = suite(workspace)?.arg("--list").output().context("the suite cannot be run")?;
    if !done.status.success() {
        bail!("the suite lists no scenarios: {}", String::from_utf8_lossy(&done.stderr).trim());
    }
    names(&String::from_utf8_lossy(&done.stdout))
}

/// Takes the names from the suite's list.
fn names(list: &str) -> Result<Vec<String>> {
    let broken = list.lines().find(|line| line.starts_with("FAIL "));
    ensure!(broken.is_none(), "the suite cannot be set up: {}", broken.unwrap_or_default());
    // The last line counts the scenarios; a name has a dot.
    let names = list.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| word.contains('.'));
    let names: Vec<_> = names.map(str::to_owned).collect();
    ensure!(!names.is_empty(), "the suite lists no scenarios");
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_from_the_list() {
        let list =
            "js.connect  -  (the client)\nflow.create  wide  (the client)\nrest.states  -  (fetch)\n3 scenarios\n";
        assert_eq!(names(list).unwrap(), ["js.connect", "flow.create", "rest.states"]);
        assert!(names("js.connect  -  (x)\nFAIL ws.setup: no network\n1 scenarios\n").is_err());
        assert!(names("0 scenarios\n").is_err());
    }
}
