//! The first start: the first user becomes the owner. And what an administrator at the machine does.

use auth_core::{Group, GroupId, User};
use secrecy::SecretString;

use crate::{
    AccountError, Home, Secret,
    accounts::{passwords::normalised, sign_in::new_id},
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
    ) -> Result<Option<SecretString>, AccountError> {
        let groups = |_: &Self| Ok(vec![Group::ADMIN.into()]);
        let user = self.put_user_with_login(name, username, password, groups, true).await?;
        let Some(user) = user else { return Ok(None) };
        let credential = self.books().logins.credentials_of(&user.id).next().cloned();
        let credential = credential.ok_or(AccountError::CredentialsNotFound)?;
        Ok(Some(self.issue_code(&credential, client_id)))
    }

    /// Makes a user with a password and groups, as the command line does for an administrator at the machine.
    ///
    /// # Errors
    /// [`AccountError`]; nothing is left of the user then.
    pub async fn add_user_with_login(
        &self,
        name: &str,
        username: &str,
        password: Secret,
        group_ids: Vec<String>,
    ) -> Result<User, AccountError> {
        let groups = |home: &Self| home.known_groups(group_ids);
        let user = self.put_user_with_login(name, username, password, groups, false).await?;
        user.ok_or(AccountError::UnknownUser)
    }

    /// Makes a user and their login in one transaction; none if there must be no user yet and there is one.
    async fn put_user_with_login(
        &self,
        name: &str,
        username: &str,
        password: Secret,
        groups: impl FnOnce(&Self) -> Result<Vec<GroupId>, AccountError>,
        must_be_first: bool,
    ) -> Result<Option<User>, AccountError> {
        let username = normalised(username)?;
        let password = self.hash(password).await?;
        let mut changes = self.inner.changes.lock().await;
        if must_be_first && self.is_onboarded() {
            return Ok(None);
        }
        let user = User { group_ids: groups(self)?, ..User::new(new_id(), name) };
        let login = self.new_login(&user.id, username, password)?;
        self.put_user(&mut changes, user.clone(), Some(login), "user_added", None).await?;
        Ok(Some(user))
    }

    /// Makes a long-lived access token for anybody, as the command line does for an administrator at the machine.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn create_token_at_machine(
        &self,
        user_id: &auth_core::UserId,
        wish: crate::CreateToken,
    ) -> Result<SecretString, AccountError> {
        self.changeable_user(user_id.as_str())?;
        let mut changes = self.inner.changes.lock().await;
        self.create_token_for(&mut changes, user_id.clone(), wish).await
    }
}
