//! What is wrong with a policy: every mistake, with its place.

use std::fmt;

/// Everything that is wrong with one policy, in the order in which it stands in the document. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors(pub(crate) Vec<PolicyError>);

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
    /// Iterates over the mistakes in document order.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyError> {
        self.0.iter()
    }

    /// Returns how many mistakes there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl PolicyError {
    /// Returns the path with dots between its keys; a key that is not a plain word is quoted. `policy` for the root.
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
        for (n, error) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
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
            Self::DuplicateName => f.write_str("named more than once; keep one of them"),
            Self::UnknownName { allowed } => write!(f, "no such name here; allowed: {}", allowed.join(", ")),
            Self::WrongValue { found, expected } if found == "false" => {
                write!(f, "`false` cannot be granted or denied; leave it out, or write {expected}")
            }
            Self::WrongValue { found, expected } => write!(f, "{found} where only {expected} may stand"),
        }
    }
}

impl std::error::Error for PolicyErrors {}
impl std::error::Error for PolicyError {}
