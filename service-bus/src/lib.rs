//! Events, states, services and targets: the one road on which anything is read or done.
//!
//! Nothing here takes a bare id from outside. A request becomes a typed value, is authorized against the current
//! [`World`] (who may do what, and what is where), and only the resulting [`auth_core::Authorized`] value can be carried
//! out. Whatever comes back to a caller goes through a [`Viewer`], which shows what that caller may read and nothing
//! else.
//!
//! * [`Bus`] joins everything; cheap to clone.
//! * [`ServiceSpec`] declares a service: its access has no default.
//! * [`Call`] is a service call with its service found, its data checked and its targets expanded.
//! * [`Feed`] is a bounded, filtered stream of events for one listener.
//! * [`StateWriter`] is how an integration writes the states of its own entities.

mod clock;
pub use clock::{new_context_id, now};

mod state;
pub use state::State;

mod event;
pub use event::{Event, EventData, Origin};

mod world;
pub use world::{World, WorldWriter};

mod viewer;
mod wire;
pub use viewer::{NON_ADMIN_EVENTS, Viewer};
pub use wire::Diff;

mod schema;
mod target;
pub use schema::{Field, Kind, Schema, SchemaError};
pub use target::{ExpandedTarget, Target, TargetIds};

mod error;
mod spec;
pub use error::{CallError, FireError, HandlerError, RegisterError, SetStateError};
pub use spec::{
    Entity, EntityCall, Handler, Manages, PlainService, ResponseMode, ServiceAccess, ServiceCall, ServiceSpec,
};

mod call;
mod feed;
mod machine;
pub use call::{Call, CallRequest, Outcome};
pub use feed::{Feed, Next};

mod bus;
mod request;
mod writer;
pub use bus::Bus;
pub use request::{FireEvent, OpenFeed, ReadState, ReadStates, RemoveState, SetState, WriteStates};
pub use writer::StateWriter;
