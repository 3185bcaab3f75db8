//! User names and passwords: given, changed, taken away.

use std::net::{IpAddr, Ipv6Addr};

use auth_core::{Authorized, Principal, User, UserId};
use auth_login::{
    credential::{Credential, Login, LoginBookError, Username},
    password::{StoredPassword, Verdict},
    refresh_token::RefreshToken,
};
use serde_json::json;
use service_bus::now;
use store::{Change, LoginRecord, RecordKind};

use crate::{
    AccountError, AdminChangePassword, AdminChangeUsername, ChangePassword, CreateLogin, CreateOwnerLogin, DeleteLogin,
    Home, Secret,
    accounts::{sign_in::new_id, tokens::token_deletions},
    entropy::OsEntropy,
    turn::Turn,
};

/// Returns the address that a password counts as coming from which is asked of somebody who is logged in: one of each
/// user's own (a /64, as the throttle counts), so that nobody waits for others' mistakes.
pub(crate) fn session_address(user_id: &UserId) -> IpAddr {
    let own = user_id.as_str().get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(own) << 64))
}

impl Home {
    /// Gives a user who cannot sign in yet, or the caller, a user name and a password.
    ///
    /// # Errors
    /// [`AccountError`]: unknown or system user, credentials exist, user name taken or not normalised;
    /// [`AccountError::Unauthorized`] for the owner and whoever can sign in already, which [`CreateOwnerLogin`] is for.
    pub async fn create_login(&self, request: Authorized<CreateLogin>) -> Result<(), AccountError> {
        let password = self.hash(request.request().password.clone()).await?;
        let (mut turn, principal, wish) = self.begin(request).await?;
        self.changeable_user(&wish.user_id)?;
        self.may_change_own(&principal, &wish.user_id)?;
        if self.only_owner_gives_password(&principal, &wish.user_id) {
            return Err(AccountError::Unauthorized(auth_core::Unauthorized::default()));
        }
        self.put_login(&mut turn, &wish, password).await
    }

    /// Gives anybody a user name and a password.
    ///
    /// # Errors
    /// As [`Home::create_login`].
    pub async fn create_owner_login(&self, request: Authorized<CreateOwnerLogin>) -> Result<(), AccountError> {
        let password = self.hash(request.request().login.password.clone()).await?;
        let (mut turn, principal, CreateOwnerLogin { login }) = self.begin(request).await?;
        self.may_change_own(&principal, &login.user_id)?;
        self.put_login(&mut turn, &login, password).await
    }

    /// Tells whether only the owner may give a user a password: as [`Home::only_owner_links`], but that a user who has one
    /// already gets no second one from anybody, whoever asks.
    pub fn only_owner_gives_password(&self, principal: &Principal, user_id: &str) -> bool {
        let has_one = self.books().logins.credentials_of(&user_id.into()).next().is_some();
        self.only_owner_links(principal, user_id) && (!has_one || self.is_owner(user_id))
    }

    async fn put_login(
        &self,
        turn: &mut Turn<'_>,
        wish: &CreateLogin,
        password: StoredPassword,
    ) -> Result<(), AccountError> {
        let user = self.changeable_user(&wish.user_id)?;
        if user.is_service {
            return Err(AccountError::ServiceAccount("people: a program's account has no password"));
        }
        let username = normalised(&wish.username)?;
        if self.books().logins.credentials_of(&user.id).next().is_some() {
            return Err(AccountError::CredentialsExist);
        }
        let login = self.new_login(&user.id, username, password)?;
        turn.on(user.id.as_str());
        turn.with(json!({"username": login.credential.username.as_str()}));
        self.commit(turn, vec![Change::Put(Box::new(store::Record::Login(LoginRecord::of(&login))))]).await?;
        self.books().logins.insert(login).map_err(|error| account_error(&error))
    }

    /// Returns a login under a user name that nobody has. The changes' lock must be held.
    pub(crate) fn new_login(
        &self,
        user_id: &UserId,
        username: Username,
        password: StoredPassword,
    ) -> Result<Login, AccountError> {
        if self.books().logins.find(&username).is_some() {
            return Err(AccountError::UsernameTaken(username.to_string()));
        }
        let credential = Credential::with_password(new_id().into(), user_id.clone(), username);
        Ok(Login { credential, password })
    }

    /// Takes a user name and its password away; sessions that began with it end.
    ///
    /// # Errors
    /// [`AccountError::UnknownUsername`], [`AccountError::OwnerCredentials`], [`AccountError::Store`].
    pub async fn delete_login(&self, request: Authorized<DeleteLogin>) -> Result<(), AccountError> {
        let (mut turn, _, DeleteLogin { username }) = self.begin(request).await?;
        let username = Username::normalise(&username);
        let credential = self.books().logins.find(&username).map(|login| login.credential.clone());
        let credential = credential.ok_or(AccountError::UnknownUsername)?;
        if self.changeable_user(credential.user_id.as_str())?.is_owner {
            return Err(AccountError::OwnerCredentials);
        }
        let mut changes = vec![Change::Delete(RecordKind::Login, credential.id.to_string())];
        {
            let books = self.books();
            let began = books.tokens.iter().filter(|token| token.credential_id() == Some(&credential.id));
            changes.extend(token_deletions(began.map(RefreshToken::id)));
        }
        turn.on(credential.user_id.as_str());
        turn.with(json!({"username": username.as_str()}));
        self.commit(&mut turn, changes).await?;
        {
            let mut books = self.books();
            books.logins.remove(&username);
            books.tokens.remove_credential(&credential.id);
        }
        self.standing_changed();
        Ok(())
    }

