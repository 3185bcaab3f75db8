//! Who is it: sessions, signing in, tokens, users, passwords.

use crate::AccountError;

pub(crate) mod bans;
mod failures;
mod identities;
pub(crate) mod passkeys;
pub(crate) mod passwords;
pub(crate) mod second_factor;
mod second_step;
mod service;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod single_sign_on;
pub(crate) mod step_up;
pub(crate) mod token_endpoint;
pub(crate) mod tokens;
pub(crate) mod users;

/// The longest name of a user, a group or a token, in bytes: names stand in lists of all of them.
pub const MAX_NAME: usize = 255;

/// Refuses a name that is longer than [`MAX_NAME`].
pub(crate) fn not_too_long(name: &str) -> Result<(), AccountError> {
    if name.len() <= MAX_NAME { Ok(()) } else { Err(AccountError::LongName) }
}
