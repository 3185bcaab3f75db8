//! OpenID Connect: the talking with identity providers, for `home`'s [`IdentityProvider`](home::IdentityProvider).
//!
//! What a provider is known by is found at its issuer ([`Talk`]), every request goes through `outbound`, and what
//! it says of somebody counts only once it has been verified. What follows from it is decided in `home` and `auth-login`.

mod web;

mod discovery;

mod talk;
pub use talk::{Settings, Talk};

mod token;
