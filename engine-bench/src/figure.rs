//! One figure, and how figures are measured.

use std::{fmt, time::Instant};

use serde_json::{Map, Value, json};

/// What one question costs, beside what it is measured against.
#[derive(Debug)]
pub(crate) struct Figure {
    /// The key in JSON.
    pub(crate) key: &'static str,
    pub(crate) question: &'static str,
    pub(crate) ours: f64,
    /// What `limit` is.
    pub(crate) against: &'static str,
    /// What the machine needs for the bare work, or a bound that we set ourselves.
    pub(crate) limit: f64,
    pub(crate) unit: &'static str,
    /// The most that `ours / limit` should be.
    pub(crate) aim: f64,
}

impl Figure {
    pub(crate) fn ratio(&self) -> f64 {
        self.ours / self.limit
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { question, ours, against, limit, unit, aim, .. } = self;
        let ratio = self.ratio();
        write!(f, "{question:<44} {ours:>11.2} {unit:<3} / {limit:>11.2} = {ratio:>5.2}  aim {aim:<4} ({against})")
    }
}

/// Returns an object with a member for each figure.
pub(crate) fn as_json(figures: &[Figure]) -> Value {
    let member = |figure: &Figure| {
        let Figure { question, ours, against, limit, unit, aim, .. } = figure;
        let value = json!({
            "question": question, "ours": ours, "limit": limit, "ratio": figure.ratio(), "unit": unit,
            "against": against, "aim": aim,
        });
        (figure.key.to_owned(), value)
    };
    Value::Object(figures.iter().map(member).collect::<Map<_, _>>())
}

/// Times two things in turns, so that both see the same machine, and returns the best of each in nanoseconds: what it
/// costs when nothing else runs.
pub(crate) fn both(mut ours: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    let (mut best, mut best_other) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        best = best.min(nanoseconds(&mut ours));
        best_other = best_other.min(nanoseconds(&mut other));
    }
    (best, best_other)
}

pub(crate) const ROUNDS: usize = 31;

fn nanoseconds(what: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64() * 1e9
}
