//! Where the home asks for a second factor before something dangerous is done: a page that asks for it, and has everything
//! that was typed with it.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use crate::{
    asked::{Asked, Frame},
    problem::{Problem, Wrong},
    reply,
    shown::problem_page,
};

/// The field that is not the form's own.
const CODE: &str = "step_up_code";

#[derive(Template)]
#[template(path = "step_up.html")]
struct Page<'a> {
    frame: Frame,
    /// What the home asks for, in the word of the wire.
    needs: &'a str,
    /// Where the form goes, once it is shown.
    action: &'a str,
    /// What was typed.
    fields: &'a [(String, String)],
    wrong: Option<Wrong>,
}

/// Takes the code that came with a form, if one did, before the form itself is looked at.
///
/// # Errors
/// The page that asks again.
pub(crate) async fn take(asked: &mut Asked) -> Result<(), Response> {
    let Some(code) = asked.form.take(CODE) else { return Ok(()) };
    match asked.run::<Value>("step_up/show", json!({"code": code})).await {
        Ok(_) => Ok(()),
        Err(error) => Err(match Wrong::of(error) {
            Ok(wrong) => ask(asked, "step_up_required", Some(wrong)),
            Err(problem) => problem_page(asked, &problem),
        }),
    }
}

/// Asks for what the home wants to see first.
pub(crate) fn ask(asked: &Asked, needs: &str, wrong: Option<Wrong>) -> Response {
    let status = wrong.as_ref().map_or(StatusCode::FORBIDDEN, |wrong| wrong.status);
    let page = Page { frame: asked.frame(""), needs, action: &asked.path, fields: asked.form.pairs(), wrong };
    reply::page(status, &page).unwrap_or_else(|_| problem_page(asked, &Problem::Failed))
}
