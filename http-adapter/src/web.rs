//! The web frontend: its pages and files. All of it is the same for everybody, logged in or not; what is shown in the pages
//! comes over the API.

pub(crate) mod file;
pub(crate) mod page;

/// What is shown where there is no page to show.
mod notice;
