//! Users with a way to log in from the start: the first of all, who becomes the owner, and others.

use std::net::IpAddr;

use audit::{Actor, Outcome, Record, Trail};
use auth_core::{Authorized, Group, User, UserId};
use auth_login::password::StoredPassword;
use secrecy::SecretString;
use serde_json::json;
use service_bus::now;

use crate::{
    AccountError, AddUser, Home, Secret, UserInfo,
    accounts::{passwords::normalised, sign_in::new_id, users::WayIn},
    turn::Turn,
};

impl Home {
    /// Makes the first user, who owns the home. `None` if there is one already; two at once make one.
    ///
    /// Returns an authorization code for `client_id`.
    ///
    /// # Errors
    /// [`AccountError::UsernameNotNormalized`], [`AccountError::Store`].
    pub async fn onboard(
        &self,
        name: &str,
        username: &str,
        password: Secret,
        client_id: &str,
        ip: IpAddr,
    ) -> Result<Option<SecretString>, AccountError> {
        normalised(username)?;
        let password = self.hash(password).await?;
        let record = Record { from: Some(ip), ..Record::new(now(), "onboard", Outcome::Done, Actor::Nobody) };
        let mut turn = self.turn_for(Trail::Acts, record).await;
        // Looked at when its turn has come, so that two cannot both be first.
        if self.is_onboarded() {
            return Ok(None);
        }
        let user = User { group_ids: vec![Group::ADMIN.into()], ..User::new(new_id(), name) };
        self.put_user_with_login(&mut turn, &user, username, password, None).await?;
        let credential = self.books().logins.credentials_of(&user.id).next().cloned();
        let credential = credential.ok_or(AccountError::CredentialsNotFound)?;
        Ok(Some(self.issue_code(&credential, client_id)))
    }

    /// Makes a user with a password and groups at once. The first one is the owner.
    ///
    /// # Errors
    /// [`AccountError`]; nothing is left of the user then.
    pub async fn add_user(&self, request: Authorized<AddUser>) -> Result<UserInfo, AccountError> {
        let password = self.hash(request.request().password.clone()).await?;
        let (mut turn, principal, AddUser { name, username, group_ids, local_only, .. }) = self.begin(request).await?;
        let group_ids = self.known_groups(group_ids)?;
        let user = User { group_ids, local_only, ..User::new(new_id(), &name) };
        let by = principal.user_id().cloned();
        self.put_user_with_login(&mut turn, &user, &username, password, by).await?;
        Ok(self.user_info(&user))
    }

    /// Makes a user and their login in one transaction.
    async fn put_user_with_login(
        &self,
        turn: &mut Turn<'_>,
        user: &User,
        username: &str,
        password: StoredPassword,
        by: Option<UserId>,
    ) -> Result<(), AccountError> {
        let login = self.new_login(&user.id, normalised(username)?, password)?;
        turn.with(json!({"username": username}));
        self.put_user(turn, user.clone(), Some(WayIn::Password(login)), "user_added", by).await
    }
}
