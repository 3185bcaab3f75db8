//! One's own tokens: listed, made, deleted.

use auth_core::{Authorized, Policy, Principal, Timestamp, TokenId, UserId};
use auth_login::refresh_token::{Expiry, RefreshToken, TokenKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use service_bus::now;
use store::{Change, Record, RecordKind, StoreError};

use crate::{
    AccountError, CreateToken, CreateTokenFor, DeleteToken, DeleteTokens, Home, ListTokens, ListUsers,
    RevokeOwnersToken, RevokeToken, SetTokenExpiry, SignPath, accounts::not_too_long, entropy::OsEntropy, turn::Turn,
};

/// As many long-lived tokens may one user have. Each is kept until it is deleted, or is over and another wants its room.
pub const MAX_TOKENS: usize = 500;

/// As many tokens end at most because one more is made: where a home was brought in with more, they go little by little, and
/// a record of it has room for their ids.
pub(crate) const MAX_ENDED: usize = 8;

/// Returns the changes that take tokens out of the store.
pub(crate) fn token_deletions<'a>(ids: impl IntoIterator<Item = &'a TokenId>) -> Vec<Change> {
    ids.into_iter().map(|id| Change::Delete(RecordKind::Token, id.to_string())).collect()
}

/// Adds to what a record says of a new token which ones ended for it, if any.
pub(crate) fn and_ended(mut detail: Value, ended: &[TokenId]) -> Value {
    if let (false, Value::Object(detail)) = (ended.is_empty(), &mut detail) {
        detail.insert("ended".to_owned(), json!(ended));
    }
    detail
}

/// What the token endpoint gives.
#[derive(Debug)]
pub struct AccessTokens {
    /// A JWT.
    pub access_token: SecretString,
    /// Only for a code.
    pub refresh_token: Option<SecretString>,
    /// Of the access token, in seconds.
    pub expires_in: i64,
}

/// A refresh token as its user sees it: no secrets.
#[derive(Clone, Debug)]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub kind: TokenKind,
    /// The client that signed in.
    pub client_id: Option<String>,
    /// The name of a long-lived one.
    pub client_name: Option<String>,
    /// The icon of a long-lived one.
    pub client_icon: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_ip: Option<String>,
    /// When it ends.
    pub expire_at: Option<Timestamp>,
    /// The caller uses this one.
    pub is_current: bool,
    /// What the user signed in with.
    pub provider: Option<String>,
}

/// A token as administrators see it: no secrets.
#[derive(Clone, Debug)]
pub struct AnyToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is for.
    pub kind: &'static str,
    /// The name of a long-lived one.
    pub name: Option<String>,
    /// The client that signed in.
    pub client_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_ip: Option<String>,
    /// When it ends.
    pub expire_at: Option<Timestamp>,
    /// The policy of its own, as JSON text.
    pub policy: Option<String>,
    /// As many requests may be made by it in a minute.
    pub rate_limit: Option<u32>,
}

impl Home {
    /// Returns the caller's tokens.
    ///
    /// # Errors
    /// [`AccountError::NoUser`].
    pub fn tokens(&self, request: &Authorized<ListTokens>) -> Result<Vec<TokenInfo>, AccountError> {
        let principal = request.principal();
        let user_id = principal.user_id().ok_or(AccountError::NoUser)?;
        let books = self.books();
        let info = |token: &&RefreshToken| {
            let stored = token.for_storage();
            let provider = stored.credential_id.as_ref().and_then(|id| books.provider_of(id));
            TokenInfo {
                id: stored.id.clone(),
                kind: stored.kind,
                client_id: stored.client_id.clone(),
                client_name: stored.client_name.clone(),
                client_icon: stored.client_icon.clone(),
                created_at: stored.created_at,
                last_used_at: stored.last_used_at,
                last_used_ip: stored.last_used_ip.map(|ip| ip.to_string()),
                expire_at: stored.expire_at,
                is_current: principal.token_id() == Some(&stored.id),
                provider: provider.map(str::to_owned),
            }
        };
        Ok(books.tokens.of_user(user_id).iter().map(info).collect())
    }

    /// Deletes one of the caller's tokens and closes what came from it.
    ///
    /// # Errors
    /// [`AccountError::UnknownToken`], [`AccountError::Store`].
    pub async fn delete_token(&self, request: Authorized<DeleteToken>) -> Result<(), AccountError> {
        let (mut turn, principal, DeleteToken { token_id }) = self.begin(request).await?;
        let id = self.own_token(&principal, &token_id)?;
        Ok(self.remove_tokens(&mut turn, &[id]).await?)
    }

    /// Deletes the caller's tokens of one kind, or all. The one in use goes last, by [`Home::delete_token`], if asked:
    /// so the caller can still be answered. Returns whether that is to be done.
    ///
    /// # Errors
    /// [`AccountError::NoUser`], [`AccountError::Store`].
    pub async fn delete_tokens(&self, request: Authorized<DeleteTokens>) -> Result<bool, AccountError> {
        let (mut turn, principal, DeleteTokens { kind, current_too }) = self.begin(request).await?;
        let user_id = principal.user_id().ok_or(AccountError::NoUser)?;
        let mut current = false;
        let mut ids = Vec::new();
        for token in self.books().tokens.of_user(user_id) {
            if kind.as_deref().is_some_and(|kind| kind != token.kind().as_str()) {
                continue;
            }
            if principal.token_id() == Some(token.id()) {
                current = current_too;
            } else {
                ids.push(token.id().clone());
            }
        }
        self.remove_tokens(&mut turn, &ids).await?;
        Ok(current)
    }

