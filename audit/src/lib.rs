//! Who did what, when, from where, and why it was allowed or refused: audit records and the chain they form.
//!
//! Pure: no clock, no disk. A [`Record`] says what happened; a [`Chain`] gives each a place, with a hash over it and over
//! all before it, so that none can be changed, left out or put in between without a trace; a [`Gatherer`] makes one record
//! of many like ones, so that a flood stays small; a [`Filter`] finds records.
//!
//! ```
//! use audit::{Actor, Chain, Outcome, Record, Trail};
//! use auth_core::Timestamp;
//!
//! let mut chain = Chain::new(Trail::Acts);
//! let by = Actor::System { role: "command line".into() };
//! let record = Record::new(Timestamp::from_secs(0), "create_user", Outcome::Done, by).on("ann");
//! let line = chain.append(record)?;
//!
//! let mut walk = Chain::new(Trail::Acts);
//! walk.follow(&line)?;
//! let forged = audit::Line { body: line.body.replace("ann", "eve"), ..line };
//! assert!(Chain::new(Trail::Acts).follow(&forged).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod record;
pub use record::{Actor, Outcome, Record, action_name};

mod chain;
pub use chain::{Broken, Chain, Head, Line, Trail};

mod gather;
pub use gather::Gatherer;

mod filter;
pub use filter::Filter;
