//! OAuth2: how an entry signs in with an account elsewhere.

mod returned;

pub use returned::Returned;
