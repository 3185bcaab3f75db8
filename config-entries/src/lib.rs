//! Config entries: their model, their state machine, and who may see and change them.
//!
//! An entry is one set-up of an integration: a broker, an account, a bridge. [`EntryBook`] holds the entries of a home;
//! every change takes an [`auth_core::Authorized`] request, so whoever makes or changes an entry is an administrator or
//! the integration whose entry it is. [`EntryState`] moves only along the listed transitions.
//!
//! Flows, retries and the running of integrations are not here yet.

mod entry;
mod state;
pub use entry::{ConfigEntry, Subentry};
pub use state::{Cause, EntryState, IllegalTransition, Setback};

mod book;
mod request;
pub use book::{EntryBook, EntryChange, EntryError};
pub use request::{AddEntry, ListEntries, RemoveEntry, SetDisabled, UpdateEntry};
