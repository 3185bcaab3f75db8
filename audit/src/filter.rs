//! Which records somebody wants to see.

use auth_core::{Timestamp, UserId};
use serde::Deserialize;

use crate::{Outcome, Record, Trail};

/// Which records somebody wants to see: those that fit everything said here. The empty filter fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Only of this trail.
    pub trail: Option<Trail>,
    /// Who acted, or asked for it, or on whom it was done.
    pub user: Option<UserId>,
    /// The action, whole.
    pub action: Option<String>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// On what: whole, or the beginning up to a full stop (`light` fits `light.hall`).
    pub on: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Tells whether a record fits.
    pub fn fits(&self, trail: Trail, record: &Record) -> bool {
        let about = |user: &UserId| {
            record.by.user_id() == Some(user)
                || record.asked_by.as_ref() == Some(user)
                || record.on.as_deref() == Some(user.as_str())
        };
        let concerns = |wanted: &String| {
            record.on.as_deref().is_some_and(|on| {
                on.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        self.trail.is_none_or(|wanted| wanted == trail)
            && self.user.as_ref().is_none_or(about)
            && self.action.as_ref().is_none_or(|action| *action == record.action)
            && self.outcome.is_none_or(|outcome| outcome == record.outcome)
            && self.on.as_ref().is_none_or(concerns)
            && self.since.is_none_or(|since| record.last_at.unwrap_or(record.at) >= since)
            && self.until.is_none_or(|until| record.at < until)
    }
}

#[cfg(test)]
mod tests;
