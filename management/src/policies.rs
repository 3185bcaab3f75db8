//! Questions about policies and rights.

use std::collections::BTreeMap;

use auth_core::{Dialect, Permission, Policy, UserId};
use home::ReadRights;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Call, OperationError,
    error::{Mistake, mistakes},
    groups::read_policy,
    operation::Outcome,
    schema,
    shown::{self, Explained},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validate {
    /// What may be a policy, or its text.
    policy: Value,
    /// What Home Assistant itself would have names for, and nothing else.
    #[serde(default)]
    home_assistant: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Validated {
    errors: Vec<Mistake>,
    n_errors: usize,
    valid: bool,
}

/// Says everything that is wrong with a policy. A policy with mistakes is an answer, not an error.
pub(crate) async fn validate(call: Call, Validate { policy, home_assistant }: Validate) -> Outcome<Validated> {
    // It needs no home, but parsing takes time: not for everybody.
    drop(call.authorize(ReadRights {})?);
    let dialect = if home_assistant { Dialect::HomeAssistant } else { Dialect::Doorward };
    Ok(match Policy::parse_as(dialect, policy.as_str().unwrap_or(&policy.to_string())) {
        Ok(_) => Validated { errors: Vec::new(), n_errors: 0, valid: true },
        Err(errors) => Validated { errors: mistakes(&errors), n_errors: errors.len(), valid: false },
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lint {
    #[schemars(schema_with = "schema::policy")]
    policy: Value,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Linted {
    findings: Vec<Finding>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Finding {
    path: Vec<String>,
    message: String,
    text: String,
}

/// Says what is odd about a policy in this home.
pub(crate) async fn lint(call: Call, Lint { policy }: Lint) -> Outcome<Linted> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let findings = world.auth.lint(&read_policy(&policy)?);
    let shown = findings.iter().map(|found| Finding {
        path: found.path.clone(),
        message: found.wrong.to_string(),
        text: found.to_string(),
    });
    Ok(Linted { findings: shown.collect() })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    user_id: String,
    entity_id: String,
    #[schemars(schema_with = "schema::permission")]
    permission: String,
}

fn permission(text: &str) -> Result<Permission, OperationError> {
    text.parse().map_err(|error| OperationError::Invalid(format!("`{text}`: {error}")))
}

/// Says why a user may or may not do something with an entity. The entity need not exist.
pub(crate) async fn explain(
    call: Call,
    Question { user_id, entity_id, permission: text }: Question,
) -> Outcome<Explained> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let permission = permission(&text)?;
    let user_id = known(&world.auth, &user_id)?;
    Ok(shown::explanation(&world.auth.rights_of(&user_id).explain(&entity_id, permission)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhoCan {
    entity_id: String,
    #[schemars(schema_with = "schema::permission")]
    permission: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Who {
    users: Vec<Allowed>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Allowed {
    user_id: String,
    name: Option<String>,
    why: Explained,
}

/// Lists who may do something with an entity, and why.
pub(crate) async fn who_can(call: Call, WhoCan { entity_id, permission: text }: WhoCan) -> Outcome<Who> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let permission = permission(&text)?;
    let who = world.auth.who_can(&entity_id, permission);
    let shown = who.iter().map(|(user, why)| Allowed {
        user_id: user.id.to_string(),
        name: user.name.clone(),
        why: shown::explanation(why),
    });
    Ok(Who { users: shown.collect() })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatCan {
    user_id: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct What {
    is_owner: bool,
    is_admin: bool,
    /// What is granted on every entity, whichever come.
    everywhere: Vec<&'static str>,
    /// Entity ids by permission.
    entities: BTreeMap<&'static str, Vec<String>>,
}

/// Lists what a user may do.
pub(crate) async fn what_can(call: Call, WhatCan { user_id }: WhatCan) -> Outcome<What> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let reach = world.auth.what_can(&known(&world.auth, &user_id)?);
    let directory = world.auth.directory();
    let entities = Permission::ALL.into_iter().zip(&reach.entities).map(|(permission, set)| {
        let ids = set.iter().filter_map(|no| directory.entity_id(no)).map(str::to_owned).collect();
        (permission.as_str(), ids)
    });
    Ok(What {
        is_owner: reach.is_owner,
        is_admin: reach.is_admin,
        everywhere: reach.everywhere.iter().map(Permission::as_str).collect(),
        entities: entities.collect(),
    })
}

fn known(snapshot: &auth_core::AuthSnapshot, user_id: &str) -> Result<UserId, OperationError> {
    let user = snapshot.user(user_id);
    user.map(|user| user.id.clone()).ok_or_else(|| OperationError::NotFound("User not found".to_owned()))
}
