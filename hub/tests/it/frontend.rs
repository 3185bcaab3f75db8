//! The web frontend: its pages and files, what is shown without them, and the commands that its pages ask. The package itself
//! is tried in a browser (`cargo xtask test --web`); here it is made up.

mod commands;
pub(crate) mod files;
mod unseen;
