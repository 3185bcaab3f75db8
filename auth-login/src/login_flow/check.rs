//! The slow part of a login's first step: it needs nothing of the book of flows.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    credential::{Login, Username},
    password::{BCRYPT_LEN, EqualWork, StoredPassword, Verdict},
};

/// A password to check: run it where blocking is allowed.
#[derive(Debug)]
#[must_use]
pub struct PasswordCheck {
    pub(super) flow_id: Box<str>,
    pub(super) serial: u64,
    pub(super) username: Username,
    pub(super) login: Option<Login>,
    pub(super) work: EqualWork,
    pub(super) password: SecretString,
    pub(super) salt: [u8; 16],
}

impl PasswordCheck {
    /// Checks the password; the same work whether or not anybody has the user name.
    ///
    /// Cost: that of [`EqualWork::verify`]; once more that of a new hash if the stored one is outdated.
    pub fn run(self) -> CheckOutcome {
        let Self { flow_id, serial, username, login, work, password, salt } = self;
        let password = password.expose_secret();
        let verdict = work.verify(login.as_ref().map(|login| &login.password), password);
        let right = login.filter(|_| verdict != Verdict::Wrong).map(|login| {
            // bcrypt never saw what follows its 72 bytes: that part may be mistyped, so it must not start to count.
            let renew = verdict == Verdict::RightButOutdated && password.len() <= BCRYPT_LEN;
            let replacement = if renew { StoredPassword::hash_with_salt(password, &salt).ok() } else { None };
            (login, replacement)
        });
        CheckOutcome { flow_id, serial, username, right }
    }
}

/// What a check found, for [`LoginFlows::finish`](super::LoginFlows::finish).
#[derive(Debug)]
#[must_use]
pub struct CheckOutcome {
    pub(super) flow_id: Box<str>,
    pub(super) serial: u64,
    pub(super) username: Username,
    pub(super) right: Option<(Login, Option<StoredPassword>)>,
}
