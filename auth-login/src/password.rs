//! Passwords as they are stored, and checking one against them.
//!
//! New hashes are argon2id; bcrypt is read only, for accounts that come from Home Assistant.
//! The functions that hash are plain and slow (tens to hundreds of milliseconds, 19 MiB): run them on a
//! pool for blocking work.

use std::{fmt, hint::black_box};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Ident, PasswordHash},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::entropy::{self, Entropy};

/// The hash of a password: an argon2id PHC string, or a bcrypt string (`$2a`, `$2b`, `$2x`, `$2y`).
///
/// `Debug` hides it. It is neither `Serialize` nor `Display`: it leaves through
/// [`expose_for_storage`](Self::expose_for_storage) only.
#[derive(Clone)]
pub struct StoredPassword(SecretString);

/// What checking a password against a stored hash found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or the stored hash cannot be read.
    Wrong,
    /// The password is right.
    Right,
    /// The password is right, and the hash is not what [`StoredPassword::hash_new`] makes today.
    RightButOutdated,
}

/// Why a password hash could not be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ImportPasswordError {
    /// The text is not standard base64 with padding.
    #[error("the stored password is not base64")]
    NotBase64,
    /// The decoded text is not a bcrypt hash.
    #[error("the stored password is not a bcrypt hash")]
    NotBcrypt,
    /// The bcrypt cost is above [`MAX_BCRYPT_COST`]: checking it would take minutes.
    #[error("the stored password has a bcrypt cost of {0}, which is too slow to check")]
    TooCostly(u32),
}

/// Hashing refused the password: it is longer than 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password cannot be hashed")]
pub struct HashPasswordError;

impl StoredPassword {
    /// Hashes `password` with argon2id (m = 19 MiB, t = 2, p = 1) and a fresh 16-byte salt.
    ///
    /// Cost: about 30 ms of one core (measured on a shared 2-core x86-64 machine) and 19 MiB.
    /// Source of the parameters: the OWASP Password Storage Cheat Sheet.
    ///
    /// # Errors
    ///
    /// [`HashPasswordError`] for a password that argon2 cannot take.
    pub fn hash_new(password: &str, entropy: &mut dyn Entropy) -> Result<Self, HashPasswordError> {
        Self::hash_with_salt(password, &entropy::bytes(entropy))
    }

    /// As [`hash_new`](Self::hash_new), for a salt that was drawn beforehand.
    pub(crate) fn hash_with_salt(password: &str, salt: &[u8; 16]) -> Result<Self, HashPasswordError> {
        let mut out = [0; OUTPUT_LEN];
        argon2id(CURRENT, password, salt, &mut out).ok_or(HashPasswordError)?;
        let Cost { m, t, p } = CURRENT;
        let (salt, out) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(out));
        Ok(Self::from_stored(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${out}")))
    }

    /// Reads a password as Home Assistant stores it: the base64 of a bcrypt string.
    ///
    /// # Errors
    ///
    /// See [`ImportPasswordError`]. Costs from 4 to [`MAX_BCRYPT_COST`] are taken.
    pub fn from_home_assistant(base64: &str) -> Result<Self, ImportPasswordError> {
        let bytes = STANDARD.decode(base64).map_err(|_| ImportPasswordError::NotBase64)?;
        let text = String::from_utf8(bytes).map_err(|_| ImportPasswordError::NotBcrypt)?;
        let parts: HashParts = text.parse().map_err(|_| ImportPasswordError::NotBcrypt)?;
        match parts.get_cost() {
            0..MIN_BCRYPT_COST => Err(ImportPasswordError::NotBcrypt),
            MIN_BCRYPT_COST..=MAX_BCRYPT_COST => Ok(Self::from_stored(text)),
            cost => Err(ImportPasswordError::TooCostly(cost)),
        }
    }

    /// Wraps text that [`expose_for_storage`](Self::expose_for_storage) gave.
    ///
    /// Anything is taken; what is not a hash matches no password.
    pub fn from_stored(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// Returns the hash as text, for the store and nothing else.
    pub fn expose_for_storage(&self) -> &str {
        self.0.expose_secret()
    }

    /// Checks `password` against this hash.
    ///
    /// Costs what the hash asks for, up to 1 GiB of memory; a hash that asks for more, or cannot be read, is
    /// [`Verdict::Wrong`] at the cost of a current one. bcrypt sees the first 72 bytes of the password, and NUL
    /// bytes count (as in Home Assistant).
    pub fn verify(&self, password: &str) -> Verdict {
        if let Some(bcrypt) = self.as_bcrypt() {
            let right = bcrypt.cost().is_some() && bcrypt::verify(password, bcrypt.text).unwrap_or(false);
            return if right { Verdict::RightButOutdated } else { Verdict::Wrong };
        }
        let Some(hash) = Argon2Hash::parse(self.0.expose_secret()) else {
            return verify_unknown(password);
        };
        let mut out = vec![0; hash.output.len()];
        if argon2id(hash.cost, password, &hash.salt, &mut out).is_none() || !bool::from(out.ct_eq(&hash.output)) {
            return Verdict::Wrong;
        }
        if hash.cost == CURRENT && out.len() == OUTPUT_LEN { Verdict::Right } else { Verdict::RightButOutdated }
    }

    fn as_bcrypt(&self) -> Option<Bcrypt<'_>> {
        let text = self.0.expose_secret();
        text.starts_with("$2").then_some(Bcrypt { text })
    }
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredPassword(hidden)")
    }
}

