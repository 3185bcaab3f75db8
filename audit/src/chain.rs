//! The chain: a place and a hash for each record, over the record and all before it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Record;

/// One of the chains that records are in. Each has bounds of its own, so that what anybody can cause at will does not
/// push out what few can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trail {
    /// What administrators, the machine and integrations changed.
    Acts,
    /// Logins, and what people changed of their own accounts.
    Access,
    /// Service calls that were carried out, where that is asked for.
    Control,
    /// What was refused, or failed: wants of rights, wrong passwords. Anybody can fill it, so nothing else is in it.
    Refused,
}

/// A record in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The chain.
    pub trail: Trail,
    /// Its number in the chain, from 1.
    pub number: u64,
    /// The record as JSON, byte for byte as it was hashed.
    pub body: String,
    /// SHA-256 over the hash before it, the trail, the number and the body.
    pub hash: [u8; 32],
}

/// A place in a chain: the last number and its hash. Whoever notes it elsewhere can tell later whether everything up to
/// it is still as it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub trail: Trail,
    /// The number of the last line; zero for none.
    pub number: u64,
    /// Its hash; zeros for none.
    pub hash: [u8; 32],
}

/// A chain at one place, to be continued or followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain(Head);

/// A chain is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A line is missing, or one is there that should not be.
    #[error("{trail}: number {found} stands where {expected} should be")]
    Gap {
        /// The chain.
        trail: Trail,
        /// The number that should be there.
        expected: u64,
        /// The number that is.
        found: u64,
    },
    /// A line has been changed, or one before it.
    #[error("{trail}: number {number} has been changed, or is not the one that was written there")]
    Changed {
        /// The chain.
        trail: Trail,
        /// Its number.
        number: u64,
    },
    /// A line is of another chain.
    #[error("{trail}: number {number} is of another trail")]
    OtherTrail {
        /// The chain.
        trail: Trail,
        /// The line's number.
        number: u64,
    },
}

impl Trail {
    /// Every chain.
    pub const ALL: [Self; 4] = [Self::Acts, Self::Access, Self::Control, Self::Refused];

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acts => "acts",
            Self::Access => "access",
            Self::Control => "control",
            Self::Refused => "refused",
        }
    }

    /// Returns the number under which it is stored and hashed. Never changes.
    pub const fn code(self) -> u8 {
        match self {
            Self::Acts => 1,
            Self::Access => 2,
            Self::Control => 3,
            Self::Refused => 4,
        }
    }

    /// Returns the chain of a code.
    pub fn of_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|trail| i64::from(trail.code()) == code)
    }
}

impl Chain {
    /// Returns an empty chain.
    pub const fn new(trail: Trail) -> Self {
        Self(Head { trail, number: 0, hash: [0; 32] })
    }

    /// Returns a chain that goes on from a place.
    pub const fn at(head: Head) -> Self {
        Self(head)
    }

    /// Returns where the chain is.
    pub const fn head(&self) -> Head {
        self.0
    }

    /// Puts a record at the end.
    ///
    /// # Errors
    /// When the record cannot be written as JSON, which none of ours is.
    pub fn append(&mut self, record: Record) -> Result<Line, serde_json::Error> {
        let body = serde_json::to_string(&record.bounded())?;
        let Head { trail, number, hash } = self.0;
        let number = number + 1;
        let hash = next_hash(&hash, trail, number, &body);
        self.0 = Head { trail, number, hash };
        Ok(Line { trail, number, body, hash })
    }

    /// Goes on to a line, which must be the next.
    ///
    /// # Errors
    /// [`Broken`]; the chain stays where it was.
    pub fn follow(&mut self, line: &Line) -> Result<(), Broken> {
        let Head { trail, number, hash } = self.0;
        if line.trail != trail {
            return Err(Broken::OtherTrail { trail, number: line.number });
        }
        if line.number != number + 1 {
            return Err(Broken::Gap { trail, expected: number + 1, found: line.number });
        }
        if line.hash != next_hash(&hash, trail, line.number, &line.body) {
            return Err(Broken::Changed { trail, number: line.number });
        }
        self.0 = line.head();
        Ok(())
    }
}

impl Line {
    /// Returns its place.
    pub const fn head(&self) -> Head {
        Head { trail: self.trail, number: self.number, hash: self.hash }
    }

    /// Returns the record.
    ///
    /// # Errors
    /// When the body is no record of ours.
    pub fn record(&self) -> Result<Record, serde_json::Error> {
        serde_json::from_str(&self.body)
    }
}

fn next_hash(before: &[u8; 32], trail: Trail, number: u64, body: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update([trail.code()]);
    hash.update(number.to_le_bytes());
    hash.update(body.as_bytes());
    hash.finalize().into()
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Trail {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|trail| trail.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no trail: acts, access or control"))
    }
}

/// As people note it: `acts:17:` and the hash in hex.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.trail, self.number)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no place in a trail, such as `acts:17:` and 64 hex digits");
        let mut parts = text.splitn(3, ':');
        let (Some(trail), Some(number), Some(hex)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad());
        };
        let mut hash = [0; 32];
        let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or_else(bad)?;
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | u8::try_from(*digit).unwrap_or_default());
        }
        Ok(Self { trail: trail.parse()?, number: number.parse().map_err(|_| bad())?, hash })
    }
}

#[cfg(test)]
mod tests;
