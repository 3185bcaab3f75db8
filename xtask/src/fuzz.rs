//! `fuzz`: laws that must hold for any bytes, tried with libFuzzer; the targets are in `fuzz/`.
//!
//! Seeds are in `fuzz/seeds` and are never written to; what a run finds goes to `fuzz/corpus` and, for a law that was
//! broken, to `fuzz/artifacts`, neither of which is in the repository.

use std::{env, fs, time::SystemTime};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    output::{Tally, complain, say},
    workspace::{self, Workspace, succeeds},
};

/// Runs one target, or all, each for so many seconds.
pub(crate) fn run(workspace: &Workspace, target: Option<&str>, seconds: u32) -> Result<Tally> {
    let mut tally = match target {
        None => engine(workspace)?,
        Some(ENGINE) => return engine(workspace),
        Some(_) => Tally::default(),
    };
    let all = targets(workspace)?;
    let chosen: Vec<_> = all.iter().filter(|name| target.is_none_or(|target| target == *name)).collect();
    if chosen.is_empty() {
        bail!("there is no such target; there are {ENGINE}, {}", all.join(", "));
    }
    if !succeeds(workspace.cargo().args(["fuzz", "--version"])) {
        complain("there is no cargo-fuzz; get it with `cargo install cargo-fuzz --locked`");
        say(format_args!("left out: {} targets", chosen.len()));
        tally.left_out += chosen.len();
        return Ok(tally);
    }
    for target in chosen {
        let outcome = fuzz(workspace, target, seconds);
        if let Err(error) = &outcome {
            complain(format_args!("{target}: {error:#}"));
        }
        tally.count(outcome.is_ok());
    }
    Ok(tally)
}

/// The target that is no program of libFuzzer's.
const ENGINE: &str = "engine";

/// How many checks are compared, at least, in each of three ways.
const CHECKS: &str = "10000000";

/// Compares every way to ask for permissions with the reference evaluator: on random policies and changes from a seed
/// that is never the same (`DOORWARD_SEED` repeats one), and on every policy over a small world.
pub(crate) fn engine(workspace: &Workspace) -> Result<Tally> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos() as u64;
    let seed = env::var("DOORWARD_SEED").unwrap_or_else(|_| (now % 1_000_000_007).to_string());
    say(format_args!("DOORWARD_SEED={seed}"));
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--release", "--package", "auth-core", "--test", "it", "--"]);
    cargo
        .args(["differential", "exhaustive", "churn", "--nocapture"])
        .env("DOORWARD_CHECKS", CHECKS)
        .env("DOORWARD_SEED", seed);
    let outcome = workspace::run(&mut cargo);
    if let Err(error) = &outcome {
        complain(format_args!("{ENGINE}: {error:#}"));
    }
    let mut tally = Tally::default();
    tally.count(outcome.is_ok());
    Ok(tally)
}

/// Returns the names of the targets, sorted: each is a folder of seeds.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.existing("fuzz/seeds").context("there is no fuzz/seeds")?;
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut names: Vec<_> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn fuzz(workspace: &Workspace, target: &str, seconds: u32) -> Result<()> {
    ensure!(seconds > 0, "0 seconds would be for ever");
    let (corpus, seeds) = (format!("fuzz/corpus/{target}"), format!("fuzz/seeds/{target}"));
    fs::create_dir_all(workspace.root().join(&corpus)).context(corpus.clone())?;
    // No sanitizer: those need a nightly compiler, and there is no unsafe code of ours that they could look at.
    let arguments = ["fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", "none", "--jobs", "1", target];
    let mut cargo = workspace.cargo();
    cargo.args(arguments).args([&corpus, &seeds]).arg("--");
    // An input that takes ten seconds is a finding: everything tried here is bounded.
    cargo.arg(format!("-max_total_time={seconds}")).args(["-timeout=10", "-print_final_stats=1"]);
    workspace::run(&mut cargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_every_folder_of_seeds_a_target() {
        let workspace = Workspace::new();
        let programs = fs::read_dir(workspace.root().join("fuzz/fuzz_targets")).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
        };
        let mut programs: Vec<_> = programs.map(name).collect();
        programs.sort();
        assert_eq!(targets(&workspace).unwrap(), programs);
    }
}
