//! The hub as strangers meet it: the real binary, real sockets, real files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test may panic"
)]

mod support;

mod accounts;
mod audit;
mod backup;
mod bad_input;
mod bans;
mod churn;
mod cli;
mod crash;
mod damage;
mod editing;
mod entries;
mod first_run;
mod frontend;
mod history;
mod import;
mod leaks;
mod limited;
mod matrix;
mod oauth;
mod openapi;
mod pages;
mod passkeys;
mod policy_cli;
mod protocol;
mod replay;
mod rows;
mod second_factor;
#[cfg(feature = "oidc")]
mod single_sign_on;
mod step_up;
mod sweep;
mod threats;
mod transport;
