//! Who is it: sessions, signing in, tokens, users, passwords.

pub(crate) mod passwords;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod tokens;
pub(crate) mod users;
