//! The caller's passkeys.

use home::{AddPasskey, ChallengePasskey, ListPasskeys, PasskeyInfo, RegisterPasskey, RemovePasskey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Call,
    operation::{Done, Nothing, Outcome},
    schema,
};

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Passkeys {
    /// The hub takes passkeys.
    available: bool,
    passkeys: Vec<Passkey>,
}

/// Lists them.
pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Passkeys> {
    let asked = call.authorize(ListPasskeys {})?;
    let (passkeys, available) = call.home.passkeys(&asked)?;
    Ok(Passkeys { available, passkeys: passkeys.into_iter().map(Passkey::of).collect() })
}

/// What goes to `navigator.credentials.create` or `get`.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Options(#[schemars(schema_with = "schema::passkey_options")] Value);

/// Begins to add one.
pub(crate) async fn register(call: Call, _: Nothing) -> Outcome<Options> {
    let asked = call.authorize(RegisterPasskey {})?;
    Ok(Options(call.home.register_passkey(&asked)?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    /// What to call it.
    name: String,
    /// What the browser gave.
    #[schemars(schema_with = "schema::passkey")]
    credential: Value,
}

/// Adds one, with what the browser gave.
pub(crate) async fn add(call: Call, Add { name, credential }: Add) -> Outcome<Passkey> {
    let asked = call.authorize(AddPasskey { name, credential })?;
    Ok(Passkey::of(call.home.add_passkey(asked).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    passkey_id: String,
}

/// Removes one.
pub(crate) async fn remove(call: Call, One { passkey_id }: One) -> Outcome<Done> {
    let asked = call.authorize(RemovePasskey { passkey_id })?;
    call.home.remove_passkey(asked).await?;
    Ok(Done)
}

/// Begins to have one shown to `step_up/show`.
pub(crate) async fn challenge(call: Call, _: Nothing) -> Outcome<Options> {
    let asked = call.authorize(ChallengePasskey {})?;
    Ok(Options(call.home.challenge_passkey(&asked)?.0))
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Passkey {
    id: String,
    name: String,
    created_at: String,
    last_used_at: Option<String>,
}

impl Passkey {
    fn of(PasskeyInfo { id, name, created_at, last_used_at }: PasskeyInfo) -> Self {
        let last_used_at = last_used_at.map(|at| at.to_string());
        Self { id, name, created_at: created_at.to_string(), last_used_at }
    }
}
