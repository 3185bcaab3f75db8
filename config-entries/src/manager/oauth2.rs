//! What the manager does for OAuth2: callbacks, application credentials, tokens that were rotated.

use std::{collections::HashSet, sync::Arc};

use auth_core::Authorized;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::{FlowError, ManageError, Manager, Shared, apart};
use crate::{
    AddCredential, By, ChangeEntry, EntryState, FlowContext, Kept, ListCredentials, RemoveCredential,
    oauth2::{ApplicationCredential, CallbackError, CredentialError, FlightKey, Returned, Token},
};

impl Manager {
    /// Goes on with the flow whose authorization server sent somebody back to `/auth/external/callback` with these
    /// query parameters. Needs no login: the state says which flow, and that it was sent there. The code is exchanged
    /// when the flow is gone on with, not here.
    ///
    /// # Errors
    /// [`CallbackError`]; the flow is as it was.
    pub async fn external_callback(
        &self,
        state: &str,
        code: Option<&str>,
        error: Option<&str>,
    ) -> Result<(), CallbackError> {
        let now = self.shared.host.now();
        let claims = self.shared.oauth.states.read(now, state)?;
        let given =
            |name: &str, text: Option<&str>| text.filter(|t| !t.is_empty()).map(|t| (name.to_owned(), json!(t)));
        let input = given("code", code).or_else(|| given("error", error)).ok_or(CallbackError::MissingCodeOrError)?;
        if self.shared.lock().flows.get(&claims.flow_id).is_none() {
            return Err(CallbackError::UnknownFlow);
        }
        self.shared.oauth.states.consume(now, &claims)?;
        let returned = Returned::new(claims.flow_id, Map::from_iter([input]));
        self.resume(returned).await.map_err(|error| match error {
            FlowError::UnknownFlow => CallbackError::UnknownFlow,
            other => CallbackError::Flow(other),
        })
    }

    /// Puts application credentials back that were stored. For the start of the hub.
    pub fn restore_credentials(&self, credentials: Vec<ApplicationCredential>) {
        let mut book = self.shared.oauth.credentials();
        credentials.into_iter().for_each(|credential| book.insert(credential));
    }

    /// Returns the domains of integrations that sign in with application credentials, in order.
    pub fn credential_domains(&self) -> Vec<&'static str> {
        let manifests = self.manifests().into_iter();
        manifests.filter(|manifest| manifest.application_credentials).map(|manifest| manifest.domain).collect()
    }

    /// Returns the application credentials as clients see them: without their secrets.
    pub fn credentials(&self, _request: &Authorized<ListCredentials>) -> Vec<Value> {
        self.shared.oauth.credentials().iter().map(ApplicationCredential::to_wire).collect()
    }

    /// Returns the id of the application credential that an entry signs in with.
    pub fn credential_of(&self, _request: &Authorized<ListCredentials>, entry_id: &str) -> Option<String> {
        let entry = self.shared.entry(entry_id)?;
        let id = entry.data.get("auth_implementation")?.as_str()?;
        self.shared
            .oauth
            .credentials()
            .get(id)
            .filter(|known| known.domain == entry.domain)
            .map(|known| known.id.clone())
    }

    /// Adds an application credential, and returns it as clients see it.
    ///
    /// # Errors
    /// [`CredentialError`]; nothing has changed then.
    pub async fn add_credential(&self, request: Authorized<AddCredential>) -> Result<Value, CredentialError> {
        let shared = Arc::clone(&self.shared);
        apart(async move { shared.add_credential(request).await }).await
    }

    /// Removes an application credential that no entry signs in with.
    ///
    /// # Errors
    /// [`CredentialError`]; nothing has changed then.
    pub async fn remove_credential(&self, request: Authorized<RemoveCredential>) -> Result<(), CredentialError> {
        let shared = Arc::clone(&self.shared);
        apart(async move { shared.remove_credential(request).await }).await
    }
}

