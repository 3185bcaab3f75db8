//! Users: listed, made, changed, deleted.

use std::collections::BTreeMap;

use auth_core::{Authorized, Condition, Context, Group, GroupId, User, UserId};
use auth_login::{credential::Login, refresh_token::RefreshToken, single_sign_on::Identity};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::{new_context_id, now};
use store::{Change, LoginRecord, Record, RecordKind};

use crate::{
    AccountError, CreateUser, DeleteUser, Home, ListUsers, UpdateUser,
    accounts::not_too_long,
    accounts::{passwords::account_error, sign_in::new_id, tokens::token_deletions},
    turn::Turn,
};

/// A user as administrators see them.
#[derive(Clone, Debug)]
pub struct UserInfo {
    /// The user.
    pub user: User,
    /// What they log in as.
    pub username: Option<String>,
    /// How they log in, one for each credential.
    pub providers: Vec<String>,
    /// The password alone is not enough.
    pub has_second_factor: bool,
}

/// A change to a user. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserPatch {
    /// For display.
    pub name: Option<String>,
    /// Inactive users may do nothing, and all their tokens are deleted.
    pub is_active: Option<bool>,
    /// The groups.
    pub group_ids: Option<Vec<String>>,
    /// May only log in from a local network.
    pub local_only: Option<bool>,
    /// When memberships count that do not always, by group; in place of all there are.
    #[serde(skip)]
    pub conditions: Option<BTreeMap<GroupId, Condition>>,
}

/// How a new user can sign in.
pub(crate) enum WayIn {
    /// By user name and password.
    Password(Login),
    /// By an account elsewhere.
    Account(Identity),
}

impl WayIn {
    fn record(&self) -> Record {
        match self {
            Self::Password(login) => Record::Login(LoginRecord::of(login)),
            Self::Account(identity) => Record::Identity(identity.clone()),
        }
    }
}

impl Home {
    /// Returns every user, system users included, by id.
    pub fn users(&self, _request: &Authorized<ListUsers>) -> Vec<UserInfo> {
        let world = self.inner.bus.world();
        let mut users: Vec<_> = world.auth.users().map(|user| self.user_info(user)).collect();
        users.sort_by(|a, b| a.user.id.cmp(&b.user.id));
        users
    }

    pub(crate) fn user_info(&self, user: &User) -> UserInfo {
        let books = self.books();
        let credentials: Vec<_> = books.logins.credentials_of(&user.id).collect();
        let elsewhere = books.identities.of_user(&user.id).map(|_| Identity::PROVIDER.to_owned());
        UserInfo {
            user: user.clone(),
            username: credentials.first().map(|credential| credential.username.as_str().to_owned()),
            has_second_factor: books.factors.has(&user.id),
            providers: credentials.iter().map(|credential| credential.provider.clone()).chain(elsewhere).collect(),
        }
    }

    /// Tells whether a user owns the home.
    pub fn is_owner(&self, user_id: &str) -> bool {
        self.inner.bus.world().auth.user(user_id).is_some_and(|user| user.is_owner)
    }

    /// Returns the caller as a user with their credentials' providers, for the caller's own eyes.
    pub fn who_is(&self, user_id: &UserId) -> Option<UserInfo> {
        let world = self.inner.bus.world();
        world.auth.user(user_id.as_str()).map(|user| self.user_info(user))
    }

    /// Makes a user without a way to log in yet. The first one is the owner.
    ///
    /// # Errors
    /// [`AccountError::UnknownGroup`], [`AccountError::Store`].
    pub async fn create_user(&self, request: Authorized<CreateUser>) -> Result<UserInfo, AccountError> {
        let (mut turn, principal, CreateUser { name, group_ids, local_only }) = self.begin(request).await?;
        let group_ids = self.known_groups(group_ids)?;
        let user = User { group_ids, local_only, ..User::new(new_id(), &name) };
        self.put_user(&mut turn, user.clone(), None, "user_added", principal.user_id().cloned()).await?;
        Ok(self.user_info(&user))
    }

