//! `bench`: builds what is measured for release, then measures it.

use anyhow::Result;

use crate::workspace::{self, Workspace};

/// Prints the figures of one bench, or of all.
pub(crate) fn run(workspace: &Workspace, name: Option<&str>, json: bool) -> Result<bool> {
    workspace::run(workspace.cargo().args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "hub",
        "--package",
        "bench",
    ]))?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "bench", "--"]).args(name);
    if json {
        cargo.arg("--json");
    }
    workspace::run(&mut cargo)?;
    Ok(true)
}
