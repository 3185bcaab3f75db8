//! The first run, as a browser without JavaScript sees it.

mod import;
mod owner;

use crate::support::{Answer, Server, Temporary, browser::Browser, browser::fields};

const PATH: &str = "/doorward/first-run";

/// A form as somebody fills it in, with some fields changed.
fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let whole = [
        ("name", "Ann"),
        ("username", "ann"),
        ("password", "a good password"),
        ("password_again", "a good password"),
        ("home", "The hut"),
        ("time_zone", "Europe/Amsterdam"),
        ("unit_system", "us_customary"),
        ("country", "nl"),
        ("currency", ""),
    ];
    let changed = |name: &str| changes.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
    whole.map(|(name, value)| (name, changed(name).unwrap_or(value))).into()
}

/// Serves an empty directory.
fn empty(more: &[&str]) -> (Server, Temporary) {
    let dir = Temporary::new();
    let server = Server::serve(&dir.0.join("data"), more);
    (server, dir)
}

#[track_caller]
fn assert_leads(answer: &Answer, status: u16, to: &str) {
    assert_eq!((answer.status, answer.header("location")), (status, Some(to)), "{}", answer.text());
}

/// Nobody is there, still.
#[track_caller]
fn assert_nobody(server: &Server) {
    assert_leads(&Browser::new(server).get("/doorward"), 303, PATH);
    assert_eq!(server.request("GET", "/api/onboarding").send().status, 200);
}

/// Returns what a page has in a field.
fn value(page: &str, name: &str) -> Option<String> {
    fields(page).into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
}
