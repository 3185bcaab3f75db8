//! Home Assistant's WebSocket API.
//!
//! Every command is a row of a table ([`commands`]): its type, its access, its handler; the access has no default. [`greeting`]
//! and [`frame`] hold the protocol's rules without any I/O; `socket` is the only file that touches a socket. A
//! connection is one task, which alone writes: what it writes was filtered with the rights of that moment.

pub mod frame;
pub mod greeting;

mod error;
mod message;
pub use error::CommandError;

mod command;
pub use command::{Access, Command, commands};

mod connection;
mod in_sight;
mod subscription;
mod told;

mod serving;
mod socket;
pub use socket::{PATH, route};
