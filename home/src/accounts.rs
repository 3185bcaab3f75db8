//! Who is it: sessions, signing in, tokens, users, passwords.

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