    /// Changes a user. Deactivating one deletes all their tokens and closes what came from them.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::SystemGenerated`], [`AccountError::DeactivateOwner`],
    /// [`AccountError::Unauthorized`] for keeping the owner to this network, [`AccountError::UnknownGroup`], [`AccountError::Store`].
    pub async fn update_user(&self, request: Authorized<UpdateUser>) -> Result<UserInfo, AccountError> {
        let (mut turn, principal, UpdateUser { user_id, patch }) = self.begin(request).await?;
        let mut user = self.changeable_user(&user_id)?;
        if user.is_owner && patch.is_active == Some(false) {
            return Err(AccountError::DeactivateOwner);
        }
        // Shut out from elsewhere, at once: as with bans, tokens and second factors, nobody does that to the owner.
        let is_shut_out = user.is_owner && !user.local_only && patch.local_only == Some(true);
        if is_shut_out && !turn.world.current().auth.rights(&principal).is_owner() {
            return Err(AccountError::Unauthorized(auth_core::Unauthorized::default()));
        }
        if let Some(group_ids) = patch.group_ids {
            user.group_ids = self.known_groups(group_ids)?;
        }
        user.conditions = patch.conditions.unwrap_or(user.conditions);
        user.name = patch.name.or(user.name);
        user.local_only = patch.local_only.unwrap_or(user.local_only);
        user.is_active = patch.is_active.unwrap_or(user.is_active);
        self.put_user(&mut turn, user.clone(), None, "user_updated", principal.user_id().cloned()).await?;
        Ok(self.user_info(&user))
    }

    /// Deletes a user, their credentials and tokens, and closes what came from those.
    ///
    /// # Errors
    /// [`AccountError::DeleteSelf`], [`AccountError::UnknownUser`], [`AccountError::SystemGenerated`],
    /// [`AccountError::DeleteOwner`], [`AccountError::Store`].
    pub async fn delete_user(&self, request: Authorized<DeleteUser>) -> Result<(), AccountError> {
        let (mut turn, principal, DeleteUser { user_id }) = self.begin(request).await?;
        if principal.user_id().is_some_and(|own| own.as_str() == user_id) {
            return Err(AccountError::DeleteSelf);
        }
        let user = self.changeable_user(&user_id)?;
        if user.is_owner {
            return Err(AccountError::DeleteOwner);
        }
        let mut stored = vec![Change::Delete(RecordKind::User, user_id.clone())];
        let usernames: Vec<_> = {
            let books = self.books();
            stored.extend(token_deletions(books.tokens.of_user(&user.id).into_iter().map(RefreshToken::id)));
            let credentials = books.logins.credentials_of(&user.id);
            credentials.map(|credential| (credential.id.to_string(), credential.username.clone())).collect()
        };
        let links = self.books().identities_of(&user.id);
        stored.extend(links.iter().map(|id| Change::Delete(RecordKind::Identity, id.to_string())));
        stored.extend(usernames.iter().map(|(id, _)| Change::Delete(RecordKind::Login, id.clone())));
        if self.has_second_factor(&user.id) {
            stored.push(Change::Delete(RecordKind::Factor, user_id.clone()));
            stored.extend(self.books().passkeys.deletions(&user.id));
        }
        if self.books().display.has_user(&user.id) {
            stored.push(Change::Delete(RecordKind::UserData, user_id.clone()));
        }
        turn.on(user_id.as_str());
        turn.with(json!({"name": user.name}));
        self.commit(&mut turn, stored).await?;
        let tokens = {
            let mut books = self.books();
            books.display.remove_user(&user.id);
            books.factors.remove(&user.id);
            books.passkeys.remove(&user.id);
            usernames.iter().for_each(|(_, username)| _ = books.logins.remove(username));
            links.iter().for_each(|id| _ = books.identities.remove(id));
            books.tokens.remove_user(&user.id)
        };
        turn.change_rights(|edit| {
            edit.remove_user(&user.id);
            tokens.iter().for_each(|id| edit.remove_token(id));
        });
        self.standing_changed();
        let by = principal.user_id().cloned();
        self.dismiss_all_of(&user.id, &Context::new(new_context_id(now()), by.clone()));
        self.announce_user("user_removed", &user.id, by);
        Ok(())
    }

