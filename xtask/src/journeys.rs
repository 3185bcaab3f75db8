//! `matrix` and `sweep`: tests of the hub that one may want alone. `test` runs them with all others.

use anyhow::Result;

use crate::workspace::{self, Workspace};

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
