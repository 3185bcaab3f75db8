//! What a result depends on.

use std::collections::BTreeSet;

/// What a template read, and so what must be watched to know when its result changes.
///
/// Names are recorded as the template asked for them, whether or not they exist: an entity that the caller may not
/// read is in here if the template's text named it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listeners {
    /// Every state was looked at; [`entities`](Self::entities) and [`domains`](Self::domains) are then empty.
    pub all: bool,
    /// The entities looked up.
    pub entities: BTreeSet<String>,
    /// The domains gone through.
    pub domains: BTreeSet<String>,
    /// The time of day was read: the result is stale after a minute.
    pub time: bool,
}

impl Listeners {
    pub(crate) fn finish(mut self) -> Self {
        if self.all {
            self.entities.clear();
            self.domains.clear();
        }
        self
    }
}
