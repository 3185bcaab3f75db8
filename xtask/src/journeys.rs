//! `matrix`, `sweep` and `crash`: tests of the hub that one may want alone. `test` runs them with all others.

use std::process::Stdio;

use anyhow::{Result, bail};

use crate::{
    output::say,
    workspace::{self, Workspace},
};

/// Compares the permission matrix with the committed one, or writes it.
pub(crate) fn matrix(workspace: &Workspace, bless: bool) -> Result<bool> {
    let mut cargo = workspace.cargo();
    if bless {
        cargo.env("DOORWARD_BLESS", "1");
    }
    workspace::run(cargo.args(["test", "--package", "hub", "--test", "it", "--", "matrix::"]))?;
    Ok(true)
}

/// Asks everything that is registered with too little permission.
pub(crate) fn sweep(workspace: &Workspace) -> Result<bool> {
    workspace::run(workspace.cargo().args(["test", "--package", "hub", "--test", "it", "--", "sweep::"]))?;
    Ok(true)
}

/// Cuts the power of a hub again and again. The last line is `N rounds, L lost, H half, C corrupt`.
pub(crate) fn crash(workspace: &Workspace, rounds: u32, seed: u64) -> Result<bool> {
    let mut cargo = workspace.cargo();
    cargo.env("DOORWARD_ROUNDS", rounds.to_string()).env("DOORWARD_SEED", seed.to_string());
    cargo.args(["test", "--quiet", "--package", "hub", "--test", "it", "--", "--exact", "--nocapture"]);
    cargo.arg("crash::rounds::power_cuts_and_failing_disks");
    let output = cargo.stdout(Stdio::piped()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.find(&format!("{rounds} rounds, ")).and_then(|at| line.get(at..)));
    match line {
        Some(line) => say(line),
        None => bail!("the rounds did not come to their end: {text}"),
    }
    Ok(output.status.success())
}
