#![doc = include_str!("../README.md")]

mod clock;
mod json;
pub use clock::{new_context_id, now};
pub use json::parse_json;

mod state;
pub use state::State;

mod event;
pub use event::{Event, EventData, Origin};

mod world;
pub use world::{World, WorldWriter};

mod observer;
mod use_log;
pub use observer::Observer;
pub use use_log::UseLog;
mod viewer;
mod wire;
pub use viewer::{NON_ADMIN_EVENTS, Viewer};
pub use wire::Diff;

mod schema;
mod target;
pub use schema::{Field, Kind, Schema, SchemaError};
pub use target::{ExpandedTarget, Target, TargetIds};

mod ask;
mod error;
mod spec;
pub use ask::Ask;
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
