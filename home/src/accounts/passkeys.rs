//! Passkeys: a second factor that no page of somebody else's can ask for. Whoever has one has an authenticator app or
//! recovery codes as well, for pages that know no passkeys.
//!
//! The ceremonies themselves are a [`PasskeyVerifier`]'s; here is what is kept, for whom, and for how long.

use std::{any::Any, collections::HashMap, sync::Arc};

use auth_core::{Authorized, Timestamp, TokenId, UserId};
use serde_json::{Value, json};
use service_bus::now;
use store::{Change, PasskeyRecord, RecordKind, StoreError};

use crate::{
    AccountError, AddPasskey, ChallengePasskey, Home, ListPasskeys, RegisterPasskey, RemovePasskey, turn::Turn,
};

/// What must be kept between the two halves of a ceremony. Never leaves the memory.
pub type Pending = Box<dyn Any + Send>;

/// Checks passkeys.
pub trait PasskeyVerifier: Send + Sync + std::fmt::Debug {
    /// Returns what a browser needs to make a passkey, and what must be kept until it has. `existing` are the user's.
    ///
    /// # Errors
    /// [`PasskeyRefused`].
    fn begin_adding(&self, user: PasskeyUser<'_>, existing: &[Value]) -> Result<(Value, Pending), PasskeyRefused>;

    /// Returns the id of a passkey that was made, in base64url, and what must be kept of it.
    ///
    /// # Errors
    /// [`PasskeyRefused`], for anything that is not an answer to exactly what was asked.
    fn end_adding(&self, pending: &Pending, credential: &Value) -> Result<(String, Value), PasskeyRefused>;

    /// Returns what a browser needs to show one of these passkeys, and what must be kept until it has.
    ///
    /// # Errors
    /// [`PasskeyRefused`].
    fn begin_showing(&self, keys: &[Value]) -> Result<(Value, Pending), PasskeyRefused>;

    /// Returns which of `keys` was shown, and what must be kept of it from now on.
    ///
    /// # Errors
    /// [`PasskeyRefused`], for anything that is not an answer to exactly what was asked.
    fn end_showing(
        &self,
        pending: &Pending,
        credential: &Value,
        keys: &[Value],
    ) -> Result<ShownPasskey, PasskeyRefused>;
}

/// Who makes a passkey, as their authenticator will show them.
#[derive(Clone, Copy, Debug)]
pub struct PasskeyUser<'a> {
    /// The user's id.
    pub id: &'a str,
    /// What they log in as.
    pub username: &'a str,
    /// For display.
    pub name: &'a str,
}

/// A passkey that was shown.
#[derive(Clone, Debug)]
pub struct ShownPasskey {
    /// Its place in the list.
    pub at: usize,
    /// What must be kept of it from now on.
    pub key: Value,
}

/// Why a passkey was not accepted; for its user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PasskeyRefused(pub String);

/// A passkey as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyInfo {
    /// The credential's id.
    pub id: String,
    /// What its user calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last shown.
    pub last_used_at: Option<Timestamp>,
}

/// What a browser needs to show a passkey: goes to `navigator.credentials.get` as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct PasskeyChallenge(pub Value);

/// As many passkeys a user has at most.
pub const MAX_PASSKEYS: usize = 10;

/// How long a ceremony may take, in seconds.
const CEREMONY_SECS: i64 = 300;

/// As many are under way at once; beyond, the oldest goes.
const MAX_PENDING: usize = 1_000;

/// What a passkey is asked for. What one was asked for does for nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ceremony {
    /// The second step of this login flow.
    LogIn(String),
    /// Step-up, for this token.
    StepUp(TokenId),
    /// This user adds one.
    Add(UserId),
}

/// The passkeys of a home, and the ceremonies that are under way.
#[derive(Default)]
pub(crate) struct PasskeyBook {
    by_user: HashMap<UserId, Vec<PasskeyRecord>>,
    pending: HashMap<Ceremony, (Timestamp, Pending)>,
}

impl PasskeyBook {
    pub(crate) fn new(records: Vec<PasskeyRecord>) -> Self {
        let mut book = Self::default();
        for record in records {
            book.by_user.entry(record.user_id.clone()).or_default().push(record);
        }
        book
    }

    fn of(&self, user_id: &UserId) -> Vec<PasskeyRecord> {
        self.by_user.get(user_id).cloned().unwrap_or_default()
    }

    /// Returns the deletion of everything that a user has.
    pub(crate) fn deletions(&self, user_id: &UserId) -> Vec<Change> {
        let records = self.by_user.get(user_id).into_iter().flatten();
        records.map(|record| Change::Delete(RecordKind::Passkey, record.id.clone())).collect()
    }

    pub(crate) fn remove(&mut self, user_id: &UserId) {
        self.by_user.remove(user_id);
    }

