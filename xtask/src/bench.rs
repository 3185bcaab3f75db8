//! `bench`: builds what is measured for release, then measures it.

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// The bench of permissions alone, which needs no hub.
const ENGINE: &str = "engine";

/// Other engines on the same questions. They take minutes to build, so this one is run by its name alone.
const OTHERS: &str = "others";

/// Prints the figures of one bench, or of all, and nothing else on standard output.
pub(crate) fn run(workspace: &Workspace, name: Option<&str>, json: bool) -> Result<bool> {
    if name == Some(OTHERS) {
        let mut arguments = vec!["run", "--quiet", "--release", "--manifest-path", "engine-others/Cargo.toml", "--"];
        arguments.extend(json.then_some("--json"));
        cargo(workspace, &arguments)?;
        return Ok(true);
    }
    if name.is_none_or(|name| name == ENGINE) {
        cargo(workspace, &["build", "--quiet", "--release", "--package", "engine-bench"])?;
        measure(workspace, "engine-bench", None, json)?;
    }
    if name != Some(ENGINE) {
        cargo(workspace, &["build", "--quiet", "--release", "--package", "hub", "--package", "bench"])?;
        measure(workspace, "bench", name, json)?;
    }
    Ok(true)
}

/// Has a crowd use a hub.
pub(crate) fn soak(workspace: &Workspace, minutes: f64) -> Result<bool> {
    cargo(workspace, &["build", "--quiet", "--release", "--package", "hub", "--package", "bench"])?;
    cargo(
        workspace,
        &["run", "--quiet", "--release", "--package", "bench", "--bin", "soak", "--", &minutes.to_string()],
    )?;
    Ok(true)
}

fn measure(workspace: &Workspace, package: &str, name: Option<&str>, json: bool) -> Result<()> {
    let mut arguments = vec!["run", "--quiet", "--release", "--package", package, "--bin", package, "--"];
    arguments.extend(name);
    arguments.extend(json.then_some("--json"));
    cargo(workspace, &arguments)
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let status = workspace.cargo().args(arguments).status().context("cargo cannot be run")?;
    ensure!(status.success(), "`cargo {}` ended with {status}", arguments.join(" "));
    Ok(())
}