/// Spends what checking a current hash costs, and finds every password wrong: for names that nobody has.
pub fn verify_unknown(password: &str) -> Verdict {
    let mut out = [0; OUTPUT_LEN];
    let done = argon2id(CURRENT, password, b"nobody has this!", &mut out);
    black_box((done, out));
    Verdict::Wrong
}

/// How much work each check of a login must do, so that its time does not tell which account exists.
///
/// Normally that is one argon2id hash. While any account still has an imported bcrypt hash, every check, known
/// name or not, does one argon2id hash *and* bcrypt work at the highest cost in use; the account's first login
/// replaces its hash, and with the last of them the extra work ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EqualWork {
    bcrypt_cost: Option<u32>,
}

impl EqualWork {
    /// Finds the work that hides the differences among `stored`. O(n), hashes nothing.
    pub fn among<'a>(stored: impl IntoIterator<Item = &'a StoredPassword>) -> Self {
        let costs = stored.into_iter().filter_map(|password| password.as_bcrypt()?.cost());
        Self { bcrypt_cost: costs.max() }
    }

    /// Checks `password` against `stored`, or against nothing for a name that nobody has; always the same work.
    pub fn verify(self, stored: Option<&StoredPassword>, password: &str) -> Verdict {
        let verdict = match stored {
            Some(stored) => stored.verify(password),
            None => verify_unknown(password),
        };
        let Some(highest) = self.bcrypt_cost else {
            return verdict;
        };
        match stored.and_then(StoredPassword::as_bcrypt) {
            Some(bcrypt) => {
                verify_unknown(password);
                // A cost of c is 2^c rounds: those at c, c+1, .. h-1 add up to what is missing to 2^h.
                spend_bcrypt(password, bcrypt.cost().unwrap_or(highest)..highest);
            }
            None => spend_bcrypt(password, highest..highest.saturating_add(1)),
        }
        verdict
    }
}

/// The highest bcrypt cost that is checked: about 4 s of one core. Home Assistant makes hashes of cost 12.
pub const MAX_BCRYPT_COST: u32 = 16;

const MIN_BCRYPT_COST: u32 = 4;

/// bcrypt sees no more of a password than this many bytes.
pub(crate) const BCRYPT_LEN: usize = 72;

/// Argon2's parameters: KiB of memory, passes, lanes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Cost {
    m: u32,
    t: u32,
    p: u32,
}

const CURRENT: Cost = Cost { m: 19_456, t: 2, p: 1 };
const MAX: Cost = Cost { m: 1 << 20, t: 16, p: 16 };
const OUTPUT_LEN: usize = 32;

struct Argon2Hash {
    cost: Cost,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Argon2Hash {
    /// Reads an argon2id PHC string of version 19 within the bounds of [`MAX`].
    fn parse(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        if hash.algorithm != Ident::new("argon2id").ok()? || hash.version != Some(19) {
            return None;
        }
        let number = |name: &str| hash.params.get_decimal(name);
        let cost = Cost { m: number("m")?, t: number("t")?, p: number("p")? };
        if cost.m > MAX.m || cost.t > MAX.t || cost.p > MAX.p {
            return None;
        }
        Some(Self { cost, salt: hash.salt?.to_vec(), output: hash.hash?.as_bytes().to_vec() })
    }
}

fn argon2id(cost: Cost, password: &str, salt: &[u8], out: &mut [u8]) -> Option<()> {
    let params = Params::new(cost.m, cost.t, cost.p, Some(out.len())).ok()?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(password.as_bytes(), salt, out).ok()
}

struct Bcrypt<'a> {
    text: &'a str,
}

impl Bcrypt<'_> {
    /// The cost, if the hash can be read and is within bounds.
    fn cost(&self) -> Option<u32> {
        let cost = self.text.parse::<HashParts>().ok()?.get_cost();
        (MIN_BCRYPT_COST..=MAX_BCRYPT_COST).contains(&cost).then_some(cost)
    }
}

fn spend_bcrypt(password: &str, costs: std::ops::Range<u32>) {
    for cost in costs {
        black_box(bcrypt::hash_with_salt(password, cost, [0; 16]).is_ok());
    }
}

#[cfg(test)]
mod tests;