    fn put(&mut self, record: PasskeyRecord) {
        let records = self.by_user.entry(record.user_id.clone()).or_default();
        match records.iter_mut().find(|known| known.id == record.id) {
            Some(known) => *known = record,
            None => records.push(record),
        }
    }

    fn wait(&mut self, ceremony: Ceremony, pending: Pending, at: Timestamp) {
        self.pending.retain(|_, (since, _)| (0..CEREMONY_SECS).contains(&at.secs_since(*since)));
        if self.pending.len() >= MAX_PENDING {
            let oldest = self.pending.iter().min_by_key(|(_, (since, _))| *since).map(|(id, _)| id.clone());
            oldest.map(|id| self.pending.remove(&id));
        }
        self.pending.insert(ceremony, (at, pending));
    }

    /// Takes a ceremony, which is over with that, whatever comes of it.
    fn take(&mut self, ceremony: &Ceremony, at: Timestamp) -> Option<Pending> {
        let (since, pending) = self.pending.remove(ceremony)?;
        (0..CEREMONY_SECS).contains(&at.secs_since(since)).then_some(pending)
    }
}

/// Returns the keys of passkeys, as whoever checks them keeps them.
fn keys(records: &[PasskeyRecord]) -> Vec<Value> {
    records.iter().map(|record| record.key.clone()).collect()
}

impl Home {
    fn verifier(&self) -> Result<Arc<dyn PasskeyVerifier>, AccountError> {
        self.inner.passkeys.clone().ok_or(AccountError::NoPasskeys)
    }

    /// Returns the caller's passkeys, and whether the hub takes any.
    ///
    /// # Errors
    /// [`AccountError::NoUser`].
    pub fn passkeys(&self, request: &Authorized<ListPasskeys>) -> Result<(Vec<PasskeyInfo>, bool), AccountError> {
        let user_id = request.principal().user_id().ok_or(AccountError::NoUser)?;
        let info = |PasskeyRecord { id, name, created_at, last_used_at, .. }: PasskeyRecord| PasskeyInfo {
            id,
            name,
            created_at,
            last_used_at,
        };
        let records = self.books().passkeys.of(user_id);
        Ok((records.into_iter().map(info).collect(), self.inner.passkeys.is_some()))
    }

    /// Begins to add a passkey of the caller's. Returns what goes to `navigator.credentials.create`.
    ///
    /// # Errors
    /// [`AccountError::NoPasskeys`], [`AccountError::NoUser`], [`AccountError::NeedsLogin`], [`AccountError::NoFactor`] for
    /// whoever has no authenticator app, [`AccountError::TooManyPasskeys`], [`AccountError::Unauthorized`].
    pub fn register_passkey(&self, request: &Authorized<RegisterPasskey>) -> Result<Value, AccountError> {
        let (verifier, user_id) = (self.verifier()?, self.logged_in(request.principal())?);
        self.prove(request)?;
        let info = self.who_is(user_id).ok_or(AccountError::UnknownUser)?;
        if !self.has_second_factor(user_id) {
            return Err(AccountError::NoFactor);
        }
        let records = self.books().passkeys.of(user_id);
        if records.len() >= MAX_PASSKEYS {
            return Err(AccountError::TooManyPasskeys(MAX_PASSKEYS));
        }
        let (username, name) = (info.username.unwrap_or_default(), info.user.name.unwrap_or_default());
        let user = PasskeyUser { id: user_id.as_str(), username: &username, name: &name };
        let (options, pending) = verifier.begin_adding(user, &keys(&records)).map_err(refused)?;
        self.books().passkeys.wait(Ceremony::Add(user_id.clone()), pending, now());
        Ok(options)
    }

    /// Adds a passkey of the caller's. On disk when this returns.
    ///
    /// # Errors
    /// As [`Home::register_passkey`]; [`AccountError::UnknownSetUp`], [`AccountError::WrongPasskey`],
    /// [`AccountError::Store`].
    pub async fn add_passkey(&self, request: Authorized<AddPasskey>) -> Result<PasskeyInfo, AccountError> {
        let (verifier, user_id) = (self.verifier()?, self.logged_in(request.principal())?.clone());
        let (mut turn, _, AddPasskey { name, credential }) = self.begin(request).await?;
        let (at, name) = (now(), name.trim().to_owned());
        if name.is_empty() || name.len() > 100 {
            return Err(AccountError::WrongPasskey("its name has 1 to 100 characters".to_owned()));
        }
        let pending =
            self.books().passkeys.take(&Ceremony::Add(user_id.clone()), at).ok_or(AccountError::UnknownSetUp)?;
        let (id, key) = verifier.end_adding(&pending, &credential).map_err(refused)?;
        {
            let books = self.books();
            if books.passkeys.by_user.values().flatten().any(|known| known.id == id) {
                return Err(AccountError::WrongPasskey("somebody has it already".to_owned()));
            }
            if !books.factors.has(&user_id) {
                return Err(AccountError::NoFactor);
            }
            if books.passkeys.of(&user_id).len() >= MAX_PASSKEYS {
                return Err(AccountError::TooManyPasskeys(MAX_PASSKEYS));
            }
        }
        let record =
            PasskeyRecord { id: id.clone(), user_id: user_id.clone(), name, created_at: at, last_used_at: None, key };
        turn.on(user_id.as_str());
        turn.with(json!({"passkey": id, "name": record.name}));
        self.put_passkey(&mut turn, record.clone()).await?;
        Ok(PasskeyInfo { id, name: record.name, created_at: at, last_used_at: None })
    }

