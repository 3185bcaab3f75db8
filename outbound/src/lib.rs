#![doc = include_str!("../README.md")]

mod reach;
mod resolve;
pub use reach::{Reach, may_reach};
pub use resolve::{Lookup, SystemLookup};

mod answer;
mod error;
mod request;
pub use answer::{Answer, parse_retry_after};
pub use error::Error;
pub use request::Request;

mod client;
pub use client::{Client, Limits};
