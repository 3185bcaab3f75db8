//! Answers as people and programs read them.

use std::fmt::Display;

use auth_core::{AuthSnapshot, Effect, EntityNo, Explanation, Grant, Permission, Reason, Remedy};
use serde_json::{Value, json};

use crate::{cli::Format, output};

/// Writes lines for people, or one object for programs.
pub(super) fn say<L: Display>(format: Format, lines: impl IntoIterator<Item = L>, object: Value) {
    match format {
        Format::Text => lines.into_iter().for_each(output::line),
        Format::Json => output::line(object),
    }
}

/// Returns what is gained and lost, by entity id: lines, and a list.
pub(super) fn effects(before: &AuthSnapshot, after: &AuthSnapshot, effects: &[Effect]) -> (Vec<String>, Value) {
    let ids = |home: &AuthSnapshot, list: &[EntityNo]| -> Vec<String> {
        list.iter().filter_map(|no| home.directory().entity_id(*no)).map(ToOwned::to_owned).collect()
    };
    let (mut lines, mut shown) = (Vec::new(), Vec::new());
    for Effect { permission, gained, lost } in effects {
        let (gained, lost) = (ids(after, gained), ids(before, lost));
        if !gained.is_empty() {
            lines.push(format!("gains {permission}: {}", gained.join(" ")));
        }
        if !lost.is_empty() {
            lines.push(format!("loses {permission}: {}", lost.join(" ")));
        }
        shown.push(json!({"permission": permission.as_str(), "gained": gained, "lost": lost}));
    }
    (lines, Value::Array(shown))
}

/// Returns an explanation as an object.
pub(super) fn explanation(explanation: &Explanation) -> Value {
    let mut shown = json!({
        "entity_id": explanation.entity_id,
        "permission": explanation.permission.as_str(),
        "granted": explanation.is_granted(),
        "text": explanation.to_string(),
    });
    let mut add = |name: &str, value: Value| {
        if let Some(shown) = shown.as_object_mut() {
            shown.insert(name.to_owned(), value);
        }
    };
    match &explanation.reason {
        Reason::Granted(grants) => add("rules", grants.iter().map(rule).collect()),
        Reason::NoRule { groups, device_id, area_id, exceptions, remedy } => {
            add("groups", groups.iter().map(|group| group.id.as_str()).collect());
            add("device_id", json!(device_id));
            add("area_id", json!(area_id));
            let taken = |e: &auth_core::Exception| json!({"rule": rule(&e.grant), "except": {"subcategory": e.subcategory.as_str(), "name": e.name}});
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
    shown
}

fn rule(grant: &Grant) -> Value {
    json!({
        "group": grant.group.id.as_str(),
        "subcategory": grant.subcategory.map(auth_core::Subcategory::as_str),
        "name": grant.name,
        "permissions": grant.permissions.iter().map(Permission::as_str).collect::<Vec<_>>(),
    })
}
