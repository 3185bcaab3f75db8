//! Everybody's tokens, and accounts for programs.

use home::{
    AnyToken, CreateServiceAccount, CreateServiceToken, CreateToken, CreateTokenFor, ListUsers, RevokeOwnersToken,
    RevokeToken,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Call, OperationError, groups::read_policy, operation::Outcome, shown};

pub(crate) async fn list(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ListUsers {})?;
    Ok(call.home.all_tokens(&asked).iter().map(shown_token).collect())
}

fn shown_token(token: &AnyToken) -> Value {
    let policy = token.policy.as_deref().map(|text| serde_json::from_str::<Value>(text).unwrap_or(json!(text)));
    json!({
        "id": token.id,
        "user_id": token.user_id,
        "type": token.kind,
        "client_name": token.name,
        "client_id": token.client_id,
        "created_at": token.created_at.to_string(),
        "last_used_at": token.last_used_at.map(|at| at.to_string()),
        "last_used_ip": token.last_used_ip,
        "expire_at": token.expire_at.map(|at| at.to_string()),
        "policy": policy,
        "rate_limit": token.rate_limit,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    user_id: String,
    name: String,
    #[serde(default = "ten_years")]
    lifespan_days: u32,
    policy: Option<Value>,
    rate_limit: Option<u32>,
}

const fn ten_years() -> u32 {
    3650
}

impl Create {
    fn into_wish(self) -> Result<(String, CreateToken), OperationError> {
        let policy = self.policy.filter(|policy| !policy.is_null()).map(|p| read_policy(&p)).transpose()?;
        let Self { user_id, name, lifespan_days, rate_limit, .. } = self;
        Ok((user_id, CreateToken { name, icon: None, lifespan_days, policy, rate_limit }))
    }
}

/// Makes a token for anybody: whoever has it is that user.
pub(crate) async fn create(mut call: Call) -> Outcome {
    let (user_id, token) = call.read::<Create>()?.into_wish()?;
    let asked = call.authorize(CreateTokenFor { user_id, token })?;
    Ok(json!({"token": call.home.create_any_token(asked).await?.expose_secret()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    token_id: String,
}

/// Revokes a token and closes what came from it. Only the owner revokes the owner's.
pub(crate) async fn revoke(mut call: Call) -> Outcome {
    let One { token_id } = call.read()?;
    if call.home.is_owners_token(&token_id) {
        let asked = call.authorize(RevokeOwnersToken { token_id })?;
        call.home.revoke_owners_token(asked).await?;
    } else {
        let asked = call.authorize(RevokeToken { token_id })?;
        call.home.revoke_token(asked).await?;
    }
    Ok(Value::Null)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    name: String,
    #[serde(default)]
    group_ids: Vec<String>,
}

/// Makes an account for a program: it can do nothing until it is put into a group, and has no password ever.
pub(crate) async fn create_account(mut call: Call) -> Outcome {
    let Account { name, group_ids } = call.read()?;
    let asked = call.authorize(CreateServiceAccount { name, group_ids })?;
    Ok(shown::user(&call.home.create_service_account(asked).await?))
}

/// Makes a token for a program's account.
pub(crate) async fn create_for_account(mut call: Call) -> Outcome {
    let (user_id, token) = call.read::<Create>()?.into_wish()?;
    let asked = call.authorize(CreateServiceToken { user_id, token })?;
    Ok(json!({"token": call.home.create_service_token(asked).await?.expose_secret()}))
}
