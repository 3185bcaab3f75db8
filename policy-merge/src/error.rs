//! What is wrong with a policy: every mistake, with its place.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use core::fmt;

/// Everything that is wrong with one policy, in the order in which it stands in the document. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors {
    kept: Vec<PolicyError>,
    n_left_out: usize,
    /// How long the paths of those that are kept are.
    n_bytes: usize,
}

/// One mistake and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The object keys that lead there from the root; empty for the root itself.
    pub path: Vec<String>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong at one place of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text is not JSON. Nothing else can be said about it.
    Syntax {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, in bytes, from 1 (0: before the line's first).
        column: usize,
        /// What the JSON parser expected or found.
        reason: String,
    },
    /// The text is longer than [`Policy::MAX_TEXT`](crate::Policy::MAX_TEXT), and was not looked at.
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// There are more parts with exceptions of their own than [`Policy::MAX_PARTS`](crate::Policy::MAX_PARTS): each of them
    /// is looked at in every check.
    TooManyParts {
        /// How many there are.
        n_parts: usize,
    },
    /// The same object names this key more than once. Home Assistant takes the last; which was meant is unknown.
    DuplicateName,
    /// No such name is allowed here.
    UnknownName {
        /// The names that are.
        allowed: &'static [&'static str],
    },
    /// A value stands here that cannot.
    WrongValue {
        /// What was found: `false`, a number's text, or a kind of value.
        found: String,
        /// What may stand here.
        expected: &'static str,
    },
}

impl PolicyErrors {
    /// How many mistakes are kept; more are only counted, and so are those after paths of a megabyte in all.
    pub const MAX: usize = 1000;
    const MAX_BYTES: usize = 1 << 20;

    pub(crate) const fn none() -> Self {
        Self { kept: Vec::new(), n_left_out: 0, n_bytes: 0 }
    }

    pub(crate) fn root(problem: Problem) -> Self {
        let mut errors = Self::none();
        errors.push(&[], problem);
        errors
    }

    pub(crate) fn push(&mut self, path: &[String], problem: Problem) {
        let has_room = self.kept.len() < Self::MAX && self.n_bytes < Self::MAX_BYTES;
        if has_room {
            self.n_bytes += path.iter().map(String::len).sum::<usize>();
            self.kept.push(PolicyError { path: path.to_vec(), problem });
        } else {
            self.n_left_out += 1;
        }
    }

    /// Iterates over the first [`PolicyErrors::MAX`] mistakes in document order.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyError> {
        self.kept.iter()
    }

    /// Returns how many mistakes there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub const fn len(&self) -> usize {
        self.kept.len() + self.n_left_out
    }
}

impl PolicyError {
    /// Returns the path with dots between its keys; a key that is not a plain word is quoted. `policy` for the root. The
    /// number of an alternative counts from 0.
    pub fn path_text(&self) -> String {
        if self.path.is_empty() {
            return "policy".to_owned();
        }
        let plain = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let keys: Vec<_> =
            self.path.iter().map(|key| if plain(key) { key.clone() } else { format!("{key:?}") }).collect();
        keys.join(".")
    }
}

impl fmt::Display for PolicyErrors {
    /// Writes one mistake a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.kept.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        if self.n_left_out > 0 {
            write!(f, "\nand {} more", self.n_left_out)?;
        }
        Ok(())
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path_text(), self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column, reason } => write!(f, "not JSON at line {line} column {column}: {reason}"),
            Self::TooLong { length } => {
                write!(f, "{length} bytes, where at most {} are read", crate::Policy::MAX_TEXT)
            }
            Self::TooManyParts { n_parts } => {
                write!(f, "{n_parts} parts with exceptions, where at most {} may be", crate::Policy::MAX_PARTS)
            }
            Self::DuplicateName => f.write_str("named more than once; keep one of them"),
            Self::UnknownName { allowed } => write!(f, "no such name here; allowed: {}", allowed.join(", ")),
            Self::WrongValue { found, expected } if found == "false" => {
                write!(f, "`false` cannot be granted or denied; leave it out, or write {expected}")
            }
            Self::WrongValue { found, expected } => write!(f, "{found} where only {expected} may stand"),
        }
    }
}

impl core::error::Error for PolicyErrors {}
impl core::error::Error for PolicyError {}
