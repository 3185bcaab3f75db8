//! Laws of policies: the join, the parser and the printer.

mod exhaustive;
mod laws;
