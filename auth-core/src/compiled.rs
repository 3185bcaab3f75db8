//! Policies in the form that answers checks, and explains them: permission bits by number.

mod explain;
mod masks;
mod table;

pub use explain::{Explanation, Grant, Reason};
pub(crate) use masks::Masks;
pub use table::AccessTable;
pub(crate) use table::GroupMasks;