    /// Keeps a user (and a first way in, in the same transaction), shows them to the world and announces it. Tokens of
    /// an inactive user go.
    pub(crate) async fn put_user(
        &self,
        turn: &mut Turn<'_>,
        mut user: User,
        way_in: Option<WayIn>,
        event_type: &'static str,
        by: Option<UserId>,
    ) -> Result<(), AccountError> {
        let current = turn.world.current();
        // One that was kept before names had a bound stays as it is.
        let name = user.name.as_ref();
        if current.auth.user(user.id.as_str()).and_then(|before| before.name.as_ref()) != name {
            not_too_long(name.map_or("", |name| name))?;
        }
        if let Some(WayIn::Password(login)) = &way_in {
            not_too_long(login.credential.username.as_str())?;
        }
        // Whoever comes first owns the home; decided under the lock, so that two cannot.
        let first = !current.auth.users().any(|other| !other.system_generated);
        user.is_owner = user.is_owner || first && !user.system_generated;
        let mut stored = vec![Change::Put(Box::new(Record::User(user.clone())))];
        stored.extend(way_in.as_ref().map(|way_in| Change::Put(Box::new(way_in.record()))));
        if !user.is_active {
            let books = self.books();
            stored.extend(token_deletions(books.tokens.of_user(&user.id).into_iter().map(RefreshToken::id)));
        }
        turn.on(user.id.as_str());
        turn.with(user_changes(current.auth.user(user.id.as_str()).map(|before| &**before), &user));
        self.commit(turn, stored).await?;
        let tokens = if user.is_active { Vec::new() } else { self.books().tokens.remove_user(&user.id) };
        match way_in {
            Some(WayIn::Password(login)) => self.books().logins.insert(login).map_err(|error| account_error(&error))?,
            Some(WayIn::Account(identity)) => self.books().insert_identity(identity)?,
            None => {}
        }
        let user_id = user.id.clone();
        turn.change_rights(|edit| {
            edit.set_user(user);
            tokens.iter().for_each(|id| edit.remove_token(id));
        });
        self.standing_changed();
        self.announce_user(event_type, &user_id, by);
        Ok(())
    }

    fn announce_user(&self, event_type: &'static str, user_id: &UserId, by: Option<UserId>) {
        let context = Context::new(new_context_id(now()), by);
        self.announce(event_type, json!({"user_id": user_id.as_str()}), context);
    }

    pub(crate) fn changeable_user(&self, user_id: &str) -> Result<User, AccountError> {
        let world = self.inner.bus.world();
        let user = world.auth.user(user_id).ok_or(AccountError::UnknownUser)?;
        if user.system_generated { Err(AccountError::SystemGenerated) } else { Ok(User::clone(user)) }
    }

    pub(crate) fn known_groups(&self, group_ids: Vec<String>) -> Result<Vec<GroupId>, AccountError> {
        let world = self.inner.bus.world();
        let known = |id: String| match world.auth.group(&id) {
            Some(group) => Ok(Group::clone(group).id),
            None => Err(AccountError::UnknownGroup(id)),
        };
        group_ids.into_iter().map(known).collect()
    }
}

/// Returns what an audit record says of a change of a user: each member that differs, as it is and as it was.
fn user_changes(before: Option<&User>, after: &User) -> Value {
    let shown = |user: &User| {
        json!({
            "name": user.name,
            "is_owner": user.is_owner,
            "is_active": user.is_active,
            "local_only": user.local_only,
            "is_service": user.is_service,
            "group_ids": user.group_ids,
            "conditions": user.conditions,
        })
    };
    let (Some(before), Value::Object(after)) = (before.map(shown), shown(after)) else { return shown(after) };
    let differ = |(name, now): (String, Value)| {
        let was = before.get(&name).cloned().unwrap_or_default();
        (was != now).then(|| (name, json!({"from": was, "to": now})))
    };
    Value::Object(after.into_iter().filter_map(differ).collect::<Map<_, _>>())
}
