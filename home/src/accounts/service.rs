//! Accounts for programs: no password ever, nothing allowed until somebody says what, tokens that administrators make.

use auth_core::{Authorized, User};
use secrecy::SecretString;

use crate::{AccountError, CreateServiceAccount, CreateServiceToken, Home, UserInfo, accounts::sign_in::new_id};

impl Home {
    /// Makes an account for a program. Without groups it may do nothing.
    ///
    /// # Errors
    /// [`AccountError::UnknownGroup`], [`AccountError::Store`].
    pub async fn create_service_account(
        &self,
        request: Authorized<CreateServiceAccount>,
    ) -> Result<UserInfo, AccountError> {
        let (mut turn, principal, CreateServiceAccount { name, group_ids }) = self.begin(request).await?;
        if !self.is_onboarded() {
            // The first user owns the home, and must be a person who can log in.
            return Err(AccountError::ServiceAccount("a home that has an owner"));
        }
        let group_ids = self.known_groups(group_ids)?;
        let user = User { group_ids, is_service: true, ..User::new(new_id(), &name) };
        self.put_user(&mut turn, user.clone(), None, "user_added", principal.user_id().cloned()).await?;
        Ok(self.user_info(&user))
    }

    /// Makes a token for a program's account. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::ServiceAccount`] for a person's account,
    /// [`AccountError::TokenName`], [`AccountError::Store`].
    pub async fn create_service_token(
        &self,
        request: Authorized<CreateServiceToken>,
    ) -> Result<SecretString, AccountError> {
        let (mut turn, principal, CreateServiceToken { user_id, token }) = self.begin(request).await?;
        let token = self.as_limited(&principal, token);
        let user = self.changeable_user(&user_id)?;
        // Whoever has a person's token is that person, and nobody but they and the owner may have one.
        if !user.is_service {
            return Err(AccountError::ServiceAccount("programs' accounts"));
        }
        self.create_token_for(&mut turn, user.id, token).await
    }
}
