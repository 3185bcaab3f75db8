//! The audit trail: searched, paged, and followed live by the script, which asks again for what the page shows.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    asked::{Asked, Frame},
    clock::Clock,
    form::{Form, encoded},
    groups::{Choice, choices, people},
    problem::{Problem, Wrong},
    reply,
    shown::{cut, short},
};

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    choices: Vec<Choice>,
    action: String,
    on: String,
    outcomes: Vec<Choice>,
    trails: Vec<Choice>,
    since: String,
    until: String,
    records: Vec<Record>,
    /// Where older ones are.
    next: Option<String>,
    /// Newer ones come in at the top.
    is_newest: bool,
    wrong: Option<Wrong>,
}

struct Record {
    at: String,
    who: String,
    action: String,
    on: String,
    outcome: String,
    from: String,
    reason: String,
    count: String,
    detail: String,
}

#[derive(Deserialize)]
struct Found {
    records: Vec<Value>,
    next: Option<u64>,
}

/// The most records of one page.
const MAX_LISTED: usize = 50;
/// The longest detail that is shown of a record, in characters; the rest is in what programs get.
const MAX_DETAIL: usize = 600;

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    let (clock, query) = (asked.clock(), &asked.query);
    let mut members = Map::from_iter([("limit".to_owned(), json!(MAX_LISTED))]);
    for name in ["user", "action", "on", "outcome", "trail", "before"] {
        members.extend(query.filled(name).map(|value| (name.to_owned(), json!(value))));
    }
    let mut wrong = None;
    for name in ["since", "until"] {
        match clock.read(query.get(name)) {
            Ok(moment) => members.extend(moment.map(|moment| (name.to_owned(), json!(moment)))),
            Err(text) => wrong = Some(Wrong::new(text)),
        }
    }
    let mut found = Found { records: Vec::new(), next: None };
    if wrong.is_none() {
        match asked.run("audit/list", Value::Object(members)).await {
            Ok(told) => found = told,
            Err(error) => wrong = Some(Wrong::of(error)?),
        }
    }
    let choice = |name: &str, all: &[(&str, &str)]| {
        let choice = |(id, text): &(&str, &str)| Choice {
            id: (*id).to_owned(),
            name: (*text).to_owned(),
            chosen: query.get(name) == *id,
        };
        all.iter().map(choice).collect::<Vec<_>>()
    };
    let users = people(&asked).await?;
    let page = Page {
        frame: asked.frame("audit"),
        choices: choices(&users, query.get("user")),
        action: query.get("action").to_owned(),
        on: query.get("on").to_owned(),
        outcomes: choice("outcome", &[("done", "done"), ("denied", "refused"), ("failed", "failed")]),
        trails: choice(
            "trail",
            &[("acts", "acts"), ("access", "access"), ("control", "control"), ("refused", "refusals")],
        ),
        since: query.get("since").to_owned(),
        until: query.get("until").to_owned(),
        records: found.records.iter().map(|record| Record::of(record, &clock)).collect(),
        next: found.next.map(|before| older(query, before)),
        is_newest: query.filled("before").is_none(),
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

fn older(query: &Form, before: u64) -> String {
    let kept = query.pairs().iter().filter(|(name, value)| name != "before" && name != "done" && !value.is_empty());
    let kept = kept.map(|(name, value)| format!("{}={}&", encoded(name), encoded(value)));
    format!("/doorward/audit?{}before={before}", kept.collect::<String>())
}

impl Record {
    fn of(record: &Value, clock: &Clock) -> Self {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        let named = |id: &str| record.get("names")?.get(id)?.as_str();
        let name_of = |id: &str| {
            let (id, name) = (short(id), named(id));
            name.map_or_else(|| id.to_owned(), |name| format!("{} ({id})", short(name)))
        };
        let who = match record.get("by") {
            Some(Value::String(text)) => text.clone(),
            Some(by) => {
                let member = |kind: &str, name: &str| by.get(kind)?.get(name)?.as_str().map(str::to_owned);
                let user = member("user", "id").map(|id| named(&id).map_or_else(|| id.clone(), str::to_owned));
                let role = member("system", "role").map(|role| format!("the hub ({role})"));
                let domain = member("integration", "domain").map(|domain| format!("integration {domain}"));
                user.or(role).or(domain).unwrap_or_default()
            }
            None => String::new(),
        };
        let count = record.get("count").and_then(Value::as_u64).filter(|count| *count > 1);
        let last = text("last_at");
        Self {
            at: clock.show_exactly(text("at")),
            who: short(&who).to_owned(),
            action: short(text("action")).replace('_', " "),
            on: if text("on").is_empty() { String::new() } else { name_of(text("on")) },
            outcome: if text("outcome") == "denied" { "refused".to_owned() } else { text("outcome").to_owned() },
            from: text("from").to_owned(),
            reason: if text("unreadable").is_empty() {
                cut(text("reason"), MAX_DETAIL)
            } else {
                "unreadable".to_owned()
            },
            count: count.map_or_else(String::new, |count| format!("{count} times, until {}", clock.show_exactly(last))),
            detail: record.get("detail").map(|detail| cut(&detail.to_string(), MAX_DETAIL)).unwrap_or_default(),
        }
    }
}
