//! Addresses that are shut out, and failed logins.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    asked::{Asked, Frame},
    problem::{Problem, Wrong},
    reply,
};

#[derive(Template)]
#[template(path = "bans.html")]
struct Page {
    frame: Frame,
    bans: Vec<Ban>,
    n_more_bans: usize,
    failures: Failures,
    network: String,
    until: String,
    reason: String,
    wrong: Option<Wrong>,
}

#[derive(Deserialize)]
struct Ban {
    network: String,
    scope: String,
    until: Option<String>,
    reason: Option<String>,
    created_at: String,
}

impl Ban {
    fn what(&self) -> &'static str {
        if self.scope == "everything" { "everything, by the owner" } else { "logins, after too many failures" }
    }
}

/// Failed logins that are remembered.
#[derive(Deserialize)]
pub(crate) struct Failures {
    addresses: Vec<OfAddress>,
    users: Vec<OfUser>,
}

#[derive(Deserialize)]
struct OfAddress {
    address: Option<String>,
    failures: u32,
    wait_secs: u32,
}

#[derive(Deserialize)]
struct OfUser {
    user_id: String,
    username: Option<String>,
    failures: u32,
    wait_secs: u32,
}

impl Failures {
    /// Returns how many addresses and users wait for the next try, and how many others have failed.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let waits = self.addresses.iter().map(|of| of.wait_secs).chain(self.users.iter().map(|of| of.wait_secs));
        let waiting = waits.filter(|secs| *secs > 0).count();
        (waiting, self.addresses.len() + self.users.len() - waiting)
    }
}

/// The most of each list on one page.
const MAX_LISTED: usize = 100;

/// What is typed into the form of a new ban.
#[derive(Default)]
struct New {
    network: String,
    until: String,
    reason: String,
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    page(&asked, New::default(), None).await
}

async fn page(asked: &Asked, new: New, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let mut bans: Vec<Ban> = asked.run("bans/list", json!({})).await?;
    let mut failures: Failures = asked.run("logins/failures", json!({})).await?;
    let (clock, n_bans) = (asked.clock(), bans.len());
    bans.truncate(MAX_LISTED);
    failures.addresses.truncate(MAX_LISTED);
    failures.users.truncate(MAX_LISTED);
    for ban in &mut bans {
        ban.created_at = clock.show(&ban.created_at);
        ban.until = ban.until.as_ref().map(|until| clock.show(until));
    }
    let New { network, until, reason } = new;
    let n_more_bans = n_bans - bans.len();
    let page = Page { frame: asked.frame("bans"), bans, n_more_bans, failures, network, until, reason, wrong };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

async fn ask(asked: &Asked, name: &str, members: Value, done: &str, new: New) -> Result<Response, Problem> {
    match asked.run::<Value>(name, members).await {
        Ok(_) => Ok(reply::see_other(&format!("/doorward/bans?done={done}"))),
        Err(error) => page(asked, new, Some(Wrong::of(error)?)).await,
    }
}

pub(crate) async fn add(asked: Asked) -> Result<Response, Problem> {
    let form = &asked.form;
    let new = New {
        network: form.get("network").to_owned(),
        until: form.get("until").to_owned(),
        reason: form.get("reason").to_owned(),
    };
    let until = match asked.clock().read(&new.until) {
        Ok(until) => until,
        Err(text) => return page(&asked, new, Some(Wrong::new(text))).await,
    };
    let members = json!({"network": new.network, "until": until, "reason": form.filled("reason")});
    ask(&asked, "bans/add", members, "banned", new).await
}

pub(crate) async fn lift(asked: Asked) -> Result<Response, Problem> {
    let members = json!({"network": asked.form.get("network")});
    ask(&asked, "bans/remove", members, "lifted", New::default()).await
}

pub(crate) async fn forgive(asked: Asked) -> Result<Response, Problem> {
    let members = json!({"address": asked.form.filled("address"), "user_id": asked.form.filled("user_id")});
    ask(&asked, "logins/forgive", members, "forgiven", New::default()).await
}
