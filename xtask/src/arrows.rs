//! `arrows`: what the tree promises about itself and the compiler does not check.
//!
//! Crates depend in one direction, the pure crates pull in nothing that does I/O, and principals are made in few places.

use anyhow::Result;

use crate::{
    output::{Tally, say},
    workspace::Workspace,
};

mod doors;
mod graph;
mod layers;
mod purity;

use graph::Graph;

/// Checks all three; prints each breach, and a line for each check.
pub(crate) fn run(workspace: &Workspace) -> Result<Tally> {
    // One platform, so that the answer is the same wherever it is asked for.
    let metadata = workspace.metadata(&["--filter-platform", "x86_64-unknown-linux-gnu"])?;
    let graph = Graph::from_metadata(&metadata)?;
    let sources = doors::Sources::read(workspace.root(), &graph)?;
    let checks = [
        ("crates depend in one direction", layers::breaches(layers::ARROWS, &graph)),
        ("pure crates pull in nothing that does I/O", purity::breaches(&graph)),
        ("principals are made where they may be", doors::breaches(doors::ALLOWED, &sources)?),
    ];
    let mut tally = Tally::default();
    for (name, breaches) in checks {
        tally.count(breaches.is_empty());
        say(format_args!("{} {name}", if breaches.is_empty() { "ok" } else { "FAIL" }));
        for breach in breaches {
            say(format_args!("     {breach}"));
        }
    }
    Ok(tally)
}
