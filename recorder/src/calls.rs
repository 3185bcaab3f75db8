//! Which service was called in which action, for a while.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use auth_core::ContextId;

use crate::Called;

/// The calls of the last while. The oldest is forgotten where there are too many: states that are written later than that
/// have no call to their name.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_context: HashMap<ContextId, Arc<Called>>,
    order: VecDeque<ContextId>,
}

/// How many calls are remembered.
pub(crate) const MAX_CALLS: usize = 4096;

impl Calls {
    /// Remembers a call. The first of an action counts: others are part of it.
    pub(crate) fn add(&mut self, context: ContextId, called: Called) {
        if self.by_context.contains_key(&context) {
            return;
        }
        self.by_context.insert(context, Arc::new(called));
        self.order.push_back(context);
        if self.order.len() > MAX_CALLS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_context.remove(&oldest);
        }
    }

    pub(crate) fn of(&self, context: ContextId) -> Option<Arc<Called>> {
        self.by_context.get(&context).cloned()
    }
}
