//! What a flow comes to: an entry, or a change of one.

use std::sync::Arc;

use auth_core::{Unauthorized, UserId};
use serde_json::{Value, json};

use super::{
    ManageError, Shared,
    flows::{Done, FlowError},
};
use crate::{
    Abort, AddEntry, By, ChangeEntry, ConfigEntry, EntryBook, EntryUpdate, FlowAnswer, FlowKind, FlowRecord, Identity,
    Kept, NewEntry, NewOptions, ReplaceEntry, Source, Subentry, SubentryDone,
};

impl Shared {
    pub(super) async fn finish(&self, flow_id: &str, done: Done) -> Result<FlowAnswer, FlowError> {
        let flow = {
            let mut inner = self.lock();
            let flow = inner.flows.get_mut(flow_id).ok_or(FlowError::UnknownFlow)?;
            flow.is_finishing = true;
            flow.clone()
        };
        let finished = match done {
            Done::Entry(new) => self.finish_config(&flow, new).await,
            Done::Update(update) => self.finish_update(&flow, update).await,
            Done::Options(options) => self.finish_options(&flow, options).await,
            Done::Subentry(done) => self.finish_subentry(&flow, done).await,
        };
        // What could not be done can be tried again, or given up.
        self.edit_flow(flow_id, |flow| flow.is_finishing = false);
        finished
    }

    async fn finish_config(&self, flow: &FlowRecord, new: NewEntry) -> Result<FlowAnswer, FlowError> {
        let manifest = self.manifest(&flow.domain).ok_or(FlowError::UnknownHandler)?;
        let unique_id = flow.unique_id.as_deref().filter(|id| *id != FlowRecord::NO_UNIQUE_ID);
        let entry = {
            let _turn = self.creation.lock().await;
            // The flow may have been ended, and another may have made the one entry, while this one was at work.
            if self.lock().flows.get(&flow.id).is_none() {
                return Err(FlowError::UnknownFlow);
            }
            if manifest.single && self.has_entry(&flow.domain) {
                self.end_flow(&flow.id);
                return Ok(FlowAnswer::aborted(flow, &Abort::shared("single_instance_allowed")));
            }
            let entry = ConfigEntry {
                entry_id: self.ulid(),
                domain: flow.domain.clone(),
                title: new.title,
                data: new.data,
                options: new.options,
                subentries: new.subentries,
                unique_id: unique_id.map(str::to_owned),
                version: manifest.version,
                minor_version: manifest.minor_version,
                source: flow.source.as_str().to_owned(),
                ..ConfigEntry::default()
            };
            self.add_in_place(entry, flow.answered_by.clone()).await?
        };
        self.end_flow(&flow.id);
        // What was found without saying what it is may be the same thing.
        for unique_id in unique_id.into_iter().chain([FlowRecord::NO_UNIQUE_ID]) {
            let rivals = self.lock().flows.rivals(&flow.id, &flow.domain, unique_id);
            rivals.iter().for_each(|rival| _ = self.end_flow(rival));
        }
        self.set_up_entry(&entry.entry_id).await;
        let parts: Vec<Value> = entry.subentries.iter().map(Subentry::to_wire).collect();
        Ok(FlowAnswer::done(flow)
            .with("title", entry.title.clone())
            .with("minor_version", entry.minor_version)
            .with("options", json!(entry.options))
            .with("subentries", json!(parts))
            .with("version", entry.version)
            .with("result", self.wire_of(&entry.entry_id).unwrap_or_default()))
    }

    /// Adds an entry. One that has its unique id already goes in the same change: the new one takes its place.
    async fn add_in_place(&self, entry: ConfigEntry, asked_by: Option<UserId>) -> Result<Arc<ConfigEntry>, FlowError> {
        let unique_id = entry.unique_id.as_deref();
        let before = unique_id.and_then(|id| self.lock().book.find_unique(&entry.domain, id).cloned());
        let Some(before) = before else { return Ok(self.add(entry, asked_by).await?) };
        // It may have been removed before its turn came.
        let Ok(mut turn) = self.turn(&before.entry_id).await else { return Ok(self.add(entry, asked_by).await?) };
        if self.unload(&mut turn, &before.entry_id).await.is_err() {
            tracing::warn!(entry = before.entry_id, "an entry that is replaced could not be taken down");
        }
        match self.replace(&before.entry_id, entry, asked_by).await {
            Ok((gone, added)) => {
                self.clean_up_after(&gone).await;
                Ok(added)
            }
            Err(error) => {
                self.set_up(&mut turn, &before.entry_id).await;
                Err(error.into())
            }
        }
    }

