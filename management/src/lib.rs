//! What Doorward adds to Home Assistant's API: groups, members, policies, accounts, tokens and the audit trail, once for
//! every way to ask.
//!
//! An [`Operation`] takes a JSON object and gives a JSON value. Each is a WebSocket command `doorward/<name>`, a REST route
//! (its method and path; what the path leaves open, the query or the body give the members of the object), and what
//! `doorward` at the command line asks for, of a running hub or of its data. [`OPERATIONS`] is the table.

mod error;
pub use error::OperationError;

mod operation;
pub use operation::{Access, Call, OPERATIONS, Operation, Schemas};

mod schema;

mod attention;
mod audit_trail;
mod bans;
mod groups;
mod identities;
mod matrix;
mod names;
mod passkeys;
mod policies;
mod previews;
pub mod shown;
mod step_up;
mod tokens;
mod users;
