//! The first page: what needs somebody's attention.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::json;

use crate::{
    asked::{Asked, Frame},
    bans::Failures,
    groups::href,
    problem::Problem,
    reply,
    settings::StepUp,
};

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    attention: Attention,
    groups: Vec<Unreadable>,
    waiting: usize,
    failing: usize,
    step_up: StepUp,
    is_quiet: bool,
}

#[derive(Deserialize)]
struct Attention {
    entries: Vec<Entry>,
    reauths: Vec<Reauth>,
    issues: Vec<Issue>,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Entry {
    domain: String,
    title: String,
    state: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Reauth {
    domain: String,
    title: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    domain: String,
    issue_id: String,
    severity: String,
    created: String,
}

#[derive(Deserialize)]
struct Group {
    group_id: String,
    name: String,
    problem: String,
}

struct Unreadable {
    href: String,
    name: String,
    problem: String,
}

/// The most of each list that are shown: the first page says that something is wrong, not everything that is.
const MAX_LISTED: usize = 50;

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    let mut attention: Attention = asked.run("attention/list", json!({})).await?;
    let failures: Failures = asked.run("logins/failures", json!({})).await?;
    let step_up: StepUp = asked.run("step_up/status", json!({})).await?;
    let clock = asked.clock();
    attention.entries.truncate(MAX_LISTED);
    attention.reauths.truncate(MAX_LISTED);
    attention.issues.truncate(MAX_LISTED);
    for issue in &mut attention.issues {
        issue.created = clock.show(&issue.created);
    }
    let groups = std::mem::take(&mut attention.groups).into_iter().take(MAX_LISTED).map(|group| Unreadable {
        href: href(&group.group_id),
        name: group.name,
        problem: group.problem,
    });
    let groups: Vec<_> = groups.collect();
    let (waiting, failing) = failures.counts();
    let is_quiet = attention.entries.is_empty()
        && attention.reauths.is_empty()
        && attention.issues.is_empty()
        && groups.is_empty()
        && waiting + failing == 0;
    let page = Page { frame: asked.frame("overview"), attention, groups, waiting, failing, step_up, is_quiet };
    reply::page(StatusCode::OK, &page)
}