    /// Puts an entry in the place of one that is down: both or neither. Returns the one that is gone and the new one.
    async fn replace(
        &self,
        before: &str,
        entry: ConfigEntry,
        asked_by: Option<UserId>,
    ) -> Result<(Arc<ConfigEntry>, Arc<ConfigEntry>), ManageError> {
        let domain = entry.domain.clone();
        let principal = self.principal_of(&domain).ok_or_else(Unauthorized::default)?;
        let gone = ReplaceEntry { domain, entry_id: before.to_owned() };
        let (gone, new) = {
            let bus = self.host.bus();
            (bus.authorize(&principal, gone)?, bus.authorize(&principal, AddEntry(entry))?)
        };
        let _turn = self.writes.lock().await;
        let mut book = self.lock().book.clone();
        let before = self.entry(before);
        let (gone, added) = (book.replace(gone)?, book.add(new, self.host.now())?);
        let kept = [Kept::of(before, &gone), Kept::of(None, &added)];
        self.host.keep(&kept, By { actor: principal, asked_by }).await?;
        [&gone, &added].into_iter().for_each(|change| self.show(change));
        Ok((gone.into_entry(), added.into_entry()))
    }

    /// Updates the entries that a reauthentication or reconfiguration is about. It makes none: there is no way to.
    async fn finish_update(&self, flow: &FlowRecord, update: EntryUpdate) -> Result<FlowAnswer, FlowError> {
        let primary = flow.entry_ids.first().and_then(|id| self.entry(id));
        let Some(primary) = primary else {
            self.end_flow(&flow.id);
            return Err(FlowError::UnknownFlow);
        };
        if let (Identity::UniqueId(told), Some(own)) = (&update.identity, &primary.unique_id)
            && told != own
        {
            self.end_flow(&flow.id);
            return Ok(FlowAnswer::aborted(flow, &Abort::new("unique_id_mismatch")));
        }
        let entry_ids = self.update_all(flow, &update).await?;
        let ended = self.end_flow(&flow.id);
        entry_ids.iter().for_each(|id| self.reload_soon(id));
        // Those that joined while the update was on its way to the disk have not got it.
        let joined = ended.map(|flow| flow.entry_ids).unwrap_or_default();
        for late in joined.iter().filter(|id| !entry_ids.contains(id)) {
            drop(self.start_reauth(late));
        }
        let reason = if flow.source == Source::Reauth { "reauth_successful" } else { "reconfigure_successful" };
        Ok(FlowAnswer::aborted(flow, &Abort::shared(reason)))
    }

    /// Puts an update over every entry that a flow is about, all or none. Returns the entries.
    async fn update_all(&self, flow: &FlowRecord, update: &EntryUpdate) -> Result<Vec<String>, FlowError> {
        let principal = self.registered(&flow.domain).ok_or(FlowError::UnknownHandler)?.principal;
        let _turn = self.writes.lock().await;
        // Looked at again: entries may have joined the flow while its last step was taken.
        let flow = self.lock().flows.get(&flow.id).cloned().ok_or(FlowError::UnknownFlow)?;
        let mut book = self.lock().book.clone();
        let (mut kept, mut changes) = (Vec::new(), Vec::new());
        for (n, entry_id) in flow.entry_ids.iter().enumerate() {
            let Some(before) = self.entry(entry_id) else { continue };
            let wish = ChangeEntry {
                domain: flow.domain.clone(),
                entry_id: entry_id.clone(),
                title: update.title.clone().filter(|_| n == 0),
                merge_data: Some(update.data.clone()),
                ..ChangeEntry::default()
            };
            let asked = self.host.bus().authorize(&principal, wish)?;
            if let Some(change) = book.change_entry(asked, self.host.now()).map_err(ManageError::from)? {
                kept.push(Kept::of(Some(before), &change));
                changes.push(change);
            }
        }
        if !kept.is_empty() {
            let by = By { actor: principal, asked_by: flow.answered_by.clone() };
            self.host.keep(&kept, by).await.map_err(ManageError::from)?;
        }
        changes.iter().for_each(|change| self.show(change));
        Ok(flow.entry_ids)
    }

