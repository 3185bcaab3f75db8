//! Signing in with an account at an identity provider: a provider that lies, goes away and mixes things up. What a provider
//! that somebody else wrote does is in `tests/oidc`.

mod flow;
mod members;
mod page;
mod refused;
mod trouble;