    /// Lets one of the caller's tokens expire, or not.
    ///
    /// # Errors
    /// [`AccountError::UnknownToken`], [`AccountError::Store`].
    pub async fn set_token_expiry(&self, request: Authorized<SetTokenExpiry>) -> Result<(), AccountError> {
        let (mut turn, principal, SetTokenExpiry { token_id, expires }) = self.begin(request).await?;
        let id = self.own_token(&principal, &token_id)?;
        let expiry = if expires { Expiry::Sliding } else { Expiry::Never };
        let stored = self.books().tokens.get(&id).map(|token| token.for_storage().clone());
        let mut token = stored.and_then(|stored| stored.into_token().ok()).ok_or(AccountError::UnknownToken)?;
        token.set_expiry(expiry, now());
        turn.on(id.as_str());
        turn.with(json!({"expires": expires}));
        self.commit(&mut turn, vec![Change::Put(Box::new(Record::Token(token.for_storage().clone())))]).await?;
        self.books().tokens.set_expiry(&id, expiry, now()).map_err(|_| AccountError::UnknownToken)
    }

    /// Makes a long-lived access token for the caller. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::TokenName`], [`AccountError::TooManyTokens`], [`AccountError::NoUser`], [`AccountError::Store`].
    pub async fn create_token(&self, request: Authorized<CreateToken>) -> Result<SecretString, AccountError> {
        let (mut turn, principal, wish) = self.begin(request).await?;
        let wish = self.as_limited(&principal, wish);
        let user_id = principal.user_id().ok_or(AccountError::NoUser)?.clone();
        self.create_token_for(&mut turn, user_id, wish).await
    }

    /// Makes a long-lived access token for anybody. On disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::UnknownUser`], [`AccountError::SystemGenerated`], [`AccountError::TokenName`],
    /// [`AccountError::TooManyTokens`], [`AccountError::Store`].
    pub async fn create_any_token(&self, request: Authorized<CreateTokenFor>) -> Result<SecretString, AccountError> {
        let (mut turn, principal, CreateTokenFor { user_id, token }) = self.begin(request).await?;
        let token = self.as_limited(&principal, token);
        let user_id = self.changeable_user(&user_id)?.id;
        self.create_token_for(&mut turn, user_id, token).await
    }

    /// Limits a token that is wanted as the one is by which it is asked for: else that one had no limit.
    pub(crate) fn as_limited(&self, principal: &Principal, wish: CreateToken) -> CreateToken {
        let books = self.books();
        let own = principal.token_id().and_then(|id| books.tokens.get(id)).and_then(RefreshToken::rate_limit);
        let rate_limit = own.into_iter().chain(wish.rate_limit).min();
        CreateToken { rate_limit, ..wish }
    }

    /// Makes a long-lived access token for a user. Whoever holds the turn to change something may.
    pub(crate) async fn create_token_for(
        &self,
        turn: &mut Turn<'_>,
        user_id: UserId,
        CreateToken { name, icon, lifespan_days, policy, rate_limit }: CreateToken,
    ) -> Result<SecretString, AccountError> {
        if name.trim().is_empty() {
            return Err(AccountError::TokenName("a long-lived token needs a name".to_owned()));
        }
        not_too_long(&name)?;
        not_too_long(icon.as_deref().unwrap_or_default())?;
        // Deactivated or deleted: their tokens are gone, and no new one may come after.
        if !self.inner.bus.world().auth.user(user_id.as_str()).is_some_and(|user| user.is_active) {
            return Err(AccountError::UnknownUser);
        }
        let at = now();
        let spent = self.room_for_token(&user_id, &name, at)?;
        let mut token =
            RefreshToken::new_long_lived(user_id, &name, icon.as_deref(), lifespan_days, at, &mut OsEntropy);
        if let Some(policy) = &policy {
            token = token.narrowed_to(policy.to_string());
        }
        if let Some(per_minute) = rate_limit {
            token = token.limited_to(per_minute.max(1));
        }
        turn.on(token.id().as_str());
        let detail = json!({
            "user_id": token.user_id(),
            "name": name,
            "lifespan_days": lifespan_days,
            "policy": policy.as_ref().map(Policy::to_value),
            "rate_limit": token.rate_limit(),
        });
        turn.with(and_ended(detail, &spent));
        self.keep_token(turn, &token, &spent).await?;
        // What it may do is known before anybody can act by it.
        if let Some(policy) = &policy {
            turn.change_rights(|edit| edit.set_token_policy(token.id(), policy));
        }
        let jwt = token.issue_access_token(at);
        self.books().tokens.insert(token).map_err(|error| AccountError::TokenName(error.to_string()))?;
        Ok(jwt)
    }

