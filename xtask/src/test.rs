//! `test`: what should pass before a push. Needs no service; what needs the network is left out without it.

use anyhow::{Context, Result};

use crate::{
    arrows,
    broker::broker,
    no_std, oracle,
    output::Tally,
    provider::provider,
    schemathesis,
    steps::{Done, Step, run_all},
    web,
    workspace::{self, Workspace, succeeds},
};

/// The steps, in order: what fails most often comes first. A new module of tests gets a line here.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "tests", is_slow: false, run: tests },
    Step { name: "doc tests", is_slow: true, run: doc_tests },
    Step { name: "arrows", is_slow: false, run: |workspace| Done::from_tally(arrows::run(workspace)?) },
    Step { name: "oracle", is_slow: false, run: vectors },
    Step { name: "no std", is_slow: false, run: no_std::run },
    SCHEMATHESIS,
    Step { name: "oauth provider", is_slow: true, run: provider },
    Step { name: "mqtt broker", is_slow: true, run: broker },
    Step { name: "web", is_slow: true, run: |workspace| web::run(workspace, &[]) },
];

/// The one that may be wanted alone.
pub(crate) const SCHEMATHESIS: Step = Step { name: "schemathesis", is_slow: true, run: schemathesis::run };

/// Runs the steps.
pub(crate) fn run(workspace: &Workspace, quick: bool) -> Tally {
    run_all(workspace, quick, STEPS)
}

fn tests(workspace: &Workspace) -> Result<Done> {
    let has_nextest = succeeds(workspace.cargo().args(["nextest", "--version"]));
    // Without nextest: all targets, because doc tests are a step of their own.
    let arguments: &[&str] =
        if has_nextest { &["nextest", "run", "--workspace"] } else { &["test", "--workspace", "--all-targets"] };
    workspace::run(workspace.cargo().args(arguments))?;
    Ok(Done::Passed)
}

fn doc_tests(workspace: &Workspace) -> Result<Done> {
    workspace::run(workspace.cargo().args(["test", "--workspace", "--doc"]))?;
    Ok(Done::Passed)
}

/// The full set of vectors where it is there, else the part that is in the repository.
fn vectors(workspace: &Workspace) -> Result<Done> {
    let folder = workspace.existing("../shared/oracle").or_else(|| workspace.existing("testdata/oracle"));
    Done::from_tally(oracle::run(&[folder.context("there is no testdata/oracle")?]))
}
