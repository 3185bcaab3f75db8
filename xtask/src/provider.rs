//! `oauth provider`: signing in at a provider that somebody else wrote, over real HTTP: entries, and people.

use std::{fs, path::Path, process::Command};

use anyhow::Result;
use serde_json::Value;

use crate::{
    steps::Done,
    workspace::{self, Workspace, succeeds},
};

const PACKAGE: &str = "oidc-provider";
const VERSION: &str = "9.13.3";
/// Names the folder with `node_modules` to the tests.
const FOLDER: &str = "DOORWARD_OIDC_PROVIDER";

/// Installs npm's `oidc-provider` below `target`, unless it is there, and runs the tests that need it.
pub(crate) fn provider(workspace: &Workspace) -> Result<Done> {
    for program in ["node", "npm"] {
        if !succeeds(Command::new(program).arg("--version")) {
            return Ok(Done::LeftOut(format!("there is no {program}")));
        }
    }
    let folder = workspace.target_directory()?.join("provider");
    if !is_installed(&folder) {
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        if let Err(error) = workspace::run(npm.arg(format!("{PACKAGE}@{VERSION}"))) {
            return Ok(Done::LeftOut(format!("{PACKAGE} cannot be installed: {error}")));
        }
    }
    let mut tests = workspace.cargo();
    tests.args(["test", "--package", "rest_oauth", "--features", "real-provider", "--test", "provider"]);
    workspace::run(tests.env(FOLDER, &folder))?;
    let mut tests = workspace.cargo();
    tests.args(["test", "--package", "hub", "--features", "real-provider", "--test", "oidc"]);
    workspace::run(tests.env(FOLDER, &folder))?;
    Ok(Done::Passed)
}

fn is_installed(folder: &Path) -> bool {
    let manifest = fs::read(folder.join("node_modules").join(PACKAGE).join("package.json")).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    manifest.get("version").and_then(Value::as_str) == Some(VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_installed() {
        assert!(!is_installed(Path::new("/no/such/folder")));
    }
}
