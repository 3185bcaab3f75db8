//! Everybody's tokens, and accounts for programs.

use home::{
    AnyToken, CreateServiceAccount, CreateServiceToken, CreateToken, CreateTokenFor, ListUsers, RevokeOwnersToken,
    RevokeToken,
};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Call, OperationError,
    groups::read_policy,
    operation::{Done, Nothing, Outcome},
    schema, shown,
};

pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Vec<Token>> {
    let asked = call.authorize(ListUsers {})?;
    Ok(call.home.all_tokens(&asked).iter().map(shown_token).collect())
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Token {
    id: String,
    user_id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    client_name: Option<String>,
    client_id: Option<String>,
    created_at: String,
    last_used_at: Option<String>,
    last_used_ip: Option<String>,
    expire_at: Option<String>,
    #[schemars(schema_with = "schema::policy_or_none")]
    policy: Option<Value>,
    rate_limit: Option<u32>,
}

fn shown_token(token: &AnyToken) -> Token {
    let policy = token.policy.as_deref().map(|text| serde_json::from_str::<Value>(text).unwrap_or(json!(text)));
    Token {
        id: token.id.to_string(),
        user_id: token.user_id.to_string(),
        kind: token.kind,
        client_name: token.name.clone(),
        client_id: token.client_id.clone(),
        created_at: token.created_at.to_string(),
        last_used_at: token.last_used_at.map(|at| at.to_string()),
        last_used_ip: token.last_used_ip.clone(),
        expire_at: token.expire_at.map(|at| at.to_string()),
        policy,
        rate_limit: token.rate_limit,
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    user_id: String,
    name: String,
    #[serde(default = "ten_years")]
    lifespan_days: u32,
    #[serde(default)]
    #[schemars(schema_with = "schema::policy_or_none")]
    policy: Option<Value>,
    rate_limit: Option<u32>,
}

/// The token itself, this once.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Made {
    token: String,
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
pub(crate) async fn create(call: Call, request: Create) -> Outcome<Made> {
    let (user_id, token) = request.into_wish()?;
    let asked = call.authorize(CreateTokenFor { user_id, token })?;
    Ok(Made { token: call.home.create_any_token(asked).await?.expose_secret().to_owned() })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    token_id: String,
}

/// Revokes a token and closes what came from it. Only the owner revokes the owner's.
pub(crate) async fn revoke(call: Call, One { token_id }: One) -> Outcome<Done> {
    if call.home.is_owners_token(&token_id) {
        let asked = call.authorize(RevokeOwnersToken { token_id })?;
        call.home.revoke_owners_token(asked).await?;
    } else {
        let asked = call.authorize(RevokeToken { token_id })?;
        call.home.revoke_token(asked).await?;
    }
    Ok(Done)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    name: String,
    #[serde(default)]
    group_ids: Vec<String>,
}

/// Makes an account for a program: it can do nothing until it is put into a group, and has no password ever.
pub(crate) async fn create_account(call: Call, Account { name, group_ids }: Account) -> Outcome<shown::User> {
    let asked = call.authorize(CreateServiceAccount { name, group_ids })?;
    Ok(shown::user(&call.home.create_service_account(asked).await?))
}

/// Makes a token for a program's account.
pub(crate) async fn create_for_account(call: Call, request: Create) -> Outcome<Made> {
    let (user_id, token) = request.into_wish()?;
    let asked = call.authorize(CreateServiceToken { user_id, token })?;
    Ok(Made { token: call.home.create_service_token(asked).await?.expose_secret().to_owned() })
}
