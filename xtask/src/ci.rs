//! `ci`: what `.ci/run` calls. All of `test`, with the checks before and after it that take tools or time.

use anyhow::Result;

use crate::{
    conformance, fuzz, gates,
    output::Tally,
    steps::{Done, Step, run_all},
    test,
    workspace::{self, Workspace},
};

const BEFORE: &[Step] = &[
    Step { name: "format", is_slow: false, run: |workspace| cargo(workspace, &["fmt", "--all", "--check"]) },
    Step {
        name: "clippy",
        is_slow: false,
        run: |workspace| {
            cargo(workspace, &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
        },
    },
    Step { name: "documentation", is_slow: false, run: documentation },
];

const AFTER: &[Step] = &[
    Step { name: "engine fuzz", is_slow: false, run: |workspace| Done::from_tally(fuzz::engine(workspace)?) },
    Step { name: "engine gates", is_slow: false, run: gates::run },
    Step { name: "schedules", is_slow: false, run: schedules },
    Step { name: "conformance", is_slow: false, run: |workspace| conformance::against_demo(workspace, &[]) },
];

/// Runs the steps.
pub(crate) fn run(workspace: &Workspace) -> Tally {
    run_all(workspace, false, BEFORE.iter().chain(test::STEPS).chain(AFTER))
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<Done> {
    workspace::run(workspace.cargo().args(arguments))?;
    Ok(Done::Passed)
}

/// Explores the orders in which readers of different moments can meet.
fn schedules(workspace: &Workspace) -> Result<Done> {
    let mut command = workspace.cargo();
    command.args(["test", "--package", "auth-core", "--lib", "--target-dir", "target/shuttle", "remembered"]);
    workspace::run(command.env("RUSTFLAGS", "--cfg shuttle"))?;
    Ok(Done::Passed)
}

fn documentation(workspace: &Workspace) -> Result<Done> {
    let mut command = workspace.cargo();
    command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    workspace::run(&mut command)?;
    Ok(Done::Passed)
}
