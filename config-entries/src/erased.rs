//! Integrations of any type, as the manager holds them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    ConfigEntry, Entry, EntryUpdate, Flow, Integration, Manifest, MigrateError, Migrated, NewEntry, NewOptions, Reason,
    Refusal, Running, SetupError, Subentry, SubentryDone, handle::Handle,
};

/// [`Integration`] without its associated type.
#[async_trait]
pub(crate) trait AnyIntegration: Send + Sync {
    fn manifest(&self) -> &Manifest;
    async fn setup(&self, entry: Arc<Handle>) -> Result<Box<dyn Running>, Failure>;
    async fn migrate(&self, entry: &ConfigEntry) -> Result<Migrated, MigrateError>;
    async fn removed(&self, entry: &ConfigEntry);
    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>>;
    fn options_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>>;
    fn reconfigure_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>>;
    fn subentry_flow(
        &self,
        entry: &ConfigEntry,
        subentry_type: &str,
        subentry: Option<&Subentry>,
    ) -> Option<Box<dyn Flow<SubentryDone>>>;
    fn reauth_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>>;
    fn account(&self, entry: &ConfigEntry) -> Option<String>;
}

/// [`SetupError`] without its type parameter.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    AuthFailed(Reason),
    NotReady(Reason, Option<Duration>),
    Fatal(Reason),
}

#[async_trait]
impl<I: Integration> AnyIntegration for I {
    fn manifest(&self) -> &Manifest {
        Integration::manifest(self)
    }

    async fn setup(&self, entry: Arc<Handle>) -> Result<Box<dyn Running>, Failure> {
        Integration::setup(self, &Entry::new(entry)).await.map_err(|error| match error {
            SetupError::AuthFailed(refusal) => Failure::AuthFailed(Refusal::<I>::into_reason(refusal)),
            SetupError::NotReady { reason, retry_after } => Failure::NotReady(reason, retry_after),
            SetupError::Fatal(reason) => Failure::Fatal(reason),
        })
    }

    async fn migrate(&self, entry: &ConfigEntry) -> Result<Migrated, MigrateError> {
        Integration::migrate(self, entry).await
    }

    async fn removed(&self, entry: &ConfigEntry) {
        Integration::removed(self, entry).await;
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Integration::config_flow(self)
    }

    fn options_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>> {
        Integration::options_flow(self, entry)
    }

    fn reconfigure_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Integration::reconfigure_flow(self, entry)
    }

    fn subentry_flow(
        &self,
        entry: &ConfigEntry,
        subentry_type: &str,
        subentry: Option<&Subentry>,
    ) -> Option<Box<dyn Flow<SubentryDone>>> {
        Integration::subentry_flow(self, entry, subentry_type, subentry)
    }

    fn reauth_flow(&self, entry: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        I::Refusal::reauth_flow(self, entry)
    }

    fn account(&self, entry: &ConfigEntry) -> Option<String> {
        I::Refusal::account(self, entry)
    }
}
