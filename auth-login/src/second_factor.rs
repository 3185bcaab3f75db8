//! What a user shows besides the password: a code from an authenticator app, or one of ten written down beforehand.

use auth_core::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::{
    entropy::{self, Entropy},
    sha256::sha256,
    totp::{TotpSecret, TotpStep},
};

/// A user's second factor. Where there is one, the password alone does not let them in.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    user_id: UserId,
    secret: TotpSecret,
    last_step: Option<TotpStep>,
    recovery: Vec<RecoveryHash>,
    created_at: Timestamp,
}

/// A second factor as it is stored; the secret is in it.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredFactor {
    /// Whose it is.
    pub user_id: UserId,
    secret: String,
    last_step: Option<TotpStep>,
    recovery: Vec<RecoveryHash>,
    created_at: Timestamp,
}

/// SHA-256 of a recovery code: those have 80 random bits, which nobody tries out.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct RecoveryHash([u8; 32]);

/// What was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A code from the app.
    Code,
    /// A recovery code; it is used up.
    Recovery {
        /// How many are left.
        left: usize,
    },
}

/// Codes that were just made, to be shown once. `Debug` does not show them.
#[derive(Clone)]
pub struct RecoveryCodes(pub Vec<String>);

/// How many recovery codes a user gets.
pub const N_RECOVERY: usize = 10;

/// How many steps a code may be early or late at a login.
pub const LOGIN_WINDOW: u8 = 1;

impl SecondFactor {
    /// Makes a factor of a secret that its user has proved to have, with the step of the proof.
    pub fn new(
        user_id: UserId,
        secret: TotpSecret,
        proved: TotpStep,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> (Self, RecoveryCodes) {
        let mut factor = Self { user_id, secret, last_step: Some(proved), recovery: Vec::new(), created_at: now };
        let codes = factor.renew_recovery(entropy);
        (factor, codes)
    }

    /// Makes a factor of a secret from elsewhere, without recovery codes: for imports.
    pub const fn imported(user_id: UserId, secret: TotpSecret, now: Timestamp) -> Self {
        Self { user_id, secret, last_step: None, recovery: Vec::new(), created_at: now }
    }

    /// Returns whose it is.
    pub const fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Returns when it was made.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns how many recovery codes are left.
    pub fn n_recovery(&self) -> usize {
        self.recovery.len()
    }

    /// Makes new recovery codes; the old ones are good no more.
    pub fn renew_recovery(&mut self, entropy: &mut dyn Entropy) -> RecoveryCodes {
        let codes: Vec<String> = (0..N_RECOVERY).map(|_| recovery_code(entropy)).collect();
        self.recovery = codes.iter().map(|code| RecoveryHash::of(code)).collect();
        RecoveryCodes(codes)
    }

    /// Takes a code from the app or a recovery code, each of which is good once. `None` for a wrong or used one.
    ///
    /// The factor is changed and must be on disk before the user is let in, or the code would be good again.
    pub fn take(&mut self, code: &str, now: Timestamp) -> Option<Shown> {
        let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if let Some(step) = self.secret.find(&code, now, LOGIN_WINDOW, self.last_step) {
            self.last_step = Some(step);
            return Some(Shown::Code);
        }
        let given = RecoveryHash::of(&code);
        let at = self.recovery.iter().position(|known| bool::from(known.0.ct_eq(&given.0)))?;
        self.recovery.remove(at);
        Some(Shown::Recovery { left: self.recovery.len() })
    }

    /// Returns what to store.
    pub fn for_storage(&self) -> StoredFactor {
        StoredFactor {
            user_id: self.user_id.clone(),
            secret: self.secret.expose(),
            last_step: self.last_step,
            recovery: self.recovery.clone(),
            created_at: self.created_at,
        }
    }
}

impl StoredFactor {
    /// Returns the factor; `None` if its secret is none.
    pub fn into_factor(self) -> Option<SecondFactor> {
        let Self { user_id, secret, last_step, recovery, created_at } = self;
        Some(SecondFactor { user_id, secret: TotpSecret::parse(&secret)?, last_step, recovery, created_at })
    }
}

impl RecoveryHash {
    /// Hashes a code as people type it: case, spaces and dashes do not count.
    fn of(code: &str) -> Self {
        let plain: String = code.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
        Self(sha256(plain.as_bytes()))
    }
}

/// Makes a code of 80 random bits: four groups of four characters that look like no others.
fn recovery_code(entropy: &mut dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
    let bytes = entropy::bytes::<16>(entropy);
    let chars = bytes.iter().map(|byte| ALPHABET.get(usize::from(byte & 31)).copied().map_or('a', char::from));
    let chars: Vec<char> = chars.collect();
    chars.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

impl std::fmt::Debug for StoredFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredFactor({})", self.user_id)
    }
}

impl std::fmt::Debug for RecoveryHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} codes", self.0.len())
    }
}

#[cfg(test)]
mod tests;
