//! How a flow ends without what it was for, and what ends it: another for the same thing, an entry that is there already.

use serde_json::{Map, Value, json};

use super::Start;
use crate::{Abort, FlowId, FlowRecord, News, Source, manager::Shared, reauth_issue_id};

impl Shared {
    /// Ends a flow, whatever it is doing: what it comes to afterwards counts for nothing.
    pub(in crate::manager) fn end_flow(&self, flow_id: &str) -> Option<FlowRecord> {
        self.end_flow_if(flow_id, |_| true)
    }

    /// Ends a flow that is as it should be; looking and ending are one.
    pub(super) fn end_flow_if(&self, flow_id: &str, is_such: impl FnOnce(&FlowRecord) -> bool) -> Option<FlowRecord> {
        let mut inner = self.lock();
        inner.flows.get(flow_id).filter(|flow| is_such(flow))?;
        inner.runners.remove(flow_id);
        let flow = inner.flows.end(flow_id)?;
        if flow.source == Source::Reauth {
            for entry_id in &flow.entry_ids {
                self.clear_issue(&mut inner, &reauth_issue_id(&flow.domain, entry_id));
            }
        }
        if flow.source.is_announced() && flow.step_id.is_some() {
            self.host.announce(News::Flow(json!({"type": "removed", "flow_id": flow_id})));
        }
        Some(flow)
    }

    /// Ends the flows about an entry but its reauthentication.
    pub(in crate::manager) fn end_flows_about(&self, entry_id: &str) {
        let ids: Vec<FlowId> = self.lock().flows.about(entry_id);
        for id in ids {
            if self.lock().flows.get(&id).is_some_and(|flow| flow.source != Source::Reauth) {
                self.end_flow(&id);
            }
        }
    }

    pub(crate) fn edit_flow(&self, flow_id: &str, edit: impl FnOnce(&mut FlowRecord)) {
        if let Some(flow) = self.lock().flows.get_mut(flow_id) {
            edit(flow);
        }
    }

    pub(crate) fn set_unique_id(&self, flow_id: &str, domain: &str, unique_id: &str) -> Result<(), Abort> {
        let mut inner = self.lock();
        if !inner.flows.rivals(flow_id, domain, unique_id).is_empty() {
            return Err(Abort::shared("already_in_progress"));
        }
        if let Some(flow) = inner.flows.get_mut(flow_id) {
            flow.unique_id = Some(unique_id.to_owned());
        }
        Ok(())
    }

    pub(crate) async fn abort_if_configured(
        &self,
        flow_id: &str,
        update: Option<Map<String, Value>>,
    ) -> Result<(), Abort> {
        let (entry, source, asked_by) = {
            let inner = self.lock();
            let Some(flow) = inner.flows.get(flow_id) else { return Ok(()) };
            let Some(unique_id) = flow.unique_id.as_deref() else { return Ok(()) };
            (inner.book.find_unique(&flow.domain, unique_id).cloned(), flow.source, flow.answered_by.clone())
        };
        let Some(entry) = entry else { return Ok(()) };
        if entry.source == Source::Ignore.as_str() && source == Source::User {
            return Ok(());
        }
        if let Some(update) = update {
            let wish = crate::ChangeEntry {
                entry_id: entry.entry_id.clone(),
                merge_data: Some(update),
                ..crate::ChangeEntry::default()
            };
            let reloads = matches!(
                self.state(&entry.entry_id),
                Some(crate::EntryState::Loaded | crate::EntryState::SetupRetry(_))
            );
            match self.change_as_integration(wish, asked_by).await {
                Ok(Some(_)) if reloads => self.reload_soon(&entry.entry_id),
                Ok(_) => {}
                Err(error) => tracing::error!(entry = entry.entry_id, %error, "an update by a flow was not kept"),
            }
        }
        Err(Abort::new("already_configured"))
    }

    pub(crate) fn discovered(&self, entry_id: &str, data: Value) {
        let (Some(shared), Some(entry)) = (self.strong(), self.entry(entry_id)) else { return };
        let Some(registered) = self.registered(&entry.domain) else { return };
        tokio::spawn(async move {
            let source = Source::IntegrationDiscovery;
            let start = Start { data: Some(data), ..Start::new(&entry.domain, source, None) };
            if let Err(error) = shared.start_config_flow(&registered, start, None).await {
                tracing::debug!(domain = entry.domain, %error, "a discovery did not become a flow");
            }
        });
    }
}