    /// Removes a passkey of the caller's. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::NoUser`], [`AccountError::NeedsLogin`], [`AccountError::UnknownPasskey`], [`AccountError::Store`].
    pub async fn remove_passkey(&self, request: Authorized<RemovePasskey>) -> Result<(), AccountError> {
        let user_id = self.logged_in(request.principal())?.clone();
        let (mut turn, _, RemovePasskey { passkey_id }) = self.begin(request).await?;
        let is_theirs = self.books().passkeys.of(&user_id).iter().any(|record| record.id == passkey_id);
        if !is_theirs {
            return Err(AccountError::UnknownPasskey);
        }
        turn.on(user_id.as_str());
        turn.with(json!({"passkey": passkey_id}));
        self.commit(&mut turn, vec![Change::Delete(RecordKind::Passkey, passkey_id.clone())]).await?;
        if let Some(records) = self.books().passkeys.by_user.get_mut(&user_id) {
            records.retain(|record| record.id != passkey_id);
        }
        Ok(())
    }

    /// Returns what a browser needs to show a passkey of the caller's, for what needs it shown lately.
    ///
    /// # Errors
    /// [`AccountError::NoPasskeys`], [`AccountError::NoUser`], [`AccountError::UnknownPasskey`] for whoever has none.
    pub fn challenge_passkey(&self, request: &Authorized<ChallengePasskey>) -> Result<PasskeyChallenge, AccountError> {
        self.verifier()?;
        let user_id = request.principal().user_id().ok_or(AccountError::NoUser)?;
        let token_id = request.principal().token_id().ok_or(AccountError::NoUser)?;
        self.challenge(Ceremony::StepUp(token_id.clone()), user_id).ok_or(AccountError::UnknownPasskey)
    }

    /// Begins to have a user's passkey shown, if there is one and the hub takes it.
    pub(crate) fn challenge(&self, ceremony: Ceremony, user_id: &UserId) -> Option<PasskeyChallenge> {
        let verifier = self.inner.passkeys.clone()?;
        let records = self.books().passkeys.of(user_id);
        if records.is_empty() {
            return None;
        }
        match verifier.begin_showing(&keys(&records)) {
            Ok((options, pending)) => {
                self.books().passkeys.wait(ceremony, pending, now());
                Some(PasskeyChallenge(options))
            }
            Err(error) => {
                tracing::error!(user = %user_id, %error, "a user's passkeys cannot be asked for");
                None
            }
        }
    }

    /// Takes a passkey that was shown, and keeps that it was. Whether it was right.
    pub(crate) async fn use_passkey(
        &self,
        turn: &mut Turn<'_>,
        (ceremony, user_id): (&Ceremony, &UserId),
        credential: &Value,
    ) -> Result<bool, StoreError> {
        let Some(verifier) = self.inner.passkeys.clone() else { return Ok(false) };
        let (pending, records) = {
            let mut books = self.books();
            (books.passkeys.take(ceremony, now()), books.passkeys.of(user_id))
        };
        let Some(pending) = pending else { return Ok(false) };
        let shown = match verifier.end_showing(&pending, credential, &keys(&records)) {
            Ok(shown) => shown,
            Err(error) => {
                tracing::info!(user = %user_id, %error, "a passkey was not accepted");
                return Ok(false);
            }
        };
        let Some(record) = records.into_iter().nth(shown.at) else { return Ok(false) };
        let record = PasskeyRecord { last_used_at: Some(now()), key: shown.key, ..record };
        self.put_passkey(turn, record).await?;
        Ok(true)
    }

    async fn put_passkey(&self, turn: &mut Turn<'_>, record: PasskeyRecord) -> Result<(), StoreError> {
        self.commit(turn, vec![Change::Put(Box::new(store::Record::Passkey(record.clone())))]).await?;
        self.books().passkeys.put(record);
        Ok(())
    }
}

fn refused(error: PasskeyRefused) -> AccountError {
    AccountError::WrongPasskey(error.0)
}

impl std::fmt::Debug for PasskeyBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "passkeys of {} users", self.by_user.len())
    }
}
