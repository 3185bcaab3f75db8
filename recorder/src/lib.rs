#![doc = include_str!("../README.md")]

mod domains;
pub use domains::{counts_always, needs_attributes};

mod recorded;
pub use recorded::{Called, Recorded, is_worth_a_line};

mod limits;
pub use limits::Limits;

mod period;
pub use period::{Period, Stretch, keep_newest};

mod births;
mod book;
mod calls;
mod past;
pub use book::Book;
