//! The caller's passkeys.

use home::{AddPasskey, ChallengePasskey, ListPasskeys, PasskeyInfo, RegisterPasskey, RemovePasskey};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Call, operation::Outcome};

/// Lists them, and says whether the hub takes any.
pub(crate) async fn list(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ListPasskeys {})?;
    let (passkeys, available) = call.home.passkeys(&asked)?;
    Ok(json!({"available": available, "passkeys": passkeys.iter().map(shown).collect::<Vec<_>>()}))
}

/// Begins to add one: what comes back goes to `navigator.credentials.create`.
pub(crate) async fn register(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(RegisterPasskey {})?;
    Ok(call.home.register_passkey(&asked)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    name: String,
    credential: Value,
}

/// Adds one, with what the browser gave.
pub(crate) async fn add(mut call: Call) -> Outcome {
    let Add { name, credential } = call.read()?;
    let asked = call.authorize(AddPasskey { name, credential })?;
    Ok(shown(&call.home.add_passkey(asked).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    passkey_id: String,
}

/// Removes one.
pub(crate) async fn remove(mut call: Call) -> Outcome {
    let One { passkey_id } = call.read()?;
    let asked = call.authorize(RemovePasskey { passkey_id })?;
    call.home.remove_passkey(asked).await?;
    Ok(Value::Null)
}

/// Gives what goes to `navigator.credentials.get`, so that one can be shown to `step_up/show`.
pub(crate) async fn challenge(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ChallengePasskey {})?;
    Ok(call.home.challenge_passkey(&asked)?.0)
}

fn shown(passkey: &PasskeyInfo) -> Value {
    json!({
        "id": passkey.id,
        "name": passkey.name,
        "created_at": passkey.created_at.to_string(),
        "last_used_at": passkey.last_used_at.map(|at| at.to_string()),
    })
}
