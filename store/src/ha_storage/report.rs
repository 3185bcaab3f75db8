//! What an import found, and what it could not use.

use std::{collections::BTreeMap, fmt};

use auth_core::Timestamp;

/// What an import found, and what it could not use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many of each kind can be used.
    pub used: BTreeMap<&'static str, usize>,
    /// One line for each thing that cannot be used, or not as it stands.
    pub problems: Vec<String>,
}

impl Report {
    pub(super) fn count(&mut self, kind: &'static str) {
        *self.used.entry(kind).or_default() += 1;
    }

    pub(super) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used: Vec<_> = self.used.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        writeln!(f, "imported {}", if used.is_empty() { "nothing".to_owned() } else { used.join(", ") })?;
        for problem in &self.problems {
            writeln!(f, "not used: {problem}")?;
        }
        Ok(())
    }
}

/// Reads Home Assistant's ISO 8601 with offset.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp::from_micros(at.as_microsecond()))
}
