//! Groups, their policies, and who is in them.

use auth_core::{Condition, Group, Policy, Schedule};
use home::{ReadRights, RemoveGroup, RemoveMember, SetGroup, SetMember};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Call, OperationError,
    operation::Outcome,
    shown::{self, Moment},
};

pub(crate) async fn list(mut call: Call) -> Outcome {
    call.no_members()?;
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    Ok(world.auth.groups().map(|group| shown::group(&world.auth, group)).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    group_id: String,
    name: Option<String>,
    policy: Option<Value>,
}

/// Makes a group, or changes what is given of it.
pub(crate) async fn set(mut call: Call) -> Outcome {
    let Set { group_id, name, policy } = call.read()?;
    let policy = policy.map(|policy| read_policy(&policy)).transpose()?;
    let asked = call.authorize(SetGroup { group_id: group_id.clone(), name, policy })?;
    call.home.set_group(asked).await?;
    let world = call.home.bus().world();
    Ok(world.auth.group(&group_id).map_or(Value::Null, |group| shown::group(&world.auth, group)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    group_id: String,
}

pub(crate) async fn delete(mut call: Call) -> Outcome {
    let One { group_id } = call.read()?;
    let asked = call.authorize(RemoveGroup { group_id })?;
    call.home.remove_group(asked).await?;
    Ok(Value::Null)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preview {
    group_id: String,
    policy: Value,
}

/// Says who would gain and lose what, if the group had this policy. Nothing changes.
pub(crate) async fn preview(mut call: Call) -> Outcome {
    let Preview { group_id, policy } = call.read()?;
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
    let shown = changes.iter().map(|change| {
        let effects = shown::effects(&world.auth, &after, &change.effects);
        json!({"user_id": change.user.id, "name": change.user.name, "effects": effects})
    });
    Ok(json!({"users": shown.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    group_id: String,
    user_id: String,
    #[serde(default)]
    from: Moment,
    #[serde(default)]
    until: Moment,
    schedule: Option<Schedule>,
}

/// Puts a user into a group, or says anew when the membership counts: always, unless something is said.
pub(crate) async fn set_member(mut call: Call) -> Outcome {
    let Member { group_id, user_id, from, until, schedule } = call.read()?;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoMember {
    group_id: String,
    user_id: String,
}

pub(crate) async fn remove_member(mut call: Call) -> Outcome {
    let NoMember { group_id, user_id } = call.read()?;
    let asked = call.authorize(RemoveMember { group_id, user_id })?;
    Ok(shown::user(&call.home.remove_member(asked).await?))
}

/// Reads a policy, with every mistake in it. It may be given as text: then names given twice are found, of which an object
/// keeps the last.
pub(crate) fn read_policy(policy: &Value) -> Result<Policy, OperationError> {
    let read = policy.as_str().map_or_else(|| Policy::from_value(policy), Policy::parse);
    read.map_err(OperationError::Policy)
}
