#![doc = include_str!("../README.md")]

mod entropy;
pub use entropy::{Entropy, new_id};
pub mod access_token;
pub mod client;
pub mod code;
pub mod credential;
mod jwt;
pub mod login_flow;
pub mod password;
mod pkce;
pub use pkce::Challenge;
pub mod refresh_token;
mod room;
pub mod second_factor;
mod sha256;
pub mod signed_path;
pub mod single_sign_on;
mod standing;
pub use standing::{UserStanding, standing_refusal};
pub mod throttle;
pub mod token_book;
pub mod totp;