    /// Keeps a new token in place of some that end, all or nothing. On disk when this returns.
    pub(crate) async fn keep_token(
        &self,
        turn: &mut Turn<'_>,
        token: &RefreshToken,
        ended: &[TokenId],
    ) -> Result<(), StoreError> {
        let mut changes = token_deletions(ended);
        changes.push(Change::Put(Box::new(Record::Token(token.for_storage().clone()))));
        self.commit(turn, changes).await?;
        self.forget_tokens(turn, ended);
        Ok(())
    }

    /// Returns which of a user's long-lived tokens must go for another called `name`: of as many as there may be, those that
    /// are good for nothing any more.
    fn room_for_token(&self, user_id: &UserId, name: &str, at: Timestamp) -> Result<Vec<TokenId>, AccountError> {
        let books = self.books();
        let tokens = books.tokens.of_user(user_id);
        if tokens.iter().any(|token| token.client_name() == Some(name)) {
            return Err(AccountError::TokenName(format!("{name} already exists")));
        }
        let long_lived = || tokens.iter().filter(|token| token.kind() == TokenKind::LongLived);
        if long_lived().count() < MAX_TOKENS {
            return Ok(Vec::new());
        }
        let spent = long_lived().filter(|token| token.is_spent(at)).take(MAX_ENDED);
        let spent: Vec<_> = spent.map(|token| token.id().clone()).collect();
        if spent.is_empty() { Err(AccountError::TooManyTokens(MAX_TOKENS)) } else { Ok(spent) }
    }

    /// Returns everybody's tokens, for administrators.
    pub fn all_tokens(&self, _request: &Authorized<ListUsers>) -> Vec<AnyToken> {
        let any = |token: &RefreshToken| AnyToken {
            id: token.id().clone(),
            user_id: token.user_id().clone(),
            kind: token.kind().as_str(),
            name: token.client_name().map(str::to_owned),
            client_id: token.client_id().map(str::to_owned),
            created_at: token.for_storage().created_at,
            last_used_at: token.for_storage().last_used_at,
            last_used_ip: token.for_storage().last_used_ip.map(|ip| ip.to_string()),
            expire_at: token.for_storage().expire_at,
            policy: token.for_storage().policy.clone(),
            rate_limit: token.rate_limit(),
        };
        let mut tokens: Vec<_> = self.books().tokens.iter().map(any).collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        tokens
    }

    /// Revokes a token of anybody but the owner, and closes what came from it.
    ///
    /// # Errors
    /// [`AccountError::UnknownToken`], [`AccountError::Unauthorized`] for the owner's, [`AccountError::Store`].
    pub async fn revoke_token(&self, request: Authorized<RevokeToken>) -> Result<(), AccountError> {
        let (turn, _, RevokeToken { token_id }) = self.begin(request).await?;
        if self.is_owners_token(&token_id) {
            return Err(AccountError::Unauthorized(auth_core::Unauthorized::default()));
        }
        self.revoke_any(turn, token_id).await
    }

    /// Revokes a token of the owner, and closes what came from it.
    ///
    /// # Errors
    /// [`AccountError::UnknownToken`], [`AccountError::Store`].
    pub async fn revoke_owners_token(&self, request: Authorized<RevokeOwnersToken>) -> Result<(), AccountError> {
        let (turn, _, RevokeOwnersToken { token_id }) = self.begin(request).await?;
        self.revoke_any(turn, token_id).await
    }

    /// Tells whether a token is the owner's.
    pub fn is_owners_token(&self, token_id: &str) -> bool {
        let user_id = self.books().tokens.get(&token_id.into()).map(|token| token.user_id().clone());
        user_id.is_some_and(|id| self.is_owner(id.as_str()))
    }

    async fn revoke_any(&self, mut turn: Turn<'_>, token_id: String) -> Result<(), AccountError> {
        let found =
            self.books().tokens.get(&token_id.into()).map(|token| (token.id().clone(), token.user_id().clone()));
        let (id, user_id) = found.ok_or(AccountError::UnknownToken)?;
        turn.on(id.as_str());
        turn.with(json!({"user_id": user_id}));
        Ok(self.remove_tokens(&mut turn, &[id]).await?)
    }

    /// Signs a path with the caller's session.
    ///
    /// # Errors
    /// [`AccountError::NoUser`] without a session, [`AccountError::Path`].
    pub fn sign_path(&self, request: Authorized<SignPath>) -> Result<String, AccountError> {
        let (principal, SignPath { path, expires_secs }) = request.into_parts();
        let token_id = principal.token_id().ok_or(AccountError::NoUser)?;
        let signed = self.books().signer.sign(token_id, &path, now(), expires_secs);
        signed.map_err(|error| AccountError::Path(error.to_string()))
    }

    fn own_token(&self, principal: &Principal, token_id: &str) -> Result<TokenId, AccountError> {
        let user_id = principal.user_id().ok_or(AccountError::NoUser)?;
        let books = self.books();
        let token = books.tokens.get(&token_id.into()).filter(|token| token.user_id() == user_id);
        token.map(|token| token.id().clone()).ok_or(AccountError::UnknownToken)
    }
}
