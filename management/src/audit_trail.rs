//! The audit trail: searched, checked, set.

use audit::{Filter, Head, Outcome as Came, Trail};
use home::{AuditQuery, ReadAudit, SetAudit, TrailState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::AuditSettings;

use crate::{
    Call, OperationError,
    operation::{Nothing, Outcome},
    schema,
    shown::{Count, Moment},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    #[schemars(schema_with = "schema::trail")]
    #[serde(default)]
    trail: Option<Trail>,
    user: Option<String>,
    action: Option<String>,
    #[schemars(schema_with = "schema::outcome")]
    #[serde(default)]
    outcome: Option<Came>,
    on: Option<String>,
    #[serde(default)]
    since: Moment,
    #[serde(default)]
    until: Moment,
    before: Option<Count>,
    limit: Option<Count>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Found {
    #[schemars(schema_with = "schema::records")]
    records: Vec<Value>,
    next: Option<u64>,
}

/// Lists records, newest first. `next` is where to go on, by `before`.
pub(crate) async fn list(
    call: Call,
    List { trail, user, action, outcome, on, since, until, before, limit }: List,
) -> Outcome<Found> {
    let asked = call.authorize(ReadAudit {})?;
    let user = user.map(Into::into);
    let query = AuditQuery {
        filter: Filter { trail, user, action, outcome, on, since: since.0, until: until.0 },
        before: before.map(|count| count.0),
        limit: limit.map(|count| usize::try_from(count.0).unwrap_or(usize::MAX)),
    };
    let found = call.home.find_audit(&asked, query).await?;
    Ok(Found { records: found.records, next: found.next })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    /// Places that were noted before, separated by commas.
    noted: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Verified {
    /// Everything is as it was written, and every place that was noted is where it was.
    whole: bool,
    trails: Vec<Followed>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Followed {
    #[schemars(schema_with = "schema::trail")]
    trail: Trail,
    records: u64,
    start: String,
    end: String,
    /// What is wrong with the chain.
    broken: Option<String>,
    noted: Vec<Noted>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Noted {
    place: String,
    /// Whether the chain has it; none if it has been trimmed away.
    found: Option<bool>,
}

/// Follows every trail, and looks for places that were noted before.
pub(crate) async fn verify(call: Call, Verify { noted }: Verify) -> Outcome<Verified> {
    let asked = call.authorize(ReadAudit {})?;
    let noted = noted.unwrap_or_default();
    let heads = noted.split(',').filter(|text| !text.trim().is_empty()).map(|text| text.trim().parse::<Head>());
    let heads = heads.collect::<Result<Vec<_>, _>>().map_err(OperationError::Invalid)?;
    let state = call.home.verify_audit(&asked, &heads).await?;
    Ok(Verified { whole: state.is_whole(), trails: state.trails.iter().map(shown).collect() })
}

fn shown(TrailState { span, broken, noted }: &TrailState) -> Followed {
    let noted = noted.iter().map(|(head, found)| Noted { place: head.to_string(), found: *found });
    Followed {
        trail: span.end.trail,
        records: span.end.number.saturating_sub(span.start.number),
        start: span.start.to_string(),
        end: span.end.to_string(),
        broken: broken.clone(),
        noted: noted.collect(),
    }
}

pub(crate) async fn settings(call: Call, _: Nothing) -> Outcome<Settings> {
    let asked = call.authorize(ReadAudit {})?;
    Ok(shown_settings(call.home.audit_settings(&asked)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    control: Option<bool>,
    keep_days: Option<u32>,
    keep_lines: Option<u64>,
}

pub(crate) async fn set(call: Call, Set { control, keep_days, keep_lines }: Set) -> Outcome<Settings> {
    let asked = call.authorize(SetAudit { control, keep_days, keep_lines })?;
    Ok(shown_settings(call.home.set_audit(asked).await?))
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Settings {
    control: bool,
    keep_days: u32,
    keep_lines: u64,
}

const fn shown_settings(AuditSettings { control, keep_days, keep_lines }: AuditSettings) -> Settings {
    Settings { control, keep_days, keep_lines }
}
