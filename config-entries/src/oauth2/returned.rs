//! What a page elsewhere came back with.

use serde_json::{Map, Value};

/// What the page that a flow waits for came back with. Made of a signed, single-use state alone, so that nobody goes on
/// with a flow who was not sent there by it.
pub struct Returned {
    flow_id: String,
    input: Map<String, Value>,
}

impl Returned {
    pub(crate) const fn new(flow_id: String, input: Map<String, Value>) -> Self {
        Self { flow_id, input }
    }

    pub(crate) fn into_parts(self) -> (String, Map<String, Value>) {
        (self.flow_id, self.input)
    }
}

impl std::fmt::Debug for Returned {
    /// Writes which flow it is for; the code is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Returned({})", self.flow_id)
    }
}
