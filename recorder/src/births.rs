//! Since when an id stands for what it stands for now.

use std::collections::{HashMap, VecDeque};

use auth_core::EntityId;

/// The last events of other things under the same ids: what waits to be shown of them must not be shown to those who may
/// see what has the id now.
#[derive(Debug, Default)]
pub(crate) struct Births {
    last_before: HashMap<EntityId, u64>,
    order: VecDeque<(EntityId, u64)>,
    /// For ids that are no longer listed: the safe side.
    forgotten: u64,
}

/// How many ids are listed.
pub(crate) const MAX_BIRTHS: usize = 16_384;

impl Births {
    pub(crate) fn add(&mut self, entity_id: &EntityId, last_before: u64) {
        self.last_before.insert(entity_id.clone(), last_before);
        self.order.push_back((entity_id.clone(), last_before));
        if self.order.len() > MAX_BIRTHS
            && let Some((oldest, number)) = self.order.pop_front()
        {
            self.forgotten = self.forgotten.max(number);
            if self.last_before.get(&oldest) == Some(&number) {
                self.last_before.remove(&oldest);
            }
        }
    }

    /// Tells whether an event is of what has the id now.
    pub(crate) fn is_of_present(&self, entity_id: &str, number: u64) -> bool {
        number > self.last_before.get(entity_id).copied().unwrap_or(0).max(self.forgotten)
    }
}
