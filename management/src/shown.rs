//! Users, groups, effects and explanations as objects; times as texts.

use auth_core::{
    AuthSnapshot, Condition, Effect, EntityNo, Exception, Explanation, Grant, Group, Permission, Reason, Remedy,
    Subcategory, Timestamp,
};
use home::UserInfo;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value, json};

/// Shows a user: as `config/auth/list` does, and more.
pub(crate) fn user(info: &UserInfo) -> Value {
    let user = &info.user;
    let conditions = user.conditions.iter().map(|(group, when)| (group.to_string(), condition(when)));
    json!({
        "id": user.id,
        "username": info.username,
        "name": user.name,
        "is_owner": user.is_owner,
        "is_active": user.is_active,
        "is_admin": user.is_admin(),
        "is_service": user.is_service,
        "has_second_factor": info.has_second_factor,
        "local_only": user.local_only,
        "system_generated": user.system_generated,
        "group_ids": user.group_ids,
        "conditions": conditions.collect::<Map<_, _>>(),
    })
}

/// Shows a group, with the users who are in it.
pub(crate) fn group(snapshot: &AuthSnapshot, group: &Group) -> Value {
    let mut members: Vec<_> =
        snapshot.users().filter(|user| user.group_ids.contains(&group.id)).map(|user| user.id.clone()).collect();
    members.sort();
    json!({
        "id": group.id,
        "name": group.name,
        "policy": group.policy.to_value(),
        "system_generated": group.system_generated,
        "unreadable": group.unreadable,
        "members": members,
    })
}

/// Shows when a membership counts.
pub(crate) fn condition(condition: &Condition) -> Value {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({"from": at(condition.from), "until": at(condition.until), "schedule": condition.schedule})
}

/// Shows what is gained and lost, by entity id.
pub fn effects(before: &AuthSnapshot, after: &AuthSnapshot, effects: &[Effect]) -> Value {
    let ids = |home: &AuthSnapshot, list: &[EntityNo]| -> Vec<String> {
        list.iter().filter_map(|no| home.directory().entity_id(*no)).map(ToOwned::to_owned).collect()
    };
    let shown = effects.iter().map(|Effect { permission, gained, lost }| {
        json!({"permission": permission.as_str(), "gained": ids(after, gained), "lost": ids(before, lost)})
    });
    Value::Array(shown.collect())
}

/// Shows an explanation.
pub fn explanation(explanation: &Explanation) -> Value {
    let mut shown = Map::from_iter([
        ("entity_id".to_owned(), json!(explanation.entity_id)),
        ("permission".to_owned(), json!(explanation.permission.as_str())),
        ("granted".to_owned(), json!(explanation.is_granted())),
        ("text".to_owned(), json!(explanation.to_string())),
    ]);
    let mut add = |name: &str, value: Value| _ = shown.insert(name.to_owned(), value);
    match &explanation.reason {
        Reason::Granted(grants) => add("rules", grants.iter().map(rule).collect()),
        Reason::NoRule { groups, device_id, area_id, exceptions, remedy } => {
            add("groups", groups.iter().map(|group| group.id.as_str()).collect());
            add("device_id", json!(device_id));
            add("area_id", json!(area_id));
            let taken = |exception: &Exception| {
                let except = json!({"subcategory": exception.subcategory.as_str(), "name": exception.name});
                json!({"rule": rule(&exception.grant), "except": except})
            };
            add("exceptions", exceptions.iter().map(taken).collect());
            let group = match remedy {
                Remedy::Add(group) => Some(group.as_str()),
                Remedy::Join => None,
            };
            let rule = json!({"entity_ids": {&explanation.entity_id: {explanation.permission.as_str(): true}}});
            add("smallest_rule", json!({"group": group, "rule": rule}));
        }
        Reason::Owner
        | Reason::System(_)
        | Reason::Narrowed
        | Reason::Inactive
        | Reason::UnknownUser
        | Reason::Integration => {}
    }
    Value::Object(shown)
}

fn rule(grant: &Grant) -> Value {
    json!({
        "group": grant.group.id.as_str(),
        "subcategory": grant.subcategory.map(Subcategory::as_str),
        "name": grant.name,
        "permissions": grant.permissions.iter().map(Permission::as_str).collect::<Vec<_>>(),
    })
}

/// Reads a moment: RFC 3339 with its offset, such as `2026-11-27T16:00+01:00`.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    let moment =
        moment.map_err(|_| format!("`{text}` is no moment with its offset, such as 2026-11-27T16:00+01:00"))?;
    Ok(Timestamp::from_micros(moment.as_microsecond()))
}

/// A moment in a request; `null` and left out are the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment(pub(crate) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(Self(text.map(|text| moment(&text)).transpose().map_err(D::Error::custom)?))
    }
}

/// A number that may be written as text, as it is in a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        number.map(Self).ok_or_else(|| D::Error::custom(format!("`{value}` is no whole number from 0 up")))
    }
}
