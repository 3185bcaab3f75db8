//! Flows: what can be asked about them.

mod begin;
mod ends;
mod steps;

use std::sync::Arc;

use auth_core::{Authorized, Unauthorized};

use super::{ManageError, Manager, Shared, apart};
use crate::{
    AbortFlow, ConfigEntry, ContinueFlow, DiscoverFlow, FlowAnswer, FlowKind, FlowLimit, HostError, IgnoreFlow,
    InvalidInput, Shown, Source, StartFlow, StartOptionsFlow, StartSubentryFlow,
};

pub(super) use begin::{Done, Machine, Runner, Start};

/// Why a flow did not go on.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// There is no such flow, or it is somebody else's, or of another family: which, is not said.
    #[error("Invalid flow specified")]
    UnknownFlow,
    /// There is no such integration, or it has no such flow.
    #[error("Invalid handler specified")]
    UnknownHandler,
    /// There is no such entry, or no such part of it.
    #[error("Invalid entry specified")]
    UnknownEntry,
    /// The integration does not reconfigure.
    #[error("Handler {0} doesn't support step reconfigure")]
    NoReconfigure(String),
    /// The input is not what the form asks for; the flow stays as it is.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// There are as many flows as there may be.
    #[error(transparent)]
    Limit(#[from] FlowLimit),
    /// The integration's code failed; the flow stays as it is.
    #[error("the integration failed")]
    Failed,
    /// What the flow came to could not be done.
    #[error(transparent)]
    Manage(#[from] ManageError),
    /// The flow cannot be ignored: it has no unique id, or is about an entry that exists.
    #[error("Specified flow has no unique ID.")]
    NotIgnorable,
}

impl From<HostError> for FlowError {
    fn from(error: HostError) -> Self {
        Self::Manage(error.into())
    }
}

impl Manager {
    /// Starts a flow that makes an entry, or reconfigures one.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_flow(&self, request: Authorized<StartFlow>) -> Result<FlowAnswer, FlowError> {
        let (principal, StartFlow { domain, reconfigure, frontend_base }) = request.into_parts();
        let user = principal.user_id().cloned();
        let registered = self.shared.registered(&domain).ok_or(FlowError::UnknownHandler)?;
        if let Some(entry_id) = reconfigure {
            let entry = self.shared.entry(&entry_id).filter(|entry| entry.domain == domain);
            let supported = registered.integration.manifest().reconfigure;
            let entry = match entry {
                _ if !supported => return Err(FlowError::NoReconfigure(domain)),
                Some(entry) => entry,
                None => return Err(FlowError::UnknownEntry),
            };
            let flow = registered.integration.reconfigure_flow(&entry);
            let machine = Machine::Update(flow.ok_or_else(|| FlowError::NoReconfigure(domain.clone()))?);
            let start = Start { entry: Some(&entry), ..Start::new(&domain, Source::Reconfigure, user) };
            return self.shared.start(start, machine, frontend_base).await;
        }
        if !registered.integration.manifest().config_flow {
            return Err(FlowError::UnknownHandler);
        }
        self.shared.start_config_flow(&registered, Start::new(&domain, Source::User, user), frontend_base).await
    }

    /// Starts a flow for something that was found, or is to be imported.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn discover(&self, request: Authorized<DiscoverFlow>) -> Result<FlowAnswer, FlowError> {
        let (_, DiscoverFlow { domain, source, data }) = request.into_parts();
        if !source.is_discovery() {
            return Err(FlowError::UnknownHandler);
        }
        let registered = self.shared.registered(&domain).ok_or(FlowError::UnknownHandler)?;
        let start = Start { data: Some(data), ..Start::new(&domain, source, None) };
        self.shared.start_config_flow(&registered, start, None).await
    }

    /// Starts a flow that changes an entry's options.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_options_flow(&self, request: Authorized<StartOptionsFlow>) -> Result<FlowAnswer, FlowError> {
        let (principal, StartOptionsFlow { entry_id }) = request.into_parts();
        let entry = self.shared.entry(&entry_id).ok_or(FlowError::UnknownEntry)?;
        let registered = self.shared.registered(&entry.domain).ok_or(FlowError::UnknownHandler)?;
        let flow = registered.integration.options_flow(&entry).ok_or(FlowError::UnknownHandler)?;
        let kind = FlowKind::Options { entry_id };
        let by = principal.user_id().cloned();
        let start = Start { kind, entry: Some(&entry), step: "init", ..Start::new(&entry.domain, Source::User, by) };
        self.shared.start(start, Machine::Options(flow), None).await
    }

    /// Starts a flow about a part of an entry.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn start_subentry_flow(&self, request: Authorized<StartSubentryFlow>) -> Result<FlowAnswer, FlowError> {
        let (principal, StartSubentryFlow { entry_id, subentry_type, subentry_id }) = request.into_parts();
        let entry = self.shared.entry(&entry_id).ok_or(FlowError::UnknownEntry)?;
        let registered = self.shared.registered(&entry.domain).ok_or(FlowError::UnknownHandler)?;
        let known = registered.integration.manifest().subentries.iter().find(|(kind, _)| *kind == subentry_type);
        let (_, reconfigurable) = known.ok_or(FlowError::UnknownHandler)?;
        let part = match &subentry_id {
            None => None,
            Some(id) => {
                let part = entry.subentries.iter().find(|part| part.subentry_id == *id);
                Some(part.filter(|part| part.subentry_type == subentry_type).ok_or(FlowError::UnknownEntry)?)
            }
        };
        if part.is_some() && !reconfigurable {
            return Err(FlowError::NoReconfigure(entry.domain.clone()));
        }
        let flow = registered.integration.subentry_flow(&entry, &subentry_type, part);
        let machine = Machine::Subentry(flow.ok_or(FlowError::UnknownHandler)?);
        let source = if part.is_some() { Source::Reconfigure } else { Source::User };
        let kind = FlowKind::Subentry { entry_id, subentry_type, subentry_id };
        let by = principal.user_id().cloned();
        let start = Start { kind, entry: Some(&entry), ..Start::new(&entry.domain, source, by) };
        self.shared.start(start, machine, None).await
    }

    /// Goes on with a flow, or looks at it again.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn continue_flow(&self, request: Authorized<ContinueFlow>) -> Result<FlowAnswer, FlowError> {
        let ContinueFlow { family, flow_id, .. } = request.request();
        let runner = self.shared.runner(*family, flow_id, request.principal().user_id())?;
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let mut runner = runner.lock().await;
            let (principal, ContinueFlow { flow_id, input, frontend_base, .. }) = shared.renew(request)?.into_parts();
            shared.edit_flow(&flow_id, |flow| flow.answered_by = principal.user_id().cloned());
            // What a page elsewhere comes back with arrives by its signed state alone.
            let input = input.filter(|_| !matches!(runner.shown, Some(Shown::External { .. })));
            if frontend_base.is_some() {
                runner.context.frontend_base = frontend_base;
            }
            shared.go_on(&mut runner, &flow_id, input).await
        })
        .await
    }

    /// Goes on with a flow that waits for a page elsewhere, with what that page came back with. Only who holds a
    /// [`Returned`](crate::oauth2::Returned), which is made of a signed state alone, can.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`], also for a flow that waits for something else.
    pub async fn resume(&self, returned: crate::oauth2::Returned) -> Result<(), FlowError> {
        let (flow_id, input) = returned.into_parts();
        let runner = self.shared.lock().runners.get(&flow_id).cloned().ok_or(FlowError::UnknownFlow)?;
        let shared = Arc::clone(&self.shared);
        apart(async move {
            let mut runner = runner.lock().await;
            if !matches!(runner.shown, Some(Shown::External { .. })) {
                return Err(FlowError::UnknownFlow);
            }
            shared.go_on(&mut runner, &flow_id, Some(input)).await?;
            runner.context.progressed();
            Ok(())
        })
        .await
    }

    /// Ends a flow.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`].
    pub fn abort_flow(&self, request: Authorized<AbortFlow>) -> Result<(), FlowError> {
        let (principal, AbortFlow { family, flow_id }) = request.into_parts();
        self.shared.runner(family, &flow_id, principal.user_id())?;
        // What it comes to may be on its way to the disk: then it is too late.
        self.shared.end_flow_if(&flow_id, |flow| !flow.is_finishing).map(drop).ok_or(FlowError::UnknownFlow)
    }

    /// Has a discovered thing count as set up. Only a discovery can be ignored: a reauthentication is about an entry
    /// that exists, and to ignore that would replace it.
    ///
    /// # Errors
    /// [`FlowError::UnknownFlow`], [`FlowError::NotIgnorable`].
    pub async fn ignore_flow(&self, request: Authorized<IgnoreFlow>) -> Result<(), FlowError> {
        let shared = Arc::clone(&self.shared);
        apart(async move { shared.ignore_flow(request).await }).await
    }
}

impl Shared {
    async fn ignore_flow(&self, request: Authorized<IgnoreFlow>) -> Result<(), FlowError> {
        // Nobody makes an entry of it, or ignores it, at the same time.
        let _turn = self.creation.lock().await;
        let (principal, IgnoreFlow { flow_id, title }) = self.renew(request)?.into_parts();
        let flow = self.lock().flows.get(&flow_id).filter(|flow| !flow.is_finishing).cloned();
        let flow = flow.ok_or(FlowError::UnknownFlow)?;
        let unique_id = flow.unique_id.filter(|_| flow.source.is_discovery()).ok_or(FlowError::NotIgnorable)?;
        if self.lock().book.find_unique(&flow.domain, &unique_id).is_some() {
            return Err(FlowError::NotIgnorable);
        }
        let entry = ConfigEntry {
            entry_id: self.ulid(),
            domain: flow.domain,
            title,
            unique_id: Some(unique_id),
            source: Source::Ignore.as_str().to_owned(),
            ..ConfigEntry::default()
        };
        self.add(entry, principal.user_id().cloned()).await?;
        self.end_flow(&flow_id);
        Ok(())
    }
}
