//! The first run: whoever opens the hub while it has nobody makes its owner, and says what the home is called and where it is.

pub(crate) mod import;
mod wish;

use askama::Template;
use auth_login::client::Origin;
use axum::{http::StatusCode, response::Response};
use home::{AccountError, CorePatch, Secret, Session, UpdateCore};
use secrecy::{ExposeSecret, SecretString};

use self::import::Offer;
use self::wish::{Field, UNIT_SYSTEMS, Wish, ZONES};
use crate::{
    asked::{Asked, Frame},
    cookie::{Credential, client_id},
    problem::Problem,
    reply,
    shown::problem_page,
};

/// Where it is; what leads here while there is nobody is the gate, and the pages of the frontend.
pub(crate) const PATH: &str = "/doorward/first-run";

#[derive(Template)]
#[template(path = "first_run.html")]
struct Page {
    frame: Frame,
    about_you: Vec<Field>,
    about_home: Vec<Field>,
    zones: Vec<Choice>,
    unit_systems: Vec<Choice>,
    is_wrong: bool,
    zone_wrong: Option<&'static str>,
    units_wrong: Option<&'static str>,
    offer: Option<Offer>,
}

/// One line of a select.
struct Choice {
    value: &'static str,
    name: &'static str,
    chosen: bool,
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    if asked.home().is_onboarded() {
        return Ok(reply::see_other("/doorward"));
    }
    if asked.importer.as_ref().is_some_and(import::is_under_way) {
        return Ok(reply::see_other(import::PROGRESS));
    }
    page(&asked, StatusCode::OK, &Wish::default())
}

/// Makes the owner, logs them in and sets the home.
pub(crate) async fn submit(asked: Asked) -> Result<Response, Problem> {
    if asked.home().is_onboarded() {
        return Err(too_late());
    }
    let own = asked.own()?;
    let mut wish = Wish::read(&asked.form);
    // Before anybody is made: what is wrong with the home must not leave an owner whose home is not set.
    let Some(patch) = wish.check() else {
        return page(&asked, StatusCode::UNPROCESSABLE_ENTITY, &wish);
    };
    let password = Secret::new(asked.form.raw("password").to_owned());
    let made = asked.home().onboard(&wish.name, &wish.username, password, &client_id(own), asked.caller.ip).await;
    match made {
        Ok(Some(code)) => settle(&asked, own, &code, patch).await,
        Ok(None) => Err(too_late()),
        Err(AccountError::UsernameNotNormalized(_)) => {
            wish.mark("username", "Small letters, please, and no spaces around it.");
            page(&asked, StatusCode::UNPROCESSABLE_ENTITY, &wish)
        }
        Err(error) => {
            tracing::error!(%error, "the owner could not be made");
            Err(Problem::Failed)
        }
    }
}

/// Begins the new owner's session, as the login page does, and sets the home as them.
async fn settle(asked: &Asked, own: &Origin, code: &SecretString, patch: CorePatch) -> Result<Response, Problem> {
    let credential = match Credential::begin(asked, own, code.expose_secret(), None).await {
        Ok(credential) => credential,
        Err(error) => {
            // The owner is there: they log in like anybody.
            tracing::error!(%error, "the new owner could not be logged in");
            return Ok(reply::see_other("/doorward/login"));
        }
    };
    let session = credential.session(asked.home(), own, asked.caller.ip);
    let session = session.map_err(|_| Problem::Failed)?;
    let mut response = match set_home(asked, &session, patch).await {
        Ok(()) => reply::see_other("/doorward"),
        Err(text) => {
            let asked = Asked { session: Some(session), ..asked.clone() };
            problem_page(&asked, &Problem::Refused(StatusCode::INTERNAL_SERVER_ERROR, text))
        }
    };
    credential.set(&mut response, own);
    Ok(response)
}

async fn set_home(asked: &Asked, session: &Session, patch: CorePatch) -> Result<(), String> {
    let home = asked.home();
    let failed = |error: &dyn std::error::Error| {
        tracing::error!(%error, "the home could not be set on the first run");
        "You own this home now, and are logged in. What it is called and where it is could not be kept: set that in Home \
         Assistant's settings. The hub's log says why."
            .to_owned()
    };
    let request = home.bus().authorize(&session.principal, UpdateCore { patch }).map_err(|error| failed(&error))?;
    home.update_core(request).await.map_err(|error| failed(&error))
}

/// Says that there is an owner. Whoever meant to be the first must not believe that they are.
fn too_late() -> Problem {
    let text = "Somebody was first: this home has an owner already, and nothing that you sent was used. If that was \
                neither you nor somebody you know, stop the hub and begin again with an empty data directory.";
    Problem::Refused(StatusCode::CONFLICT, text.to_owned())
}

fn page(asked: &Asked, status: StatusCode, wish: &Wish) -> Result<Response, Problem> {
    let zones = ZONES.iter().map(|zone| Choice { value: zone, name: zone, chosen: *zone == wish.time_zone });
    let units = UNIT_SYSTEMS.map(|(value, name)| Choice { value, name, chosen: value == wish.unit_system });
    let page = Page {
        frame: asked.frame(""),
        about_you: wish.about_you(),
        about_home: wish.about_home(),
        zones: zones.collect(),
        unit_systems: units.into(),
        is_wrong: status != StatusCode::OK,
        zone_wrong: wish.wrong("time_zone"),
        units_wrong: wish.wrong("unit_system"),
        offer: asked.importer.as_ref().map(Offer::of),
    };
    reply::page(status, &page)
}
