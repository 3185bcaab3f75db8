//! The policy of a group as a form: rows with boxes to tick, or its JSON; and what it would change.

mod check;
mod draft;
mod row;

pub(crate) use check::Checked;
pub(crate) use draft::Draft;
