//! Policies in the form that answers checks, and explains them: permission bits by number.

mod policy;
pub(crate) use policy::{NumberedPolicy, NumberedRules};

mod layer;
mod masks;
mod near;
pub(crate) use masks::{Masks, Plain};

mod cell;
mod entity_set;
mod remembered;
pub use entity_set::EntitySet;

mod table;
pub use table::AccessTable;
pub(crate) use table::GroupEntry;

mod explain;
pub use explain::{Exception, Explanation, Grant, Reason, Remedy};
