//! What operations answer, as pages read it; and the page for what went wrong.

use std::collections::BTreeMap;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    asked::{Asked, Frame},
    clock::Clock,
    problem::Problem,
    reply,
};

/// A user.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) username: Option<String>,
    name: Option<String>,
    pub(crate) is_owner: bool,
    pub(crate) is_active: bool,
    pub(crate) is_admin: bool,
    pub(crate) is_service: bool,
    pub(crate) has_second_factor: bool,
    pub(crate) local_only: bool,
    pub(crate) system_generated: bool,
    pub(crate) group_ids: Vec<String>,
    pub(crate) conditions: BTreeMap<String, When>,
}

/// When a membership counts.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct When {
    pub(crate) from: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) schedule: Option<Schedule>,
}

/// Hours of the week.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) time_zone: String,
    pub(crate) windows: Vec<Window>,
}

/// Some hours on some days.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Window {
    pub(crate) days: Vec<String>,
    pub(crate) start: String,
    pub(crate) end: String,
}

/// A group.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) policy: Value,
    pub(crate) system_generated: bool,
    pub(crate) unreadable: Option<String>,
    pub(crate) members: Vec<String>,
}

/// The days of the week, as schedules and people call them.
pub(crate) const DAYS: [(&str, &str); 7] =
    [("mon", "Mon"), ("tue", "Tue"), ("wed", "Wed"), ("thu", "Thu"), ("fri", "Fri"), ("sat", "Sat"), ("sun", "Sun")];

/// What one may do with an entity, in the order in which it is said.
pub(crate) const PERMISSIONS: [&str; 3] = ["read", "control", "edit"];

/// The longest name that is shown, in bytes: as long as one may be. What was stored before may be longer, and would be in
/// every page many times.
const MAX_NAME: usize = home::MAX_NAME;

/// Returns a name, as far as it is shown.
pub(crate) fn short(name: &str) -> &str {
    name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or(name)
}

/// Returns a text, as far as it is shown: so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most).chain(['…']).collect() }
}

impl User {
    /// Returns what to call them.
    pub(crate) fn name(&self) -> &str {
        short(self.name.as_deref().or(self.username.as_deref()).unwrap_or(&self.id))
    }

    /// Returns what is known of them at a glance.
    pub(crate) fn marks(&self) -> Vec<&'static str> {
        let marks = [
            (self.is_owner, "owner"),
            (self.is_admin && !self.is_owner, "administrator"),
            (self.is_service, "program"),
            (!self.is_active, "not active"),
            (self.local_only, "this network only"),
            (self.has_second_factor, "second factor"),
        ];
        marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark).collect()
    }
}

impl When {
    /// Says it in a sentence's part.
    pub(crate) fn text(&self, clock: &Clock) -> String {
        let mut parts = Vec::new();
        parts.extend(self.from.as_ref().map(|from| format!("from {}", clock.show(from))));
        parts.extend(self.until.as_ref().map(|until| format!("until {}", clock.show(until))));
        if let Some(schedule) = &self.schedule {
            let windows = schedule.windows.iter().map(|window| {
                let days = DAYS.iter().filter(|(day, _)| window.days.iter().any(|d| d == day)).map(|(_, name)| *name);
                format!("{} {}–{}", days.collect::<Vec<_>>().join(", "), window.start, window.end)
            });
            let windows: Vec<_> = windows.collect();
            let hours = if windows.is_empty() { "never".to_owned() } else { windows.join("; ") };
            let zone =
                if schedule.time_zone == clock.name { String::new() } else { format!(" ({})", schedule.time_zone) };
            parts.push(format!("{hours}{zone}"));
        }
        if parts.is_empty() { "always".to_owned() } else { parts.join(", ") }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    frame: Frame,
    title: &'static str,
    text: &'a str,
}

/// Says what is wrong with what was asked.
pub(crate) fn problem_page(asked: &Asked, problem: &Problem) -> Response {
    let (status, title, text) = match problem {
        Problem::NotFound(text) => (StatusCode::NOT_FOUND, "Not found", text.as_str()),
        Problem::Invalid(text) => (StatusCode::UNPROCESSABLE_ENTITY, "That cannot be", text.as_str()),
        Problem::Forbidden => {
            (StatusCode::FORBIDDEN, "Not for you", "Only administrators of this home may see and change this.")
        }
        Problem::Foreign => {
            let text = "This form was not sent by a page of this hub, so nothing was done. Open the page and send it from there.";
            (StatusCode::FORBIDDEN, "Nothing was done", text)
        }
        Problem::Unproved(_) => (StatusCode::FORBIDDEN, "Nothing was done", "Show your second factor first."),
        Problem::Refused(status, text) => (*status, "Nothing was done", text.as_str()),
        Problem::Failed => {
            (StatusCode::INTERNAL_SERVER_ERROR, "That failed", "The hub's log says why. Nothing was changed.")
        }
    };
    let page = Page { frame: asked.frame(""), title, text };
    reply::page(status, &page).unwrap_or_else(|_| reply::empty(StatusCode::INTERNAL_SERVER_ERROR))
}
