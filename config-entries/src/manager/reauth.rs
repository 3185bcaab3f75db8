//! Reauthentication: how an entry whose credentials are refused gets new ones. One flow for an entry, never two.

use std::sync::Arc;

use auth_core::Authorized;
use serde_json::{Map, json};
use tokio::{sync::Mutex as AsyncMutex, task::JoinHandle};

use super::{
    Inner, ManageError, Manager, Shared,
    flows::{Machine, Start},
};
use crate::{By, ConfigEntry, EntryError, Issue, News, ReauthEntry, Source, reauth_issue_id};

impl Manager {
    /// Asks for new credentials of an entry, by hand. Nothing happens if that is under way already.
    ///
    /// # Errors
    /// [`ManageError::NoReauth`] and others.
    pub async fn reauth(&self, request: Authorized<ReauthEntry>) -> Result<(), ManageError> {
        let (principal, ReauthEntry(entry_id)) = request.into_parts();
        let entry = self.shared.entry(&entry_id).ok_or_else(|| EntryError::Unknown(entry_id.clone()))?;
        let can = self.shared.registered(&entry.domain).is_some_and(|r| r.integration.reauth_flow(&entry).is_some());
        if !can || !can_be_set_up(&entry) {
            return Err(ManageError::NoReauth(entry_id));
        }
        if let Some(started) = self.shared.start_reauth(&entry_id) {
            self.shared.host.record(By::own(principal), "reauth_config_entry", &entry_id);
            _ = started.await;
        }
        Ok(())
    }
}

impl Shared {
    /// Starts a reauthentication of an entry, or has it join the one of its account that is under way. Nothing happens
    /// if there is one for it already, if it is being reconfigured, or if it is disabled. Returns what ends when the
    /// flow's first step has been taken.
    pub(crate) fn start_reauth(&self, entry_id: &str) -> Option<JoinHandle<()>> {
        self.start_reauth_while(entry_id, || true)
    }

    /// As [`Self::start_reauth`], but nothing happens if `holds` does not when the flow would be added.
    pub(crate) fn start_reauth_while(&self, entry_id: &str, holds: impl FnOnce() -> bool) -> Option<JoinHandle<()>> {
        let shared = self.strong()?;
        // A reconfiguration that was left alone for too long keeps nobody from signing in.
        self.expire_flows();
        let entry = self.entry(entry_id).filter(|entry| can_be_set_up(entry))?;
        let registered = self.registered(&entry.domain)?;
        let machine = Machine::Update(registered.integration.reauth_flow(&entry)?);
        let account = registered.integration.account(&entry);
        let (record, runner) = self.prepare(Start::about(&entry, &entry.domain, Source::Reauth), machine);
        let flow_id = record.id.clone();
        let runner = Arc::new(AsyncMutex::new(runner));
        // Nobody else knows of it yet.
        let mut locked = Arc::clone(&runner).try_lock_owned().ok()?;
        {
            let mut inner = self.lock();
            let is_enabled = inner.book.get(entry_id).is_some_and(|(entry, _)| can_be_set_up(entry));
            if inner.stopped || !is_enabled || !holds() {
                return None;
            }
            if let Some(account) = account
                && let Some((other, is_shown)) = self.reauth_of_account(&inner, &entry.domain, &account)
                && inner.flows.reauth_or_reconfigure_of(entry_id).is_none()
            {
                inner.flows.join_reauth(&other, entry_id);
                if is_shown {
                    self.raise_reauth_issue(&mut inner, entry_id);
                }
                return None;
            }
            if !inner.flows.start_reauth(record) {
                return None;
            }
            inner.runners.insert(flow_id.clone(), runner);
        }
        Some(tokio::spawn(async move {
            if let Err(error) = shared.go_on(&mut locked, &flow_id, None).await {
                tracing::error!(flow_id, %error, "a reauthentication could not be started");
                shared.end_flow(&flow_id);
            }
        }))
    }

    fn reauth_of_account(&self, inner: &Inner, domain: &str, account: &str) -> Option<(String, bool)> {
        let registered = self.registered(domain)?;
        let same = |flow: &&crate::FlowRecord| {
            let entry = flow.entry_ids.first().and_then(|id| inner.book.get(id));
            flow.source == Source::Reauth
                && flow.domain == domain
                && entry.is_some_and(|(entry, _)| registered.integration.account(entry).as_deref() == Some(account))
        };
        inner.flows.iter().find(same).map(|flow| (flow.id.clone(), flow.step_id.is_some()))
    }

    /// Takes an entry out of its reauthentication: it is reloaded, disabled or gone. Others of its account that still
    /// need one get another.
    pub(super) fn drop_from_reauth(&self, entry_id: &str) {
        let flow = self.lock().flows.reauth_of(entry_id).cloned();
        let Some(flow) = flow else { return };
        if flow.entry_ids.first().is_some_and(|first| first == entry_id) {
            // As it is when it ends: others may have joined just now.
            let Some(flow) = self.end_flow(&flow.id) else { return };
            for other in flow.entry_ids.iter().skip(1) {
                drop(self.start_reauth(other));
            }
            return;
        }
        let mut inner = self.lock();
        if let Some(flow) = inner.flows.get_mut(&flow.id) {
            flow.entry_ids.retain(|id| id != entry_id);
        }
        self.clear_issue(&mut inner, &reauth_issue_id(&flow.domain, entry_id));
    }

    pub(super) fn raise_reauth_issue(&self, inner: &mut Inner, entry_id: &str) {
        let Some((entry, _)) = inner.book.get(entry_id) else { return };
        let issue = Issue {
            domain: "homeassistant".to_owned(),
            issue_id: reauth_issue_id(&entry.domain, entry_id),
            issue_domain: Some(entry.domain.clone()),
            severity: "error",
            translation_key: "config_entry_reauth".to_owned(),
            placeholders: Map::from_iter([("name".to_owned(), json!(entry.title))]),
            created: self.host.now(),
        };
        let issue_id = issue.issue_id.clone();
        let action = if inner.issues.raise(issue) { "create" } else { "update" };
        self.host.announce(News::Issue(json!({"action": action, "domain": "homeassistant", "issue_id": issue_id})));
    }

    pub(super) fn clear_issue(&self, inner: &mut Inner, issue_id: &str) {
        let is_ignored = inner.issues.is_ignored("homeassistant", issue_id);
        if inner.issues.clear("homeassistant", issue_id) {
            if is_ignored {
                self.host.stop_ignoring("homeassistant", issue_id);
            }
            let data = json!({"action": "remove", "domain": "homeassistant", "issue_id": issue_id});
            self.host.announce(News::Issue(data));
        }
    }
}

/// Tells whether an entry runs if its credentials are good: it is neither disabled nor there just to be ignored.
fn can_be_set_up(entry: &ConfigEntry) -> bool {
    entry.disabled_by.is_none() && entry.source != Source::Ignore.as_str()
}
