//! What a group would change that is not there yet, or would have other members.

use auth_core::{Group, Policy, User};
use home::ReadRights;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Call, OperationError,
    groups::read_policy,
    operation::Outcome,
    schema,
    shown::{self, Change},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// One that there is not is taken for a new one.
    group_id: String,
    #[schemars(schema_with = "schema::policy")]
    policy: Value,
    /// Who would be in it besides.
    #[serde(default)]
    user_ids: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Drafted {
    is_new: bool,
    users: Vec<OfUser>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OfUser {
    user_id: String,
    name: Option<String>,
    /// Their membership does not always count: this is what changes while it does.
    at_times: bool,
    effects: Vec<Change>,
}

/// Says who would gain and lose what while their memberships count, if the group had this policy and these users besides.
/// Memberships of the group that do not count now are taken as if they did: else nothing would seem to change for a guest
/// who comes on Friday. Nothing changes.
pub(crate) async fn preview(call: Call, Draft { group_id, policy, user_ids }: Draft) -> Outcome<Drafted> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let policy = read_policy(&policy)?;
    let known = world.auth.group(&group_id);
    if known.is_some_and(|group| group.system_generated) {
        return Err(OperationError::Invalid(format!("group `{group_id}`: its policy is fixed")));
    }
    let id = auth_core::GroupId::from(group_id.as_str());
    let mut edit = world.auth.edit();
    let is_at_times = |user: &User| user.conditions.contains_key(&id);
    let always = |user: &User| {
        let mut user = user.clone();
        user.conditions.remove(&id);
        user
    };
    for user in world.auth.users().filter(|user| user.group_ids.contains(&id) && is_at_times(user)) {
        edit.set_user(always(user));
    }
    let before = edit.finish();
    let mut edit = before.edit();
    let group = known.map_or_else(|| Group::new(&*group_id, &group_id, Policy::default()), |group| Group::clone(group));
    edit.set_group(Group { policy, unreadable: None, ..group });
    for user_id in user_ids {
        let user = before.user(&user_id).ok_or_else(|| OperationError::NotFound("User not found".to_owned()))?;
        let mut user = User::clone(user);
        if !user.group_ids.contains(&id) {
            user.group_ids.push(id.clone());
        }
        edit.set_user(user);
    }
    let after = edit.finish();
    let shown = before.effects_until(&after).into_iter().map(|change| OfUser {
        at_times: world.auth.user(change.user.id.as_str()).is_some_and(|user| is_at_times(user)),
        user_id: change.user.id.to_string(),
        name: change.user.name.clone(),
        effects: shown::effects(&before, &after, &change.effects),
    });
    Ok(Drafted { is_new: known.is_none(), users: shown.collect() })
}
