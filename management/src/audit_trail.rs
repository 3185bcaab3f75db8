//! The audit trail: searched, checked, set.

use audit::{Filter, Head, Outcome as Came, Trail};
use home::{AuditQuery, ReadAudit, SetAudit, TrailState};
use serde::Deserialize;
use serde_json::{Value, json};
use store::AuditSettings;

use crate::{
    Call, OperationError,
    operation::Outcome,
    shown::{Count, Moment},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    trail: Option<Trail>,
    user: Option<String>,
    action: Option<String>,
    outcome: Option<Came>,
    on: Option<String>,
    #[serde(default)]
    since: Moment,
    #[serde(default)]
    until: Moment,
    before: Option<Count>,
    limit: Option<Count>,
}

/// Lists records, newest first. `next` is where to go on, by `before`.
pub(crate) async fn list(mut call: Call) -> Outcome {
    let List { trail, user, action, outcome, on, since, until, before, limit } = call.read()?;
    let asked = call.authorize(ReadAudit {})?;
    let user = user.map(Into::into);
    let query = AuditQuery {
        filter: Filter { trail, user, action, outcome, on, since: since.0, until: until.0 },
        before: before.map(|count| count.0),
        limit: limit.map(|count| usize::try_from(count.0).unwrap_or(usize::MAX)),
    };
    let found = call.home.find_audit(&asked, query).await?;
    Ok(json!({"records": found.records, "next": found.next}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verify {
    /// Places that were noted before, separated by commas.
    noted: Option<String>,
}

/// Follows every trail, and looks for places that were noted before.
pub(crate) async fn verify(mut call: Call) -> Outcome {
    let Verify { noted } = call.read()?;
    let asked = call.authorize(ReadAudit {})?;
    let noted = noted.unwrap_or_default();
    let heads = noted.split(',').filter(|text| !text.trim().is_empty()).map(|text| text.trim().parse::<Head>());
    let heads = heads.collect::<Result<Vec<_>, _>>().map_err(OperationError::Invalid)?;
    let state = call.home.verify_audit(&asked, &heads).await?;
    Ok(json!({"whole": state.is_whole(), "trails": state.trails.iter().map(shown).collect::<Vec<_>>()}))
}

fn shown(TrailState { span, broken, noted }: &TrailState) -> Value {
    let noted = noted.iter().map(|(head, found)| json!({"place": head.to_string(), "found": found}));
    json!({
        "trail": span.end.trail,
        "records": span.end.number.saturating_sub(span.start.number),
        "start": span.start.to_string(),
        "end": span.end.to_string(),
        "broken": broken,
        "noted": noted.collect::<Vec<_>>(),
    })
}

pub(crate) async fn settings(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ReadAudit {})?;
    Ok(shown_settings(call.home.audit_settings(&asked)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    control: Option<bool>,
    keep_days: Option<u32>,
    keep_lines: Option<u64>,
}

pub(crate) async fn set(mut call: Call) -> Outcome {
    let Set { control, keep_days, keep_lines } = call.read()?;
    let asked = call.authorize(SetAudit { control, keep_days, keep_lines })?;
    Ok(shown_settings(call.home.set_audit(asked).await?))
}

fn shown_settings(AuditSettings { control, keep_days, keep_lines }: AuditSettings) -> Value {
    json!({"control": control, "keep_days": keep_days, "keep_lines": keep_lines})
}
