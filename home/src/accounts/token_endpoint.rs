//! The token endpoint: a session for a code, an access token for a refresh token, and the end of a session.

use std::net::IpAddr;

use audit::{Actor, Outcome, Record, Trail};
use auth_core::{Timestamp, TokenId, UserId};
use auth_login::{
    client::{ClientId, Origin},
    code::{Recorded, RedeemError, Redemption},
    refresh_token::RefreshToken,
};
use secrecy::ExposeSecret;
use serde_json::json;
use service_bus::now;
use store::Change;

use crate::{
    Home, SignInError,
    accounts::tokens::{AccessTokens, MAX_ENDED, and_ended, token_deletions},
    entropy::OsEntropy,
    turn::Turn,
};

/// As many sessions may one user have; a login beyond them ends the one that was used longest ago.
pub const MAX_SESSIONS: usize = 1_000;

impl Home {
    /// Gives tokens for an authorization code. On disk when this returns. Of more than [`MAX_SESSIONS`] of one user, those end
    /// that were used longest ago.
    ///
    /// # Errors
    /// [`SignInError::InvalidRequest`], [`SignInError::InvalidGrant`], [`SignInError::Denied`], [`SignInError::Store`].
    pub async fn redeem_code(
        &self,
        client_id: Option<&str>,
        code: Option<&str>,
        verifier: Option<&str>,
        ip: IpAddr,
        own: Option<&Origin>,
    ) -> Result<AccessTokens, SignInError> {
        let invalid = |text| SignInError::InvalidRequest(Some(text));
        let client_id = client_id.filter(|id| ClientId::parse(id, own).is_ok()).ok_or(invalid("Invalid client id"))?;
        let code = code.ok_or(invalid("Invalid code"))?;
        let record = Record { from: Some(ip), ..Record::new(now(), "create_session", Outcome::Done, Actor::Nobody) };
        let mut turn = self.turn_for(Trail::Access, record.clone()).await;
        let redeemed = self.books().codes.redeem(Redemption { client_id, code, verifier, redirect_uri: None }, now());
        let redeemed = match redeemed {
            Ok(redeemed) => redeemed,
            Err(RedeemError::AlreadyUsed { refresh_token }) => {
                // Somebody has a copy of the code: what it gave is taken back.
                if let Some(token) = refresh_token {
                    let reason = "an authorization code was used twice: the session that it gave is revoked";
                    turn.record_in(
                        Trail::Access,
                        Record { outcome: Outcome::Failed, ..record }.on(token.as_str()).because(reason),
                    );
                    self.remove_tokens(&mut turn, &[token]).await?;
                }
                return Err(invalid("Invalid code"));
            }
            Err(RedeemError::InvalidCode | RedeemError::RedirectMismatch) => return Err(invalid("Invalid code")),
            Err(RedeemError::VerifierRequired) => return Err(invalid("Code verifier required")),
            Err(RedeemError::InvalidVerifier) => return Err(SignInError::InvalidGrant(Some("Invalid code verifier"))),
            Err(RedeemError::UnexpectedVerifier) => {
                return Err(invalid("Code verifier provided but no code challenge was present"));
            }
        };
        let credential_id = &redeemed.grant.credential_id;
        let user_id = self.books().user_of(credential_id).cloned().ok_or(invalid("Invalid code"))?;
        // A login that was done before there was a second factor showed none.
        if self.books().factors.made_at(&user_id).is_some_and(|made_at| redeemed.issued_at <= made_at) {
            return Err(invalid("Invalid code"));
        }
        if let Some(reason) = self.refusal(&user_id, ip) {
            let denied = Record { outcome: Outcome::Denied, ..record }.on(user_id.as_str());
            self.record(Trail::Refused, denied.because(reason));
            return Err(SignInError::Denied(reason));
        }
        let at = now();
        let mut token = RefreshToken::new_normal(user_id.clone(), credential_id.clone(), client_id, at, &mut OsEntropy);
        token.touch(at, Some(ip));
        let tokens = AccessTokens::of(&token, at, true);
        let id = token.id().clone();
        let ended = self.sessions_beyond(&user_id);
        let detail = and_ended(json!({"client_id": client_id}), &ended);
        let by = Actor::User { id: user_id, token: Some(id.clone()) };
        turn.record_in(Trail::Access, Record { by, ..record }.on(id.as_str()).with(detail));
        self.keep_token(&mut turn, &token, &ended).await?;
        let recorded = {
            let mut books = self.books();
            if let Err(error) = books.tokens.insert(token) {
                tracing::error!(%error, "a new token cannot be used");
                return Err(SignInError::CheckFailed);
            }
            books.codes.record(&redeemed, &id)
        };
        if recorded == Recorded::RevokeNow {
            self.remove_tokens(&mut turn, &[id]).await?;
            return Err(invalid("Invalid code"));
        }
        Ok(tokens)
    }

    /// Returns the sessions of a user that leave no room for another.
    fn sessions_beyond(&self, user_id: &UserId) -> Vec<TokenId> {
        let books = self.books();
        let sessions = books.tokens.sessions_by_use(user_id);
        let beyond = (sessions.len() + 1).saturating_sub(MAX_SESSIONS).min(MAX_ENDED);
        sessions.into_iter().take(beyond).map(|token| token.id().clone()).collect()
    }

