//! The repository that xtask belongs to, and the programs it runs there.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::output::say;

/// The root of the repository.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Returns the repository that this program was built in.
    pub(crate) fn new() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: here.parent().unwrap_or(here).to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns `path` below the root if there is such a thing.
    pub(crate) fn existing(&self, path: &str) -> Option<PathBuf> {
        let path = self.root.join(path);
        path.exists().then_some(path)
    }

    /// Returns a command of the cargo that runs us, in the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        command.current_dir(&self.root);
        command
    }

    /// Returns what `cargo metadata` says, with `arguments` added.
    pub(crate) fn metadata(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = self.cargo();
        command.args(["metadata", "--format-version", "1"]).args(arguments).stderr(Stdio::inherit());
        let done = command.output().context("cargo metadata cannot be run")?;
        if !done.status.success() {
            bail!("cargo metadata ended with {}", done.status);
        }
        serde_json::from_slice(&done.stdout).context("cargo metadata printed no JSON")
    }

    /// Returns where cargo puts what it builds.
    pub(crate) fn target_directory(&self) -> Result<PathBuf> {
        let metadata = self.metadata(&["--no-deps"])?;
        let path = metadata.get("target_directory").and_then(Value::as_str);
        Ok(path.context("cargo metadata names no target directory")?.into())
    }
}

/// Shows a command and runs it to its end, its output passed through; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    say(format_args!("$ {shown}"));
    let status = command.status().with_context(|| format!("`{shown}` cannot be run"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Tells whether a command can be run and succeeds; shows nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(command.get_program()).to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_an_error() {
        assert!(run(&mut Command::new("true")).is_ok());
        assert!(run(&mut Command::new("false")).is_err());
        assert!(run(&mut Command::new("/no/such/program")).is_err());
        assert!(succeeds(&mut Command::new("true")));
        assert!(!succeeds(&mut Command::new("/no/such/program")));
    }

    #[test]
    fn the_root_has_the_root_manifest() {
        let manifest = std::fs::read_to_string(Workspace::new().root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}