impl Shared {
    async fn add_credential(&self, request: Authorized<AddCredential>) -> Result<Value, CredentialError> {
        let _turn = self.writes.lock().await;
        let (principal, AddCredential { domain, client_id, client_secret, name }) = self.renew(request)?.into_parts();
        if !self.manifest(&domain).is_some_and(|manifest| manifest.application_credentials) {
            return Err(CredentialError::UnknownIntegration(domain));
        }
        let prepared = self.oauth.credentials().prepare(&domain, &client_id, &client_secret, name.as_deref());
        let credential = prepared?;
        self.host.keep_credential(&credential.id, Some(&credential), By::own(principal)).await?;
        let wire = credential.to_wire();
        self.oauth.credentials().insert(credential);
        Ok(wire)
    }

    async fn remove_credential(&self, request: Authorized<RemoveCredential>) -> Result<(), CredentialError> {
        let _turn = self.writes.lock().await;
        let (principal, RemoveCredential(id)) = self.renew(request)?.into_parts();
        let domain = self.oauth.credentials().get(&id).map(|credential| credential.domain.clone());
        let domain = domain.ok_or_else(|| CredentialError::Unknown(id.clone()))?;
        let uses = |entry: &Arc<crate::ConfigEntry>| {
            entry.data.get("auth_implementation").and_then(Value::as_str) == Some(&*id)
        };
        if self.entries_of(&domain).iter().any(uses) {
            return Err(CredentialError::InUse(domain));
        }
        self.host.keep_credential(&id, None, By::own(principal)).await?;
        self.oauth.credentials().remove(&id);
        Ok(())
    }

    pub(crate) fn has_loaded(&self, entry_id: &str) -> bool {
        self.state(entry_id) == Some(EntryState::Loaded)
    }

    /// Puts a new token in the place of the one whose refresh token was `used`, in every entry of the domain that has
    /// it, all or none: entries that signed in together have it in common. Where there is another by now, that stays.
    pub(crate) async fn replace_tokens(
        &self,
        domain: &str,
        used: &SecretString,
        fresh: &Token,
    ) -> Result<(), ManageError> {
        let principal = self.registered(domain).map(|registered| registered.principal);
        let principal = principal.ok_or_else(auth_core::Unauthorized::default)?;
        let _turn = self.writes.lock().await;
        let mut book = self.lock().book.clone();
        let (mut kept, mut changes) = (Vec::new(), Vec::new());
        for entry in self.entries_of(domain) {
            let stored = entry.data.get("token").and_then(Token::from_data);
            let stored = stored.as_ref().and_then(Token::refresh_token);
            if stored.map(ExposeSecret::expose_secret) != Some(used.expose_secret()) {
                continue;
            }
            let token = Map::from_iter([("token".to_owned(), fresh.to_data())]);
            let wish = ChangeEntry {
                domain: domain.to_owned(),
                entry_id: entry.entry_id.clone(),
                merge_data: Some(token),
                ..ChangeEntry::default()
            };
            let asked = self.host.bus().authorize(&principal, wish)?;
            if let Some(change) = book.change_entry(asked, self.host.now())? {
                kept.push(Kept::of(Some(entry), &change));
                changes.push(change);
            }
        }
        if !kept.is_empty() {
            self.host.keep(&kept, By::own(principal)).await?;
        }
        changes.iter().for_each(|change| self.show(change));
        Ok(())
    }

    /// Forgets what refreshes have left behind for tokens that no entry has any more.
    pub(crate) fn prune_flights(&self) {
        self.oauth.flights.prune(|| {
            let inner = self.lock();
            let key = |entry: &crate::ConfigEntry| {
                let token = entry.data.get("token").and_then(Token::from_data)?;
                Some(FlightKey::new(&entry.domain, token.refresh_token()?))
            };
            inner.book.iter().filter_map(|(entry, _)| key(entry)).collect::<HashSet<_>>()
        });
    }
}

impl FlowContext {
    /// Returns the application credentials of the integration, in the order in which they were added.
    pub(crate) fn application_credentials(&self) -> Vec<ApplicationCredential> {
        let shared = self.shared.upgrade();
        shared.map(|shared| shared.oauth.credentials().of_domain(&self.domain)).unwrap_or_default()
    }

    /// Signs a state with which a page elsewhere can send somebody back to this flow, once.
    pub(crate) fn sign_state(&self, redirect_uri: &str) -> Option<String> {
        let shared = self.shared.upgrade()?;
        let random = || shared.host.random();
        Some(shared.oauth.states.issue(shared.host.now(), random, &self.flow_id, redirect_uri))
    }
}
