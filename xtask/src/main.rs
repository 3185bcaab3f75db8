//! What contributors run: tests, vectors, checks of the tree, the clients' suite, and what CI calls.
//!
//! `cargo xtask help` lists the commands. Each is one module; each ends with one line that says how it went, and with
//! exit status 0 only if nothing failed.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    output::{Tally, complain, say},
    workspace::Workspace,
};

mod output;
mod provider;
mod workspace;

mod arrows;
mod oracle;

mod bench;
mod broker;
mod conformance;
mod demo_hub;
mod frontend;
mod fuzz;
mod gates;
mod journeys;
mod no_std;
mod schemathesis;
mod web;

mod ci;
mod steps;
mod test;

/// Doorward's development tool.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs all that should pass before a push; needs no service and no network.
    Test {
        /// Leaves out what takes long and rarely fails alone.
        #[arg(long)]
        quick: bool,
        /// Runs people's journeys in a browser alone: those whose names contain one of these words, all without any.
        #[arg(long, num_args = 0.., value_name = "WORD", conflicts_with = "quick")]
        web: Option<Vec<String>>,
    },
    /// Fetches Home Assistant's web frontend into a cache below `target`, and says where it is.
    Frontend,
    /// Runs what CI runs: formatting, lints, documentation, `test`, and the clients' suite against a demo hub.
    Ci,
    /// Runs vector files of the permission system, or folders of them.
    Oracle {
        /// Files, or folders whose `.jsonl` files are run.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Measures what every role gets, and compares it with `docs/matrix.md`.
    Matrix {
        /// Writes the file anew.
        #[arg(long)]
        bless: bool,
    },
    /// Asks everything that is registered with no token, a bad one and too little permission.
    Sweep,
    /// Has schemathesis make requests from the API's own description, as everybody.
    Schemathesis,
    /// Prints what the hub costs, as ratios to baselines of the same run.
    Bench {
        /// `engine`, `rest`, `websocket`, `accounts`, `pages`, `history`, `demo` or `mqtt`, all if left out; `others` for other policy engines.
        name: Option<String>,
        /// JSON: one object for `engine` and `others`, else one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Tries the laws of `fuzz/` on bytes that libFuzzer makes up, which needs cargo-fuzz, and the engine on random
    /// policies and changes, which does not.
    Fuzz {
        /// A target by name, or `engine`; all if left out.
        target: Option<String>,
        /// How long each is tried.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Cuts the power of a hub at random points under load, and has its disk fail in the middle of writes; then looks whether
    /// everything that was acknowledged is there.
    Crash {
        /// How often.
        #[arg(long, default_value_t = 1000)]
        rounds: u32,
        /// The same number makes the same choices.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Has a crowd use a hub for minutes: sockets idle, busy, keeping up and not, logins and revocations; prints what became
    /// of memory, of what was sent, and of the others' waiting.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// Checks that crates depend in one direction, that pure crates are pure, and who makes principals.
    Arrows,
    /// Runs real Home Assistant clients against a running server, or against a demo hub that it starts itself.
    Conformance {
        /// The server's address, such as `http://127.0.0.1:8123`.
        #[arg(long, requires = "creds")]
        url: Option<String>,
        /// The file with the server's users and tokens.
        #[arg(long, requires = "url")]
        creds: Option<PathBuf>,
        /// Scenarios by name; `*` and `?` work. Without any: all that a hub is expected to pass by now.
        patterns: Vec<String>,
    },
}

fn main() -> ExitCode {
    let workspace = Workspace::new();
    let done = match Cli::parse().command {
        Command::Test { web: Some(words), .. } => web::run(&workspace, &words).map(|done| match done {
            steps::Done::Passed => true,
            steps::Done::LeftOut(why) => {
                say(format_args!("left out: {why}"));
                false
            }
        }),
        Command::Test { quick, web: None } => Ok(sum_up(test::run(&workspace, quick))),
        Command::Frontend => frontend::run(&workspace),
        Command::Ci => Ok(sum_up(ci::run(&workspace))),
        Command::Oracle { paths } => Ok(sum_up(oracle::run(&paths))),
        Command::Matrix { bless } => journeys::matrix(&workspace, bless),
        Command::Sweep => journeys::sweep(&workspace),
        Command::Schemathesis => Ok(sum_up(steps::run_all(&workspace, false, [&test::SCHEMATHESIS]))),
        Command::Bench { name, json } => bench::run(&workspace, name.as_deref(), json),
        Command::Fuzz { target, seconds } => fuzz::run(&workspace, target.as_deref(), seconds).map(sum_up),
        Command::Crash { rounds, seed } => journeys::crash(&workspace, rounds, seed),
        Command::Soak { minutes } => bench::soak(&workspace, minutes),
        Command::Arrows => arrows::run(&workspace).map(sum_up),
        Command::Conformance { url, creds, patterns } => conformance::run(&workspace, url.zip(creds), &patterns),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(format_args!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Says how a command went, on its last line, and returns whether it was a success.
fn sum_up(tally: Tally) -> bool {
    say(tally);
    tally.is_success()
}
