//! Flows: conversations in steps that make or change an entry.

mod book;
mod context;
mod source;
mod step;
mod wire;

pub use book::{FlowBook, FlowId, FlowKind, FlowLimit, FlowRecord};
pub use context::FlowContext;
pub use source::Source;
pub use step::{
    Abort, EntryUpdate, Flow, Form, Identity, Menu, NewEntry, NewOptions, NewSubentry, Shown, Step, SubentryDone,
};
pub use wire::FlowAnswer;
