//! Questions about policies and rights.

use std::collections::BTreeMap;

use auth_core::{Dialect, Permission, Policy, UserId};
use home::ReadRights;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Call, OperationError, groups::read_policy, operation::Outcome, shown};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Validate {
    policy: Value,
    /// What Home Assistant itself would have names for, and nothing else.
    #[serde(default)]
    home_assistant: bool,
}

/// Says everything that is wrong with a policy. A policy with mistakes is an answer, not an error.
pub(crate) async fn validate(mut call: Call) -> Outcome {
    let Validate { policy, home_assistant } = call.read()?;
    // It needs no home, but parsing takes time: not for everybody.
    drop(call.authorize(ReadRights {})?);
    let dialect = if home_assistant { Dialect::HomeAssistant } else { Dialect::Doorward };
    Ok(match Policy::parse_as(dialect, policy.as_str().unwrap_or(&policy.to_string())) {
        Ok(_) => json!({"valid": true, "errors": [], "n_errors": 0}),
        Err(errors) => {
            let mut shown = OperationError::Policy(errors).detail();
            shown.insert("valid".to_owned(), json!(false));
            Value::Object(shown)
        }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lint {
    policy: Value,
}

/// Says what is odd about a policy in this home.
pub(crate) async fn lint(mut call: Call) -> Outcome {
    let Lint { policy } = call.read()?;
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let findings = world.auth.lint(&read_policy(&policy)?);
    let shown = findings
        .iter()
        .map(|found| json!({"path": found.path, "message": found.wrong.to_string(), "text": found.to_string()}));
    Ok(json!({"findings": shown.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    user_id: String,
    entity_id: String,
    permission: String,
}

fn permission(text: &str) -> Result<Permission, OperationError> {
    text.parse().map_err(|error| OperationError::Invalid(format!("`{text}`: {error}")))
}

/// Says why a user may or may not do something with an entity. The entity need not exist.
pub(crate) async fn explain(mut call: Call) -> Outcome {
    let Question { user_id, entity_id, permission: text } = call.read()?;
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let permission = permission(&text)?;
    let user_id = known(&world.auth, &user_id)?;
    Ok(shown::explanation(&world.auth.rights_of(&user_id).explain(&entity_id, permission)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhoCan {
    entity_id: String,
    permission: String,
}

/// Lists who may do something with an entity, and why.
pub(crate) async fn who_can(mut call: Call) -> Outcome {
    let WhoCan { entity_id, permission: text } = call.read()?;
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let permission = permission(&text)?;
    let who = world.auth.who_can(&entity_id, permission);
    let shown =
        who.iter().map(|(user, why)| json!({"user_id": user.id, "name": user.name, "why": shown::explanation(why)}));
    Ok(json!({"users": shown.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhatCan {
    user_id: String,
}

/// Lists what a user may do.
pub(crate) async fn what_can(mut call: Call) -> Outcome {
    let WhatCan { user_id } = call.read()?;
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let reach = world.auth.what_can(&known(&world.auth, &user_id)?);
    let directory = world.auth.directory();
    let listed: BTreeMap<&str, Vec<&str>> = Permission::ALL
        .into_iter()
        .zip(&reach.entities)
        .map(|(permission, set)| (permission.as_str(), set.iter().filter_map(|no| directory.entity_id(no)).collect()))
        .collect();
    let everywhere: Vec<&str> = reach.everywhere.iter().map(Permission::as_str).collect();
    Ok(json!({
        "is_owner": reach.is_owner, "is_admin": reach.is_admin, "everywhere": everywhere, "entities": listed,
    }))
}

fn known(snapshot: &auth_core::AuthSnapshot, user_id: &str) -> Result<UserId, OperationError> {
    let user = snapshot.user(user_id);
    user.map(|user| user.id.clone()).ok_or_else(|| OperationError::NotFound("User not found".to_owned()))
}
