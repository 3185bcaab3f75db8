//! The first start: the first user becomes the owner.

use auth_core::{Group, User};
use secrecy::SecretString;

use crate::{AccountError, CreateLogin, Home, Secret, accounts::sign_in::new_id};

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
        if !auth_login::credential::Username::is_normal(username) || username.is_empty() {
            return Err(AccountError::UsernameNotNormalized(username.to_owned()));
        }
        let user = User { group_ids: vec![Group::ADMIN.into()], ..User::new(new_id(), name) };
        {
            let mut changes = self.inner.changes.lock().await;
            if self.is_onboarded() {
                return Ok(None);
            }
            self.put_user(&mut changes, user.clone(), "user_added", None).await?;
        }
        let login = CreateLogin { user_id: user.id.to_string(), username: username.to_owned(), password };
        let credential = self.put_login(login).await?;
        Ok(Some(self.issue_code(&credential, client_id)))
    }

    /// Makes a user with a password and groups, as the command line does for an administrator at the machine.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn add_user_with_login(
        &self,
        name: &str,
        username: &str,
        password: Secret,
        group_ids: Vec<String>,
    ) -> Result<User, AccountError> {
        let user = {
            let mut changes = self.inner.changes.lock().await;
            let group_ids = self.known_groups(group_ids)?;
            let user = User { group_ids, ..User::new(new_id(), name) };
            self.put_user(&mut changes, user.clone(), "user_added", None).await?;
            user
        };
        let login = CreateLogin { user_id: user.id.to_string(), username: username.to_owned(), password };
        self.put_login(login).await?;
        Ok(user)
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
        self.create_token_for(user_id.clone(), wish).await
    }
}