    /// Changes the caller's own password. Existing sessions go on, as in Home Assistant.
    ///
    /// # Errors
    /// [`AccountError::CredentialsNotFound`], [`AccountError::WrongPassword`], [`AccountError::Throttled`] after some of
    /// those, [`AccountError::Store`].
    pub async fn change_password(&self, request: Authorized<ChangePassword>) -> Result<(), AccountError> {
        let ChangePassword { current, new } = request.request().clone();
        let user_id = request.principal().user_id().cloned().ok_or(AccountError::NoUser)?;
        let login = self.login_of(user_id.as_str())?;
        let Credential { id: credential_id, username, .. } = login.credential.clone();
        // Somebody with a stolen session may not guess faster here than at the door.
        let address = session_address(&user_id);
        self.books()
            .throttle
            .check(Some(&username), address, now())
            .map_err(|wait| AccountError::Throttled(wait.secs))?;
        let verdict = self.blocking(move || login.password.verify(current.expose())).await?;
        if verdict == Verdict::Wrong {
            self.books().throttle.failed(Some(&username), address, now());
            self.record_failed::<ChangePassword>(request.principal(), "the present password was wrong");
            return Err(AccountError::WrongPassword);
        }
        self.books().throttle.succeeded(Some(&username), address, now());
        let password = self.hash(new).await?;
        let (mut turn, _, _) = self.begin(request).await?;
        if self.login_of(user_id.as_str())?.credential.id != credential_id {
            return Err(AccountError::CredentialsNotFound);
        }
        self.set_password(&mut turn, user_id.as_str(), password).await
    }

    /// Changes anybody's password.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::CredentialsNotFound`], [`AccountError::Store`].
    pub async fn admin_change_password(&self, request: Authorized<AdminChangePassword>) -> Result<(), AccountError> {
        let password = self.hash(request.request().password.clone()).await?;
        let (mut turn, _, AdminChangePassword { user_id, .. }) = self.begin(request).await?;
        self.existing(&user_id)?;
        self.set_password(&mut turn, &user_id, password).await
    }

    /// Changes anybody's user name.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::CredentialsNotFound`], [`AccountError::UsernameTaken`],
    /// [`AccountError::UsernameNotNormalized`], [`AccountError::Store`].
    pub async fn admin_change_username(&self, request: Authorized<AdminChangeUsername>) -> Result<(), AccountError> {
        let (mut turn, _, AdminChangeUsername { user_id, username }) = self.begin(request).await?;
        self.existing(&user_id)?;
        let to = normalised(&username)?;
        let Login { credential, password } = self.login_of(&user_id)?;
        // The user's own present name too, as in Home Assistant: nothing would change.
        if self.books().logins.find(&to).is_some() {
            return Err(AccountError::UsernameTaken(username));
        }
        let from = credential.username.clone();
        let login = Login { credential: Credential { username: to.clone(), ..credential }, password };
        turn.on(user_id.as_str());
        turn.with(json!({"from": from.as_str(), "to": to.as_str()}));
        self.commit(&mut turn, vec![Change::Put(Box::new(store::Record::Login(LoginRecord::of(&login))))]).await?;
        self.books().logins.rename(&from, &to).map_err(|error| account_error(&error))?;
        Ok(())
    }

    /// Keeps another password. The turn to change something must be held.
    async fn set_password(
        &self,
        turn: &mut Turn<'_>,
        user_id: &str,
        password: StoredPassword,
    ) -> Result<(), AccountError> {
        let login = Login { password: password.clone(), ..self.login_of(user_id)? };
        turn.on(user_id);
        self.commit(turn, vec![Change::Put(Box::new(store::Record::Login(LoginRecord::of(&login))))]).await?;
        let set = self.books().logins.set_password(&login.credential.username, password);
        set.map_err(|error| account_error(&error))
    }

    fn login_of(&self, user_id: &str) -> Result<Login, AccountError> {
        let books = self.books();
        let credential =
            books.logins.credentials_of(&user_id.into()).next().ok_or(AccountError::CredentialsNotFound)?;
        books.logins.find(&credential.username).cloned().ok_or(AccountError::CredentialsNotFound)
    }

    fn existing(&self, user_id: &str) -> Result<User, AccountError> {
        let world = self.inner.bus.world();
        world.auth.user(user_id).map(|user| User::clone(user)).ok_or(AccountError::UnknownUser)
    }

    pub(crate) async fn hash(&self, password: Secret) -> Result<StoredPassword, AccountError> {
        let hashed = self.blocking(move || StoredPassword::hash_new(password.expose(), &mut OsEntropy)).await?;
        hashed.map_err(|_| AccountError::Hash)
    }

    /// Runs heavy work on a thread of its own, two at once.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountError> {
        let checks = std::sync::Arc::clone(&self.inner.password_checks);
        let permit = checks.acquire_owned().await.map_err(|_| AccountError::Hash)?;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(permit);
            outcome
        });
        done.await.map_err(|_| AccountError::Hash)
    }
}

pub(crate) fn normalised(username: &str) -> Result<Username, AccountError> {
    if username.is_empty() || !Username::is_normal(username) {
        return Err(AccountError::UsernameNotNormalized(username.to_owned()));
    }
    Ok(Username::normalise(username))
}

pub(crate) fn account_error(error: &LoginBookError) -> AccountError {
    match error {
        LoginBookError::UsernameTaken(username) => AccountError::UsernameTaken(username.to_string()),
        LoginBookError::UnknownUsername(_) => AccountError::UnknownUsername,
        LoginBookError::IdTaken(_) => AccountError::CredentialsExist,
    }
}
