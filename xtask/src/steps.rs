//! A list of steps, each run whatever became of the ones before, with a table of what came of them at the end.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    output::{Tally, say},
    workspace::Workspace,
};

/// One thing to try.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// Takes long and rarely fails alone: left out of a quick run.
    pub(crate) is_slow: bool,
    pub(crate) run: fn(&Workspace) -> Result<Done>,
}

/// What became of a step that did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Passed,
    /// Not tried, and why.
    LeftOut(String),
}

impl Done {
    /// Passed if `tally` is a success, else an error.
    pub(crate) fn from_tally(tally: Tally) -> Result<Self> {
        say(tally);
        anyhow::ensure!(tally.is_success(), "{tally}");
        Ok(Self::Passed)
    }
}

/// Runs the steps in order, then prints how long each took, what was left out and what failed, and returns how many
/// passed.
pub(crate) fn run_all<'a>(workspace: &Workspace, quick: bool, steps: impl IntoIterator<Item = &'a Step>) -> Tally {
    let mut records = Vec::new();
    for step in steps {
        let started_at = Instant::now();
        let outcome = if quick && step.is_slow {
            Ok(Done::LeftOut("--quick".to_owned()))
        } else {
            say(format_args!("\n== {}", step.name));
            (step.run)(workspace)
        };
        let took = started_at.elapsed();
        match &outcome {
            Ok(Done::Passed) => say(format_args!("== {}: passed in {}", step.name, seconds(took))),
            Ok(Done::LeftOut(why)) => say(format_args!("== {}: left out: {why}", step.name)),
            Err(error) => say(format_args!("== {}: FAILED in {}: {error:#}", step.name, seconds(took))),
        }
        records.push((step.name, took, outcome));
    }
    say("");
    let mut tally = Tally::default();
    for (name, took, outcome) in &records {
        let (verdict, why) = match outcome {
            Ok(Done::Passed) => ("passed", String::new()),
            Ok(Done::LeftOut(why)) => ("left out", why.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        match outcome {
            Ok(Done::LeftOut(_)) => tally.left_out += 1,
            other => tally.count(other.is_ok()),
        }
        say(format_args!("{name:<14} {:>9}  {verdict:<8}  {why}", seconds(*took)).to_string().trim_end());
    }
    tally
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    const PASSES: Step = Step { name: "passes", is_slow: false, run: |_| Ok(Done::Passed) };
    const FAILS: Step = Step { name: "fails", is_slow: false, run: |_| bail!("as it should") };
    const SLOW: Step = Step { name: "slow", is_slow: true, run: |_| bail!("too slow") };
    const CANNOT: Step = Step { name: "cannot", is_slow: false, run: |_| Ok(Done::LeftOut("no tool".to_owned())) };

    #[test]
    fn a_failure_stops_nothing_and_is_counted() {
        let workspace = Workspace::new();
        let tally = run_all(&workspace, false, &[FAILS, CANNOT, PASSES, SLOW]);
        assert_eq!(tally, Tally { passed: 1, failed: 2, left_out: 1 });
        let tally = run_all(&workspace, true, &[PASSES, SLOW]);
        assert_eq!(tally, Tally { passed: 1, failed: 0, left_out: 1 });
    }

    #[test]
    fn a_tally_with_a_failure_fails_its_step() {
        assert!(Done::from_tally(Tally { passed: 3, failed: 1, left_out: 0 }).is_err());
        assert!(Done::from_tally(Tally::default()).is_err());
        assert_eq!(Done::from_tally(Tally { passed: 3, ..Tally::default() }).unwrap(), Done::Passed);
    }
}
