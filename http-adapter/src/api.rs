//! The handlers under `/api`.

pub(crate) mod backup;
pub(crate) mod calendars;
pub(crate) mod core;
pub(crate) mod entries;
pub(crate) mod events;
pub(crate) mod flows;
pub(crate) mod history;
pub(crate) mod operating;
pub(crate) mod operations;
pub(crate) mod services;
pub(crate) mod states;
pub(crate) mod template;
