//! Settings of security: what the home asks for before something dangerous is done, and what it records.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    asked::{Asked, Frame},
    problem::{Problem, Wrong},
    reply,
};

/// How it stands with whoever asks.
#[derive(Debug, Deserialize)]
pub(crate) struct StepUp {
    pub(crate) required: bool,
    pub(crate) minutes: u32,
    pub(crate) has_second_factor: bool,
    pub(crate) shown_until: Option<String>,
}

#[derive(Deserialize)]
struct Recorded {
    control: bool,
    keep_days: u32,
    keep_lines: u64,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    step_up: StepUp,
    required: bool,
    minutes: String,
    control: bool,
    keep_days: String,
    keep_lines: String,
    wrong: Option<Wrong>,
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    page(&asked, None).await
}

async fn page(asked: &Asked, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let mut step_up: StepUp = asked.run("step_up/status", json!({})).await?;
    let recorded: Recorded = asked.run("audit/settings", json!({})).await?;
    let clock = asked.clock();
    step_up.shown_until = step_up.shown_until.map(|until| clock.show(&until));
    // What was typed stays, in the form that it was typed into.
    let typed = |form: &str, name: &str, now: String| {
        if asked.form.get("form") == form { asked.form.get(name).to_owned() } else { now }
    };
    let ticked =
        |form: &str, name: &str, now: bool| if asked.form.get("form") == form { asked.form.has(name) } else { now };
    let page = Page {
        frame: asked.frame("settings"),
        required: ticked("step-up", "required", step_up.required),
        minutes: typed("step-up", "minutes", step_up.minutes.to_string()),
        control: ticked("audit", "control", recorded.control),
        keep_days: typed("audit", "keep_days", recorded.keep_days.to_string()),
        keep_lines: typed("audit", "keep_lines", recorded.keep_lines.to_string()),
        step_up,
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

async fn ask(asked: &Asked, name: &str, members: Value) -> Result<Response, Problem> {
    match asked.run::<Value>(name, members).await {
        Ok(_) => Ok(reply::see_other("/doorward/settings?done=saved")),
        Err(error) => page(asked, Some(Wrong::of(error)?)).await,
    }
}

/// Reads fields that hold whole numbers.
fn numbers(asked: &Asked, names: &[&str]) -> Result<Map<String, Value>, Wrong> {
    let mut members = Map::new();
    for name in names {
        if let Some(text) = asked.form.filled(name) {
            let number = text.parse::<u32>().map_err(|_| Wrong::new(format!("“{text}” is no whole number.")))?;
            members.insert((*name).to_owned(), json!(number));
        }
    }
    Ok(members)
}

pub(crate) async fn step_up(asked: Asked) -> Result<Response, Problem> {
    let required = asked.form.has("required");
    // How recent it must be is a question only where it is asked for.
    match numbers(&asked, if required { &["minutes"] } else { &[] }) {
        Ok(mut members) => {
            members.insert("required".to_owned(), json!(required));
            ask(&asked, "step_up/set", Value::Object(members)).await
        }
        Err(wrong) => page(&asked, Some(wrong)).await,
    }
}

pub(crate) async fn audit(asked: Asked) -> Result<Response, Problem> {
    match numbers(&asked, &["keep_days", "keep_lines"]) {
        Ok(mut members) => {
            members.insert("control".to_owned(), json!(asked.form.has("control")));
            ask(&asked, "audit/set", Value::Object(members)).await
        }
        Err(wrong) => page(&asked, Some(wrong)).await,
    }
}
