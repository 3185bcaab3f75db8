//! The handlers under `/auth`, discovery and onboarding.

pub(crate) mod external;
pub(crate) mod login;
pub(crate) mod onboarding;
pub(crate) mod single_sign_on;
pub(crate) mod token;
pub(crate) mod well_known;
