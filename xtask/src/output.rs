//! Where everything that xtask says goes, and the line in which a run is summed up.

use std::{
    fmt,
    io::{self, Write},
    ops::AddAssign,
};

/// Writes a line to standard output at once, so that it keeps its place among what child processes write.
pub(crate) fn say(line: impl fmt::Display) {
    // Whoever reads may have gone; the exit status still tells.
    let mut out = io::stdout().lock();
    _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub(crate) fn complain(line: impl fmt::Display) {
    _ = writeln!(io::stderr(), "{line}");
}

/// How many things passed and failed. Prints as the last line of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Not tried. Whoever leaves something out says so, and why.
    pub(crate) left_out: usize,
}

impl Tally {
    /// Tells whether something was tried and all that was tried passed.
    pub(crate) const fn is_success(self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    pub(crate) const fn count(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.left_out += other.left_out;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Returns the first `max` characters of `text`, marked if there were more.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let mut short: String = text.chars().take(max).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_tried_nothing_is_no_success() {
        assert!(!Tally::default().is_success());
        assert!(Tally { passed: 1, ..Tally::default() }.is_success());
        assert!(!Tally { passed: 9, failed: 1, left_out: 0 }.is_success());
        assert!(!Tally { left_out: 1, ..Tally::default() }.is_success());
        assert_eq!(Tally { passed: 9, failed: 1, left_out: 2 }.to_string(), "9 passed, 1 failed");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("añb", 3), "añb");
        assert_eq!(cut("añb", 2), "añ…");
    }
}
