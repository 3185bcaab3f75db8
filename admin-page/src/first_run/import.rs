//! Bringing a Home Assistant in on the first run: what is offered, the button, and how far it is.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use home::{ImportReport, ImportStep, Importer};

use super::{PATH, too_late};
use crate::{
    asked::{Asked, Frame},
    problem::Problem,
    reply,
};

/// Where it is said how far it is.
pub(super) const PROGRESS: &str = "/doorward/first-run/progress";

/// The most lines of what cannot be used that a page shows.
const MAX_PROBLEMS: usize = 200;

/// What may be brought in.
pub(super) struct Offer {
    pub(super) found: Result<Found, String>,
}

/// What was found in it.
pub(super) struct Found {
    pub(super) used: Vec<String>,
    pub(super) problems: Vec<String>,
    pub(super) n_problems: usize,
}

#[derive(Template)]
#[template(path = "progress.html")]
struct Page {
    frame: Frame,
    steps: Vec<Step>,
    found: Option<Found>,
    failed: Option<String>,
}

struct Step {
    name: &'static str,
    is_done: bool,
    is_now: bool,
}

impl Offer {
    pub(super) fn of(importer: &Importer) -> Self {
        Self { found: importer.offered().map(Found::of).map_err(str::to_owned) }
    }
}

impl Found {
    fn of(report: &ImportReport) -> Self {
        Self {
            used: report.used.iter().map(|(kind, n)| format!("{n} {kind}")).collect(),
            problems: report.problems.iter().take(MAX_PROBLEMS).cloned().collect(),
            n_problems: report.problems.len(),
        }
    }
}

/// Tells whether somebody has pressed the button, and it has not failed.
pub(super) fn is_under_way(importer: &Importer) -> bool {
    !matches!(importer.progress().step, ImportStep::Offered | ImportStep::Failed(_))
}

/// Begins the import; whoever presses the button while one is under way sees how far that is.
pub(crate) async fn start(asked: Asked) -> Result<Response, Problem> {
    if let Some(importer) = asked.importer.as_ref().filter(|importer| is_under_way(importer)) {
        tracing::debug!(step = ?importer.progress().step, "an import is under way already");
        return Ok(reply::see_other(PROGRESS));
    }
    if asked.home().is_onboarded() {
        return Err(too_late());
    }
    let importer = asked.importer.as_ref();
    let importer = importer.ok_or_else(|| Problem::NotFound("This hub was given nothing to bring in.".to_owned()))?;
    importer.start(asked.home(), asked.caller.ip);
    Ok(reply::see_other(PROGRESS))
}

/// Says how far it is. Once the home is open there is nothing to say any more: it leads to the login.
pub(crate) async fn progress(asked: Asked) -> Result<Response, Problem> {
    let progress = asked.importer.as_ref().map(Importer::progress);
    let Some(progress) = progress.filter(|progress| progress.step != ImportStep::Offered) else {
        return Ok(reply::see_other(if asked.home().is_onboarded() { "/doorward" } else { PATH }));
    };
    let (now, failed) = match progress.step {
        ImportStep::Offered | ImportStep::Reading => (0, None),
        ImportStep::Checking => (1, None),
        ImportStep::Writing => (2, None),
        ImportStep::Opening => (3, None),
        ImportStep::Failed(reason) => (0, Some(reason)),
    };
    let names = ["Reading", "Checking", "Writing", "Opening"];
    let steps = names.into_iter().enumerate().map(|(n, name)| Step { name, is_done: n < now, is_now: n == now });
    let page = Page {
        frame: asked.frame(""),
        steps: steps.collect(),
        found: progress.found.as_deref().map(Found::of),
        failed,
    };
    reply::page(StatusCode::OK, &page)
}