    async fn finish_options(&self, flow: &FlowRecord, options: NewOptions) -> Result<FlowAnswer, FlowError> {
        let entry_id = flow.entry_ids.first().cloned().ok_or(FlowError::UnknownFlow)?;
        let wish = ChangeEntry { entry_id: entry_id.clone(), options: Some(options.0), ..ChangeEntry::default() };
        let changed = self.change_as_integration(wish, flow.answered_by.clone()).await?;
        self.end_flow(&flow.id);
        self.tell_running(changed).await;
        Ok(FlowAnswer::done(flow))
    }

    async fn finish_subentry(&self, flow: &FlowRecord, done: SubentryDone) -> Result<FlowAnswer, FlowError> {
        let FlowKind::Subentry { entry_id, subentry_type, subentry_id } = &flow.kind else {
            return Err(FlowError::UnknownFlow);
        };
        let principal = self.principal_of(&flow.domain).ok_or(FlowError::UnknownHandler)?;
        let mut answer = Err(FlowError::UnknownFlow);
        // Of the parts that there are when its turn comes: others may be made or removed at the same time.
        let put = |book: &mut EntryBook, now| {
            let Some((entry, _)) = book.get(entry_id) else { return Ok(None) };
            let mut parts = entry.subentries.clone();
            answer = self.put_part(flow, (subentry_type, subentry_id.as_ref()), done, &mut parts);
            if answer.is_err() {
                return Ok(None);
            }
            let (domain, entry_id) = (flow.domain.clone(), entry_id.clone());
            let wish = ChangeEntry { domain, entry_id, subentries: Some(parts), ..ChangeEntry::default() };
            Ok::<_, ManageError>(book.change_entry(self.host.bus().authorize(&principal, wish)?, now)?)
        };
        let by = By { actor: principal.clone(), asked_by: flow.answered_by.clone() };
        let changed = self.change(entry_id, by, put).await?;
        if answer.is_ok() {
            self.end_flow(&flow.id);
        }
        self.tell_running(changed).await;
        answer
    }

    /// Puts what a flow comes to among the parts of an entry. Nothing changes if there is such a part already.
    fn put_part(
        &self,
        flow: &FlowRecord,
        (subentry_type, subentry_id): (&str, Option<&String>),
        done: SubentryDone,
        parts: &mut Vec<Subentry>,
    ) -> Result<FlowAnswer, FlowError> {
        match done {
            SubentryDone::Create(new) => {
                let taken = |part: &Subentry| part.unique_id.is_some() && part.unique_id == new.unique_id;
                if parts.iter().any(taken) {
                    return Ok(FlowAnswer::aborted(flow, &Abort::new("already_configured")));
                }
                let answer =
                    FlowAnswer::done(flow).with("title", new.title.clone()).with("unique_id", json!(new.unique_id));
                parts.push(Subentry {
                    subentry_id: self.ulid(),
                    subentry_type: subentry_type.to_owned(),
                    title: new.title,
                    unique_id: new.unique_id,
                    data: new.data,
                    ..Subentry::default()
                });
                Ok(answer)
            }
            SubentryDone::Update { title, data } => {
                let part = parts.iter_mut().find(|part| Some(&part.subentry_id) == subentry_id);
                let part = part.ok_or(FlowError::UnknownFlow)?;
                part.title = title.unwrap_or_else(|| part.title.clone());
                part.data = data;
                Ok(FlowAnswer::aborted(flow, &Abort::shared("reconfigure_successful")))
            }
        }
    }

    /// Tells the running integration that its entry has changed.
    async fn tell_running(&self, changed: Option<Arc<ConfigEntry>>) {
        let Some(entry) = changed else { return };
        if let Ok(turn) = self.turn(&entry.entry_id).await
            && let Some(run) = &turn.running
        {
            run.running.updated(&entry);
        }
    }
}
