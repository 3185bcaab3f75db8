//! The two pure crates that promise to do without std: nothing that they pull in turns it on.

use std::{collections::BTreeSet, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    output::say,
    steps::Done,
    workspace::{self, Workspace},
};

const CRATES: &[&str] = &["policy-merge", "auth-core"];

/// A target that has no std worth the name; built for where its libraries are installed.
const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the crates without features, and looks for a feature `std` in all that they pull in.
pub(crate) fn run(workspace: &Workspace) -> Result<Done> {
    for name in CRATES {
        workspace::run(workspace.cargo().args(["check", "--quiet", "--no-default-features", "--package", name]))?;
        let mut tree = workspace.cargo();
        tree.args([
            "tree",
            "--no-default-features",
            "--edges",
            "features,normal",
            "--prefix",
            "none",
            "--package",
            name,
        ]);
        let listed = tree.output().context("cargo tree")?;
        ensure!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let offenders = with_std(&String::from_utf8_lossy(&listed.stdout));
        if !offenders.is_empty() {
            bail!("{name} without features turns std on: {}", offenders.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    if !is_installed()? {
        return Ok(Done::LeftOut(format!("a build for {TARGET}: its libraries are not installed")));
    }
    for name in CRATES {
        let mut cargo = workspace.cargo();
        workspace::run(cargo.args([
            "build",
            "--quiet",
            "--no-default-features",
            "--target",
            TARGET,
            "--package",
            name,
        ]))?;
    }
    say(format_args!("built for {TARGET}"));
    Ok(Done::Passed)
}

fn is_installed() -> Result<bool> {
    let found = Command::new("rustc").args(["--print", "sysroot"]).output().context("rustc")?;
    let sysroot = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    Ok(Path::new(&sysroot).join("lib/rustlib").join(TARGET).exists())
}

/// Returns the packages of a tree whose feature `std` is on. Those that run while compiling have what they like.
fn with_std(tree: &str) -> BTreeSet<String> {
    let package = |line: &str| line.split_once(" feature \"std\"").map(|(package, _)| package.to_owned());
    tree.lines().filter_map(package).filter(|name| !COMPILING.contains(&name.as_str())).collect()
}

const COMPILING: &[&str] = &["proc-macro2", "quote", "syn"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_who_turns_std_on() {
        let tree = "auth-core v0.1.0\nserde feature \"alloc\"\nserde feature \"std\"\nserde feature \"std\" (*)\nsyn feature \"std\"\n";
        assert_eq!(with_std(tree), BTreeSet::from(["serde".to_owned()]));
        assert!(with_std("serde feature \"alloc\"\n").is_empty());
    }
}
