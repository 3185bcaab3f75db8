//! Which account at an identity provider is which user: listed, linked, unlinked by administrators.
//!
//! Nothing is ever linked by what an account is called or by its e-mail address: those are its holder's to choose.

use auth_core::{Authorized, CredentialId, Principal, Unauthorized, UserId};
use auth_login::{
    refresh_token::RefreshToken,
    single_sign_on::{Identity, check_account},
};
use serde_json::json;
use store::{Change, Record, RecordKind};

use crate::{
    AccountError, Home, LinkAnyIdentity, LinkIdentity, ListIdentities, UnlinkIdentity, UnlinkOwnersIdentity,
    accounts::{sign_in::new_id, tokens::token_deletions},
    home::Books,
    turn::Turn,
};

impl Books {
    /// Returns whose credential this is, of whatever kind.
    pub(crate) fn user_of(&self, id: &CredentialId) -> Option<&UserId> {
        let identity = || self.identities.get(id).map(|identity| &identity.user_id);
        self.logins.credential(id).map(|credential| &credential.user_id).or_else(identity)
    }

    /// Returns what checks a credential, of whatever kind.
    pub(crate) fn provider_of(&self, id: &CredentialId) -> Option<&str> {
        let identity = || self.identities.get(id).map(|_| Identity::PROVIDER);
        self.logins.credential(id).map(|credential| credential.provider.as_str()).or_else(identity)
    }

    /// Returns the links of a user.
    pub(crate) fn identities_of(&self, user_id: &UserId) -> Vec<CredentialId> {
        self.identities.of_user(user_id).map(|identity| identity.id.clone()).collect()
    }

    /// Adds a link that is on disk.
    pub(crate) fn insert_identity(&mut self, identity: Identity) -> Result<(), AccountError> {
        self.identities.insert(identity).map_err(|error| AccountError::Identity(error.to_string()))
    }
}

impl Home {
    /// Returns every link, by id.
    pub fn identities(&self, _request: &Authorized<ListIdentities>) -> Vec<Identity> {
        self.books().identities.iter().cloned().collect()
    }

    /// Tells whether a link is one of the owner's.
    pub fn is_owners_identity(&self, identity_id: &str) -> bool {
        let user_id = self.books().identities.get(&identity_id.into()).map(|identity| identity.user_id.clone());
        user_id.is_some_and(|user_id| self.is_owner(user_id.as_str()))
    }

    /// Tells whether only the owner may give a user a way to sign in: the owner, or somebody who can sign in already and is not
    /// the one who asks. Whoever has an account or a password is that user then, as with a token.
    pub fn only_owner_links(&self, principal: &Principal, user_id: &str) -> bool {
        let id = UserId::new(user_id);
        let is_own = principal.user_id() == Some(&id);
        let books = self.books();
        let signs_in = books.logins.credentials_of(&id).next().is_some()
            || books.identities.of_user(&id).next().is_some()
            || !books.tokens.of_user(&id).is_empty();
        drop(books);
        self.is_owner(user_id) || signs_in && !is_own
    }

    /// Lets an account sign in as a user who cannot sign in yet, or as the caller. Returns the link.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::SystemGenerated`], [`AccountError::ServiceAccount`],
    /// [`AccountError::Identity`] for one that is linked already or cannot be, [`AccountError::Unauthorized`] where only the
    /// owner may ([`Home::only_owner_links`]), [`AccountError::Store`].
    pub async fn link_identity(&self, request: Authorized<LinkIdentity>) -> Result<Identity, AccountError> {
        let (mut turn, principal, link) = self.begin(request).await?;
        self.changeable_user(&link.user_id)?;
        self.may_change_own(&principal, &link.user_id)?;
        if self.only_owner_links(&principal, &link.user_id) {
            return Err(AccountError::Unauthorized(Unauthorized::default()));
        }
        self.put_identity(&mut turn, link).await
    }

