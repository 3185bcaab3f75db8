//! Groups, their policies, and who is in them.

use auth_core::{Condition, Group, Policy, Schedule};
use home::{ReadRights, RemoveGroup, RemoveMember, SetGroup, SetMember};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Call, OperationError,
    operation::{Done, Nothing, Outcome},
    schema,
    shown::{self, Moment},
};

pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Vec<shown::Group>> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    Ok(world.auth.groups().map(|group| shown::group(&world.auth, group)).collect())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    group_id: String,
    name: Option<String>,
    #[serde(default)]
    #[schemars(schema_with = "schema::policy_or_none")]
    policy: Option<Value>,
    /// The policy that was shown before: if the group has another by now, nothing is changed.
    #[serde(default)]
    #[schemars(schema_with = "schema::policy_or_none")]
    policy_before: Option<Value>,
}

/// Makes a group, or changes what is given of it.
pub(crate) async fn set(
    call: Call,
    Set { group_id, name, policy, policy_before }: Set,
) -> Outcome<Option<shown::Group>> {
    let policy = policy.map(|policy| read_policy(&policy)).transpose()?;
    let asked = call.authorize(SetGroup { group_id: group_id.clone(), name, policy, policy_before })?;
    call.home.set_group(asked).await?;
    let world = call.home.bus().world();
    Ok(world.auth.group(&group_id).map(|group| shown::group(&world.auth, group)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    group_id: String,
}

pub(crate) async fn delete(call: Call, One { group_id }: One) -> Outcome<Done> {
    let asked = call.authorize(RemoveGroup { group_id })?;
    call.home.remove_group(asked).await?;
    Ok(Done)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preview {
    group_id: String,
    #[schemars(schema_with = "schema::policy")]
    policy: Value,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Previewed {
    users: Vec<OfUser>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OfUser {
    user_id: String,
    name: Option<String>,
    effects: Vec<shown::Change>,
}

/// Says who would gain and lose what, if the group had this policy. Nothing changes.
pub(crate) async fn preview(call: Call, Preview { group_id, policy }: Preview) -> Outcome<Previewed> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let policy = read_policy(&policy)?;
    let known = world.auth.group(&group_id);
    let known = known.ok_or_else(|| OperationError::NotFound(format!("there is no group `{group_id}`")))?;
    if known.system_generated {
        return Err(OperationError::Invalid(format!("group `{group_id}`: its policy is fixed")));
    }
    let mut edit = world.auth.edit();
    edit.set_group(Group { policy, unreadable: None, ..Group::clone(known) });
    let after = edit.finish();
    let changes = world.auth.effects_until(&after);
    let shown = changes.iter().map(|change| OfUser {
        user_id: change.user.id.to_string(),
        name: change.user.name.clone(),
        effects: shown::effects(&world.auth, &after, &change.effects),
    });
    Ok(Previewed { users: shown.collect() })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    group_id: String,
    user_id: String,
    #[serde(default)]
    from: Moment,
    #[serde(default)]
    until: Moment,
    #[serde(default)]
    #[schemars(schema_with = "schema::schedule")]
    schedule: Option<Schedule>,
}

/// Puts a user into a group, or says anew when the membership counts: always, unless something is said.
pub(crate) async fn set_member(
    call: Call,
    Member { group_id, user_id, from, until, schedule }: Member,
) -> Outcome<shown::User> {
    if let (Some(from), Some(until)) = (from.0, until.0)
        && until <= from
    {
        return Err(OperationError::Invalid(
            "`until` is not after `from`: the membership would never count".to_owned(),
        ));
    }
    let condition = Condition { from: from.0, until: until.0, schedule };
    let asked = call.authorize(SetMember { group_id, user_id, condition })?;
    Ok(shown::user(&call.home.set_member(asked).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoMember {
    group_id: String,
    user_id: String,
}

pub(crate) async fn remove_member(call: Call, NoMember { group_id, user_id }: NoMember) -> Outcome<shown::User> {
    let asked = call.authorize(RemoveMember { group_id, user_id })?;
    Ok(shown::user(&call.home.remove_member(asked).await?))
}

/// Reads a policy, with every mistake in it. It may be given as text: then names given twice are found, of which an object
/// keeps the last.
pub(crate) fn read_policy(policy: &Value) -> Result<Policy, OperationError> {
    let read = policy.as_str().map_or_else(|| Policy::from_value(policy), Policy::parse);
    read.map_err(OperationError::Policy)
}