    /// Gives a new access token for a refresh token. Its use is on disk when this returns.
    ///
    /// # Errors
    /// As [`Home::redeem_code`].
    pub async fn refresh(
        &self,
        client_id: Option<&str>,
        refresh_token: Option<&str>,
        ip: IpAddr,
        own: Option<&Origin>,
    ) -> Result<AccessTokens, SignInError> {
        if client_id.is_some_and(|id| ClientId::parse(id, own).is_err()) {
            return Err(SignInError::InvalidRequest(Some("Invalid client id")));
        }
        let secret = refresh_token.ok_or(SignInError::InvalidRequest(None))?;
        let mut turn = self.quiet_turn().await;
        let at = now();
        let (id, user_id): (_, UserId) = {
            let books = self.books();
            let token = books.tokens.find_by_secret(secret, at).ok_or(SignInError::InvalidGrant(None))?;
            if token.client_id() != client_id {
                return Err(SignInError::InvalidRequest(None));
            }
            (token.id().clone(), token.user_id().clone())
        };
        if let Some(reason) = self.refusal(&user_id, ip) {
            let by = Actor::User { id: user_id, token: Some(id) };
            let record = Record { from: Some(ip), ..Record::new(at, "refresh", Outcome::Denied, by) };
            self.record(Trail::Refused, record.because(reason));
            return Err(SignInError::Denied(reason));
        }
        let record = self.touched(&id, at, ip).ok_or(SignInError::InvalidGrant(None))?;
        self.commit(&mut turn, vec![Change::Put(Box::new(store::Record::Token(record)))]).await?;
        let mut books = self.books();
        let access_token = books.tokens.issue_access_token(&id, at, Some(ip));
        let access_token = access_token.map_err(|_| SignInError::InvalidGrant(None))?;
        let expires_in = books.tokens.get(&id).map_or(0, RefreshToken::access_token_secs);
        Ok(AccessTokens { access_token, refresh_token: None, expires_in })
    }

    /// Returns the record that a token will have after its use.
    fn touched(
        &self,
        id: &TokenId,
        at: Timestamp,
        ip: IpAddr,
    ) -> Option<auth_login::refresh_token::StoredRefreshToken> {
        let stored = self.books().tokens.get(id)?.for_storage().clone();
        let mut token = stored.into_token().ok()?;
        token.touch(at, Some(ip));
        Some(token.for_storage().clone())
    }

    /// Revokes the refresh token with this secret, if there is one, and closes everything that came from it.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn revoke(&self, secret: &str, ip: IpAddr) -> Result<(), SignInError> {
        let mut turn = self.quiet_turn().await;
        let found = self.books().tokens.find_by_secret(secret, now()).map(|t| (t.id().clone(), t.user_id().clone()));
        if let Some((id, user_id)) = found {
            let by = Actor::User { id: user_id, token: Some(id.clone()) };
            let record = Record::new(now(), "revoke_session", Outcome::Done, by).on(id.as_str());
            turn.record_in(Trail::Access, Record { from: Some(ip), ..record });
            self.remove_tokens(&mut turn, &[id]).await?;
        }
        Ok(())
    }

    /// Removes tokens from the store and the book, and closes what came from them.
    pub(crate) async fn remove_tokens(&self, turn: &mut Turn<'_>, ids: &[TokenId]) -> Result<(), store::StoreError> {
        turn.with(json!({"tokens": ids}));
        self.commit(turn, token_deletions(ids)).await?;
        self.forget_tokens(turn, ids);
        Ok(())
    }

    /// Removes tokens that are not in the store any more from the book, and closes what came from them.
    pub(crate) fn forget_tokens(&self, turn: &mut Turn<'_>, ids: &[TokenId]) {
        if ids.is_empty() {
            return;
        }
        let narrowed: Vec<_> = {
            let mut books = self.books();
            let removed = ids.iter().filter_map(|id| books.tokens.remove(id));
            removed.filter(|token| token.for_storage().policy.is_some()).map(|token| token.id().clone()).collect()
        };
        if !narrowed.is_empty() {
            turn.change_rights(|edit| narrowed.iter().for_each(|id| edit.remove_token(id)));
        }
        self.standing_changed();
    }

    /// Removes tokens that have expired. Returns when to look again.
    ///
    /// # Errors
    /// [`SignInError::Store`].
    pub async fn sweep_tokens(&self) -> Result<Option<Timestamp>, SignInError> {
        let mut turn = self.quiet_turn().await;
        let at = now();
        let expired: Vec<_> = {
            let books = self.books();
            books.tokens.iter().filter(|token| token.is_expired(at)).map(|token| token.id().clone()).collect()
        };
        if !expired.is_empty() {
            self.remove_tokens(&mut turn, &expired).await?;
        }
        Ok(self.books().tokens.next_expiry())
    }
}

impl AccessTokens {
    fn of(token: &RefreshToken, at: Timestamp, with_refresh: bool) -> Self {
        let refresh_token = with_refresh.then(|| token.secret().expose_secret().to_owned().into());
        Self { access_token: token.issue_access_token(at), refresh_token, expires_in: token.access_token_secs() }
    }
}

#[cfg(test)]
mod tests;
