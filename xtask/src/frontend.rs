//! `frontend`: fetches Home Assistant's web frontend into a cache below `target`, for development and tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    output::say,
    workspace::{self, Workspace, succeeds},
};

const PACKAGE: &str = "home-assistant-frontend";

/// Fetches the version that the hub was tried with, unless it is there, and returns its directory.
pub(crate) fn fetch(workspace: &Workspace) -> Result<PathBuf> {
    let cache = workspace.target_directory()?.join("frontend");
    let folder = cache.join(frontend::VERSION);
    if !is_whole(&folder) {
        let python = Command::new("python3").args(["-m", "pip", "--version"]).output();
        ensure!(python.is_ok_and(|output| output.status.success()), "there is no python3 with pip");
        let unfinished = cache.join(format!("{}.unfinished", frontend::VERSION));
        _ = fs::remove_dir_all(&unfinished);
        fs::create_dir_all(&cache).with_context(|| format!("{} cannot be made", cache.display()))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]);
        // Files alone, whatever Python they would be for.
        pip.args(["--no-deps", "--no-compile", "--ignore-requires-python", "--target"]).arg(&unfinished);
        workspace::run(pip.arg(format!("{PACKAGE}=={}", frontend::VERSION)))?;
        // What is under the name of the version is all of it.
        _ = fs::remove_dir_all(&folder);
        fs::rename(&unfinished, &folder).with_context(|| format!("{} cannot be moved", unfinished.display()))?;
        ensure!(is_whole(&folder), "{} is not what the hub can serve", folder.display());
    }
    Ok(folder)
}

/// Fetches it and says where it is.
pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    let folder = fetch(workspace)?;
    say(format_args!("{}", folder.display()));
    say("serve it with: cargo run --release -p hub -- demo --frontend DIR");
    Ok(true)
}

fn is_whole(folder: &Path) -> bool {
    frontend::Frontend::open(folder, frontend::Releases::Tried).is_ok()
}

/// Returns whether there is a browser that tests can drive, by its path.
pub(crate) fn chromium() -> Option<PathBuf> {
    let candidates = ["chromium", "chromium-browser", "google-chrome"];
    let found = candidates.into_iter().find(|name| succeeds(Command::new(name).arg("--version")))?;
    let which = Command::new("sh").args(["-c", &format!("command -v {found}")]).output().ok()?;
    let path = String::from_utf8(which.stdout).ok()?;
    Some(PathBuf::from(path.trim()))
}
