//! What a flow may ask of the manager while it runs.

use std::sync::{Arc, Weak};

use serde_json::{Map, Value, json};

use super::{Abort, FlowId, FlowRecord, Source};
use crate::{ConfigEntry, News, manager::Shared};

/// What a flow may ask and tell while it runs.
#[derive(Clone)]
pub struct FlowContext {
    pub(crate) shared: Weak<Shared>,
    pub(crate) flow_id: FlowId,
    pub(crate) domain: String,
    pub(crate) source: Source,
    pub(crate) entry_id: Option<String>,
    pub(crate) subentry_id: Option<String>,
    pub(crate) data: Option<Value>,
    pub(crate) frontend_base: Option<String>,
}

impl std::fmt::Debug for FlowContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FlowContext({} {})", self.domain, self.flow_id)
    }
}

impl FlowContext {
    /// Returns the flow's id.
    pub fn flow_id(&self) -> &str {
        &self.flow_id
    }

    /// Returns what started the flow.
    pub const fn source(&self) -> Source {
        self.source
    }

    /// Returns the entry that the flow is about, as it is now.
    pub fn entry(&self) -> Option<Arc<ConfigEntry>> {
        self.shared.upgrade()?.entry(self.entry_id.as_deref()?)
    }

    /// Returns the id of the part that the flow is about.
    pub fn subentry_id(&self) -> Option<&str> {
        self.subentry_id.as_deref()
    }

    /// Returns what was discovered, or is to be imported.
    pub const fn data(&self) -> Option<&Value> {
        self.data.as_ref()
    }

    /// Returns where the client that goes on with the flow reaches the hub, as it says (`HA-Frontend-Base`).
    pub fn frontend_base(&self) -> Option<&str> {
        self.frontend_base.as_deref()
    }

    /// Returns the present time by the home's clock.
    pub fn now(&self) -> auth_core::Timestamp {
        self.shared.upgrade().map_or_else(service_bus::now, |shared| shared.host.now())
    }

    /// Returns 128 bits that nobody can guess.
    pub fn random(&self) -> u128 {
        self.shared.upgrade().map_or(0, |shared| shared.host.random())
    }

    /// Returns the integration's entries.
    pub fn entries(&self) -> Vec<Arc<ConfigEntry>> {
        self.shared.upgrade().map(|shared| shared.entries_of(&self.domain)).unwrap_or_default()
    }

    /// Says what tells apart the thing that is being set up from others of its kind.
    ///
    /// # Errors
    /// [`Abort`] `already_in_progress`, if another flow is about it.
    pub fn set_unique_id(&mut self, unique_id: &str) -> Result<(), Abort> {
        let gone = || Abort::new("unknown");
        self.shared.upgrade().ok_or_else(gone)?.set_unique_id(&self.flow_id, &self.domain, unique_id)
    }

    /// Ends the flow if the thing with the unique id that was set is set up already. With `update`, that is put over
    /// the entry's data first, and the entry is reloaded if that changed something: the thing has a new address.
    ///
    /// An entry that says that the thing is to be ignored ends discoveries, but not what a user starts.
    ///
    /// # Errors
    /// [`Abort`] `already_configured`.
    pub async fn abort_if_configured(&self, update: Option<Map<String, Value>>) -> Result<(), Abort> {
        match self.shared.upgrade() {
            Some(shared) => shared.abort_if_configured(&self.flow_id, update).await,
            None => Err(Abort::new("unknown")),
        }
    }

    /// Ends a discovery of something that has no unique id if the integration has an entry, or is about to have one.
    ///
    /// # Errors
    /// [`Abort`] `already_configured` or `already_in_progress`.
    pub fn without_unique_id(&mut self) -> Result<(), Abort> {
        if self.source.is_discovery() {
            self.set_unique_id(FlowRecord::NO_UNIQUE_ID)?;
            if !self.entries().is_empty() {
                return Err(Abort::new("already_configured"));
            }
        }
        Ok(())
    }

    /// Gives a name to the flow, for lists of what was discovered.
    pub fn set_name(&self, name: &str) {
        if let Some(shared) = self.shared.upgrade() {
            shared.edit_flow(&self.flow_id, |flow| {
                flow.title_placeholders.insert("name".to_owned(), json!(name));
            });
        }
    }

    /// Tells whoever has the flow open how far something is that takes a while: 0 to 1.
    pub fn progress(&self, fraction: f64) {
        if let Some(shared) = self.shared.upgrade() {
            let progress = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
            let data = json!({"handler": self.domain, "flow_id": self.flow_id, "progress": progress});
            shared.host.announce(News::FlowProgress(data));
        }
    }

    /// Tells whoever has the flow open that it has moved on by itself, so that they look again.
    pub fn progressed(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.host.announce(News::FlowProgressed(
                json!({"handler": self.domain, "flow_id": self.flow_id, "refresh": true}),
            ));
        }
    }
}
