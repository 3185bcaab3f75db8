//! What needs somebody's attention: entries that do not run, sign-ins that wait, issues, groups that cannot be read.

use config_entries::{EntryFilter, ListEntries, ListFlows, ListIssues};
use home::{HA_VERSION, ReadRights};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Call,
    operation::{Nothing, Outcome},
};

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Attention {
    /// Entries that should run and do not.
    entries: Vec<Entry>,
    /// Entries whose credentials were refused: each waits for somebody to sign in again.
    reauths: Vec<Reauth>,
    /// Issues that nobody has dismissed.
    issues: Vec<Issue>,
    /// Groups whose stored policy cannot be read: they grant nothing.
    groups: Vec<Unreadable>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Entry {
    entry_id: String,
    domain: String,
    title: String,
    state: String,
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Reauth {
    flow_id: String,
    domain: String,
    entry_id: Option<String>,
    title: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Issue {
    domain: String,
    issue_id: String,
    severity: String,
    created: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Unreadable {
    group_id: String,
    name: String,
    problem: String,
}

/// States of an entry in which it waits for somebody, or for better times.
const TROUBLED: [&str; 4] = ["setup_error", "setup_retry", "migration_error", "failed_unload"];

pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Attention> {
    let world = call.home.rights_of_all(&call.authorize(ReadRights {})?);
    let manager = call.home.manager();
    let all = manager.entries(&call.authorize(ListEntries)?, &EntryFilter { domain: None, types: None });
    let title_of = |id: &str| {
        let entry = all.iter().find(|entry| entry.get("entry_id").and_then(Value::as_str) == Some(id))?;
        text(entry, "title")
    };
    let troubled = all.iter().filter(|entry| text(entry, "state").is_some_and(|state| TROUBLED.contains(&&*state)));
    let entries = troubled.map(|entry| Entry {
        entry_id: text(entry, "entry_id").unwrap_or_default(),
        domain: text(entry, "domain").unwrap_or_default(),
        title: text(entry, "title").unwrap_or_default(),
        state: text(entry, "state").unwrap_or_default(),
        reason: text(entry, "reason"),
    });
    let flows = manager.flows_in_progress(&call.authorize(ListFlows)?);
    let context = |flow: &Value, name: &str| flow.get("context").and_then(|context| text(context, name));
    let reauths = flows.iter().filter(|flow| context(flow, "source").as_deref() == Some("reauth")).map(|flow| {
        let entry_id = context(flow, "entry_id");
        Reauth {
            flow_id: text(flow, "flow_id").unwrap_or_default(),
            domain: text(flow, "handler").unwrap_or_default(),
            title: entry_id.as_deref().and_then(title_of),
            entry_id,
        }
    });
    let issues = manager.issues(&call.authorize(ListIssues)?, HA_VERSION);
    let open = issues.iter().filter(|issue| issue.get("ignored").and_then(Value::as_bool) != Some(true));
    let issues = open.map(|issue| Issue {
        domain: text(issue, "domain").unwrap_or_default(),
        issue_id: text(issue, "issue_id").unwrap_or_default(),
        severity: text(issue, "severity").unwrap_or_default(),
        created: text(issue, "created").unwrap_or_default(),
    });
    let groups = world.auth.groups().filter_map(|group| {
        let problem = group.unreadable.clone()?;
        Some(Unreadable { group_id: group.id.to_string(), name: group.name.clone(), problem })
    });
    Ok(Attention {
        entries: entries.collect(),
        reauths: reauths.collect(),
        issues: issues.collect(),
        groups: groups.collect(),
    })
}

fn text(of: &Value, name: &str) -> Option<String> {
    of.get(name).and_then(Value::as_str).map(str::to_owned)
}
