//! What CI holds the engine to: how many instructions a question takes, and that asking allocates nothing. Never time.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    output::say,
    steps::Done,
    workspace::{self, Workspace, succeeds},
};

/// Questions and the most instructions that each may take. A tenth more than was counted when they were set.
const BOUNDS: &[(&str, u64)] = &[("check_name_1k", 160), ("masks_1k", 67), ("check_id_1k", 34)];

/// How often a question is asked in two runs: what the second takes more, it takes for these.
const ASKED: (u64, u64) = (20_000, 120_000);

/// Counts allocations, and instructions where valgrind is there.
pub(crate) fn run(workspace: &Workspace) -> Result<Done> {
    workspace::run(workspace.cargo().args(["build", "--quiet", "--release", "--package", "engine-bench"]))?;
    let folder = workspace.target_directory()?.join("release");
    let counted = Command::new(folder.join("allocations")).arg("checks").output().context("allocations")?;
    let counted: Value = serde_json::from_slice(&counted.stdout).context("allocations printed no JSON")?;
    say(format_args!("allocations: {counted}"));
    ensure!(counted.get("blocks") == Some(&Value::from(0)), "asking allocates: {counted}");

    if !succeeds(Command::new("valgrind").arg("--version")) {
        return Ok(Done::LeftOut("instructions: there is no valgrind".to_owned()));
    }
    let program = folder.join("engine-bench");
    let per_question = |question: &str| -> Result<u64> {
        let count = |times: u64| {
            count(Command::new("valgrind").args(VALGRIND).arg(&program).args(["count", question, &times.to_string()]))
        };
        Ok((count(ASKED.1)?.saturating_sub(count(ASKED.0)?)) / (ASKED.1 - ASKED.0))
    };
    let around = per_question("nothing_1k")?;
    let mut over = Vec::new();
    for (question, bound) in BOUNDS {
        let taken = per_question(question)?.saturating_sub(around);
        say(format_args!("{question}: {taken} instructions, at most {bound}"));
        if taken > *bound {
            over.push(*question);
        }
    }
    ensure!(over.is_empty(), "more instructions than they may take: {}", over.join(", "));
    Ok(Done::Passed)
}

const VALGRIND: [&str; 2] = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];

/// Runs a command under callgrind and reads how many instructions it took.
fn count(command: &mut Command) -> Result<u64> {
    let done = command.output().context("valgrind cannot be run")?;
    let text = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "valgrind: {text}");
    collected(&text).with_context(|| format!("valgrind said no count: {text}"))
}

fn collected(text: &str) -> Option<u64> {
    let (_, count) = text.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_callgrind_says() {
        assert_eq!(collected("==1== Events    : Ir\n==1== Collected : 3044\n"), Some(3044));
        assert_eq!(collected("==1== nothing"), None);
    }
}
