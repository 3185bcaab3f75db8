//! The caller's own account.

use home::{CreateToken, DeleteToken, DeleteTokens, ListTokens, SetTokenExpiry, SignPath};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection};

pub(crate) fn current_user(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let info = connection.home.who_is(&connection.session.user_id);
    let info = info.ok_or_else(|| CommandError::new("unknown_error", "Unknown error"))?;
    let credential = |provider: &String| json!({"auth_provider_type": provider, "auth_provider_id": null});
    let has_factor = connection.home.has_second_factor(&info.user.id);
    // What they are in this session and at this moment.
    let world = connection.home.bus().world();
    let rights = world.auth.rights(&connection.session.principal);
    Ok(Reply::Result(json!({
        "id": info.user.id.as_str(),
        "name": info.user.name,
        "is_owner": rights.is_owner(),
        "is_admin": rights.is_admin(),
        "credentials": info.providers.iter().map(credential).collect::<Vec<_>>(),
        "mfa_modules": [{"id": "totp", "name": "Authenticator app", "enabled": has_factor}],
    })))
}

pub(crate) fn refresh_tokens(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let asked = connection.authorize(ListTokens {})?;
    let tokens = connection.home.tokens(&asked)?;
    let shown = tokens.into_iter().map(|token| {
        let time = |at: Option<auth_core::Timestamp>| at.map(|at| at.to_string());
        json!({
            "id": token.id.as_str(),
            "type": token.kind.as_str(),
            "client_id": token.client_id,
            "client_name": token.client_name,
            "client_icon": token.client_icon,
            "created_at": token.created_at.to_string(),
            "last_used_at": time(token.last_used_at),
            "last_used_ip": token.last_used_ip,
            "expire_at": time(token.expire_at),
            "is_current": token.is_current,
            "auth_provider_type": token.provider,
        })
    });
    Ok(Reply::Result(shown.collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    refresh_token_id: String,
}

/// Deletes a token. If it is the connection's own, the socket closes without an answer.
pub(crate) async fn delete_refresh_token(mut call: Call) -> Result<Reply, CommandError> {
    let Delete { refresh_token_id } = call.read()?;
    let asked = call.authorize(DeleteToken { token_id: refresh_token_id })?;
    call.home.delete_token(asked).await?;
    Ok(Reply::Result(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteAll {
    token_type: Option<String>,
    #[serde(default = "yes")]
    delete_current_token: bool,
}

const fn yes() -> bool {
    true
}

pub(crate) async fn delete_all_refresh_tokens(mut call: Call) -> Result<Reply, CommandError> {
    let DeleteAll { token_type, delete_current_token } = call.read()?;
    if token_type.as_deref().is_some_and(|kind| !["normal", "long_lived_access_token"].contains(&kind)) {
        return Err(CommandError::format("value must be one of normal, long_lived_access_token @ data['token_type']"));
    }
    let asked = call.authorize(DeleteTokens { kind: token_type, current_too: delete_current_token })?;
    // The caller is answered before the token in use goes.
    let own_too = call.home.delete_tokens(asked).await?;
    Ok(if own_too { Reply::ResultThenDeleteToken(json!({})) } else { Reply::Result(json!({})) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetExpiry {
    refresh_token_id: String,
    enable_expiry: bool,
}

pub(crate) async fn set_expiry(mut call: Call) -> Result<Reply, CommandError> {
    let SetExpiry { refresh_token_id, enable_expiry } = call.read()?;
    let asked = call.authorize(SetTokenExpiry { token_id: refresh_token_id, expires: enable_expiry })?;
    call.home.set_token_expiry(asked).await?;
    Ok(Reply::Result(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongLived {
    lifespan: u32,
    client_name: String,
    client_icon: Option<String>,
}

pub(crate) async fn long_lived_access_token(mut call: Call) -> Result<Reply, CommandError> {
    let LongLived { lifespan, client_name, client_icon } = call.read()?;
    let asked = call.authorize(CreateToken {
        name: client_name,
        icon: client_icon,
        lifespan_days: lifespan,
        policy: None,
        rate_limit: None,
    })?;
    let token = call.home.create_token(asked).await?;
    Ok(Reply::Result(json!(token.expose_secret())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    path: String,
    #[serde(default = "half_a_minute")]
    expires: u32,
}

const fn half_a_minute() -> u32 {
    30
}

pub(crate) fn sign_path(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Sign { path, expires } = read(data)?;
    let asked = connection.authorize(SignPath { path, expires_secs: expires })?;
    Ok(Reply::Result(json!({"path": connection.home.sign_path(asked)?})))
}
