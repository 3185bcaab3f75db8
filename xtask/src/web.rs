//! `web`: people's journeys in a real browser, through Home Assistant's frontend and Doorward's page, against a demo hub.

use std::{fs, path::Path, process::Command};

use anyhow::Result;
use serde_json::Value;

use crate::{
    demo_hub::DemoHub,
    frontend,
    output::say,
    steps::Done,
    workspace::{self, Workspace, succeeds},
};

/// What is installed below `target`: the driver of the browser, and what checks pages for whoever cannot see or point.
const PACKAGES: [(&str, &str); 2] = [("playwright-core", "1.65.1"), ("axe-core", "4.14.1")];

/// The journeys, from the root of the repository.
const JOURNEYS: &str = "hub/tests/web/run.mjs";

/// Runs the journeys that `patterns` choose; all without any.
pub(crate) fn run(workspace: &Workspace, patterns: &[String]) -> Result<Done> {
    for program in ["node", "npm"] {
        if !succeeds(Command::new(program).arg("--version")) {
            return Ok(Done::LeftOut(format!("there is no {program}")));
        }
    }
    let Some(chromium) = frontend::chromium() else { return Ok(Done::LeftOut("there is no Chromium".to_owned())) };
    let files = match frontend::fetch(workspace) {
        Ok(files) => files,
        Err(error) => return Ok(Done::LeftOut(format!("the frontend cannot be fetched: {error:#}"))),
    };
    let folder = workspace.target_directory()?.join("web");
    if !PACKAGES.iter().all(|(name, version)| is_installed(&folder, name, version)) {
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        npm.args(PACKAGES.map(|(name, version)| format!("{name}@{version}")));
        if let Err(error) = workspace::run(&mut npm) {
            return Ok(Done::LeftOut(format!("what drives the browser cannot be installed: {error}")));
        }
    }
    let hub = DemoHub::start_with_frontend(workspace, &files)?;
    let mut journeys = Command::new("node");
    journeys.arg(workspace.root().join(JOURNEYS)).args(patterns).current_dir(&folder);
    journeys.env("DOORWARD_URL", hub.url()).env("DOORWARD_CREDS", hub.creds()).env("DOORWARD_CHROMIUM", chromium);
    journeys.env("DOORWARD_BIN", workspace.target_directory()?.join("debug").join("doorward"));
    journeys.env("DOORWARD_FRONTEND", &files).env("DOORWARD_TESTDATA", workspace.root().join("testdata"));
    journeys.env("DOORWARD_MODULES", folder.join("node_modules")).env("DOORWARD_SHOTS", folder.join("screenshots"));
    say(format_args!("# screenshots go to {}", folder.join("screenshots").display()));
    workspace::run(&mut journeys)?;
    Ok(Done::Passed)
}

fn is_installed(folder: &Path, name: &str, version: &str) -> bool {
    let manifest = fs::read(folder.join("node_modules").join(name).join("package.json")).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    manifest.get("version").and_then(Value::as_str) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_installed() {
        assert!(!is_installed(Path::new("/no/such/folder"), "axe-core", "1.0.0"));
    }
}