    /// Lets an account sign in as anybody. Returns the link.
    ///
    /// # Errors
    /// As [`Home::link_identity`].
    pub async fn link_any_identity(&self, request: Authorized<LinkAnyIdentity>) -> Result<Identity, AccountError> {
        let (mut turn, principal, LinkAnyIdentity { link }) = self.begin(request).await?;
        self.may_change_own(&principal, &link.user_id)?;
        self.put_identity(&mut turn, link).await
    }

    /// Tells whether a user may sign in at a provider that asks for a second factor itself.
    pub(crate) fn may_show_factor_elsewhere(&self, user_id: &UserId) -> bool {
        let books = self.books();
        let mut links = books.identities.of_user(user_id);
        let providers = self.inner.sign_on.get().map(Vec::as_slice).unwrap_or_default();
        links.any(|link| providers.iter().any(|p| p.rules.issuer == link.issuer && p.rules.second_factor))
    }

    async fn put_identity(&self, turn: &mut Turn<'_>, link: LinkIdentity) -> Result<Identity, AccountError> {
        let LinkIdentity { user_id, issuer, subject } = link;
        let user = self.changeable_user(&user_id)?;
        if user.is_service {
            return Err(AccountError::ServiceAccount("people: a program's account has tokens"));
        }
        check_account(&issuer, &subject).map_err(|error| AccountError::Identity(error.to_string()))?;
        if self.books().identities.find(&issuer, &subject).is_some() {
            return Err(AccountError::Identity("the account is linked already".to_owned()));
        }
        let identity = Identity { id: new_id().into(), user_id: user.id, issuer, subject };
        turn.on(user_id);
        turn.with(json!({"identity": identity.id, "issuer": identity.issuer, "subject": identity.subject}));
        self.commit(turn, vec![Change::Put(Box::new(Record::Identity(identity.clone())))]).await?;
        self.books().insert_identity(identity.clone())?;
        Ok(identity)
    }

    /// Ends a link of anybody but the owner; sessions that began with it end.
    ///
    /// # Errors
    /// [`AccountError::UnknownIdentity`], [`AccountError::Unauthorized`] for one of the owner's, [`AccountError::Store`].
    pub async fn unlink_identity(&self, request: Authorized<UnlinkIdentity>) -> Result<(), AccountError> {
        let (mut turn, _, UnlinkIdentity { identity_id }) = self.begin(request).await?;
        if self.is_owners_identity(&identity_id) {
            return Err(AccountError::Unauthorized(Unauthorized::default()));
        }
        self.remove_identity(&mut turn, &identity_id.into()).await
    }

    /// Ends a link of the owner; sessions that began with it end.
    ///
    /// # Errors
    /// [`AccountError::UnknownIdentity`], [`AccountError::Store`].
    pub async fn unlink_owners_identity(&self, request: Authorized<UnlinkOwnersIdentity>) -> Result<(), AccountError> {
        let (mut turn, _, UnlinkOwnersIdentity { identity_id }) = self.begin(request).await?;
        self.remove_identity(&mut turn, &identity_id.into()).await
    }

    async fn remove_identity(&self, turn: &mut Turn<'_>, id: &CredentialId) -> Result<(), AccountError> {
        let identity = self.books().identities.get(id).cloned().ok_or(AccountError::UnknownIdentity)?;
        let mut changes = vec![Change::Delete(RecordKind::Identity, id.to_string())];
        {
            let books = self.books();
            let began = books.tokens.iter().filter(|token| token.credential_id() == Some(id));
            changes.extend(token_deletions(began.map(RefreshToken::id)));
        }
        turn.on(identity.user_id.as_str());
        turn.with(json!({"identity": id, "issuer": identity.issuer, "subject": identity.subject}));
        self.commit(turn, changes).await?;
        {
            let mut books = self.books();
            books.identities.remove(id);
            books.tokens.remove_credential(id);
        }
        self.standing_changed();
        Ok(())
    }
}
