//! Users, groups, effects and explanations as objects; times as texts.

use std::collections::BTreeMap;

use auth_core::{
    AuthSnapshot, Condition, Effect, EntityNo, Exception, Explanation, Grant, Permission, Reason, Remedy, Schedule,
    Subcategory, Timestamp,
};
use home::UserInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Value, json};

use crate::schema;

/// A user: as `config/auth/list` shows them, and more.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct User {
    id: String,
    username: Option<String>,
    name: Option<String>,
    is_owner: bool,
    is_active: bool,
    is_admin: bool,
    is_service: bool,
    has_second_factor: bool,
    local_only: bool,
    system_generated: bool,
    group_ids: Vec<String>,
    /// When memberships count that do not always, by group.
    conditions: BTreeMap<String, When>,
}

/// When a membership counts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct When {
    from: Option<String>,
    until: Option<String>,
    #[schemars(schema_with = "schema::schedule")]
    schedule: Option<Schedule>,
}

/// Shows a user.
pub(crate) fn user(info: &UserInfo) -> User {
    let user = &info.user;
    let conditions = user.conditions.iter().map(|(group, when)| (group.to_string(), condition(when)));
    User {
        id: user.id.to_string(),
        username: info.username.clone(),
        name: user.name.clone(),
        is_owner: user.is_owner,
        is_active: user.is_active,
        is_admin: user.is_admin(),
        is_service: user.is_service,
        has_second_factor: info.has_second_factor,
        local_only: user.local_only,
        system_generated: user.system_generated,
        group_ids: user.group_ids.iter().map(ToString::to_string).collect(),
        conditions: conditions.collect(),
    }
}

/// A group, with the users who are in it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Group {
    id: String,
    name: String,
    #[schemars(schema_with = "schema::shown_policy")]
    policy: Value,
    system_generated: bool,
    /// Why the stored policy cannot be read.
    unreadable: Option<String>,
    members: Vec<String>,
}

/// Shows a group.
pub(crate) fn group(snapshot: &AuthSnapshot, group: &auth_core::Group) -> Group {
    let members = snapshot.users().filter(|user| user.group_ids.contains(&group.id));
    let mut members: Vec<_> = members.map(|user| user.id.to_string()).collect();
    members.sort();
    Group {
        id: group.id.to_string(),
        name: group.name.clone(),
        policy: group.policy.to_value(),
        system_generated: group.system_generated,
        unreadable: group.unreadable.clone(),
        members,
    }
}

fn condition(condition: &Condition) -> When {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
    When { from: at(condition.from), until: at(condition.until), schedule: condition.schedule.clone() }
}

/// What is gained and lost of one permission, by entity id.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Change {
    /// The permission.
    pub permission: &'static str,
    /// Entities on which it is had afterwards only.
    pub gained: Vec<String>,
    /// Entities on which it was had before only.
    pub lost: Vec<String>,
}

/// Shows what is gained and lost.
pub fn effects(before: &AuthSnapshot, after: &AuthSnapshot, effects: &[Effect]) -> Vec<Change> {
    let ids = |home: &AuthSnapshot, list: &[EntityNo]| -> Vec<String> {
        list.iter().filter_map(|no| home.directory().entity_id(*no)).map(ToOwned::to_owned).collect()
    };
    let shown = effects.iter().map(|Effect { permission, gained, lost }| Change {
        permission: permission.as_str(),
        gained: ids(after, gained),
        lost: ids(before, lost),
    });
    shown.collect()
}

/// Why something may be done, or not.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explained {
    entity_id: String,
    permission: &'static str,
    granted: bool,
    text: String,
    #[serde(flatten)]
    why: Why,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Why {
    Granted { rules: Vec<Rule> },
    NoRule(Box<NoRule>),
    Else {},
}

#[derive(Debug, Serialize, JsonSchema)]
struct NoRule {
    groups: Vec<String>,
    device_id: Option<String>,
    area_id: Option<String>,
    exceptions: Vec<Taken>,
    smallest_rule: Smallest,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Rule {
    group: String,
    subcategory: Option<&'static str>,
    name: Option<String>,
    permissions: Vec<&'static str>,
}

/// What a rule grants and excepts again.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Taken {
    rule: Rule,
    except: Except,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Except {
    subcategory: &'static str,
    name: Option<String>,
}

/// The smallest rule that would grant it, and the group to put it in, if the user is in one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Smallest {
    group: Option<String>,
    #[schemars(schema_with = "schema::shown_policy")]
    rule: Value,
}

/// Shows an explanation.
pub fn explanation(explanation: &Explanation) -> Explained {
    let why = match &explanation.reason {
        Reason::Granted(grants) => Why::Granted { rules: grants.iter().map(rule).collect() },
        Reason::NoRule { groups, device_id, area_id, exceptions, remedy } => {
            let taken = |exception: &Exception| {
                let Exception { grant, subcategory, name, .. } = exception;
                Taken { rule: rule(grant), except: Except { subcategory: subcategory.as_str(), name: name.clone() } }
            };
            let group = match remedy {
                Remedy::Add(group) => Some(group.to_string()),
                Remedy::Join => None,
            };
            let rule = json!({"entity_ids": {&explanation.entity_id: {explanation.permission.as_str(): true}}});
            Why::NoRule(Box::new(NoRule {
                groups: groups.iter().map(|group| group.id.to_string()).collect(),
                device_id: device_id.as_ref().map(ToString::to_string),
                area_id: area_id.as_ref().map(ToString::to_string),
                exceptions: exceptions.iter().map(taken).collect(),
                smallest_rule: Smallest { group, rule },
            }))
        }
        Reason::Owner
        | Reason::System(_)
        | Reason::Narrowed
        | Reason::Inactive
        | Reason::UnknownUser
        | Reason::Integration => Why::Else {},
    };
    Explained {
        entity_id: explanation.entity_id.to_string(),
        permission: explanation.permission.as_str(),
        granted: explanation.is_granted(),
        text: explanation.to_string(),
        why,
    }
}

fn rule(grant: &Grant) -> Rule {
    Rule {
        group: grant.group.id.to_string(),
        subcategory: grant.subcategory.map(Subcategory::as_str),
        name: grant.name.as_ref().map(ToString::to_string),
        permissions: grant.permissions.iter().map(Permission::as_str).collect(),
    }
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
