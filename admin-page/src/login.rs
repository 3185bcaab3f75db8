//! Logging in, and out; and taking over the session of Home Assistant's frontend around the page.

use askama::Template;
use auth_login::{
    client::Origin,
    login_flow::{FlowError, StartRequest, StepRequest},
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use home::{LoginStep, Secret, ShownFactor, SignInError};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    asked::{Asked, Frame},
    cookie::{self, Credential, client_id},
    form::{Form, encoded},
    problem::Problem,
    reply, routes,
};

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    frame: Frame,
    /// The login that goes on: its password was right, and a code is asked for.
    flow: Option<String>,
    username: String,
    /// Where to go afterwards.
    next: String,
    /// What was typed into another form, as its session ended.
    carried: Option<Carried>,
    wrong: Option<String>,
    providers: Vec<Provider>,
    /// They have just logged out: the session of the frontend around the page is not taken over again.
    is_out: bool,
}

/// An identity provider.
struct Provider {
    href: String,
    name: String,
}

#[derive(Template)]
#[template(path = "carry.html")]
struct GoOn<'a> {
    frame: Frame,
    action: &'a str,
    fields: &'a [(String, String)],
}

/// A form that could not be taken, whose fields are not to be lost.
struct Carried {
    to: String,
    form: String,
}

impl Carried {
    /// Reads what the login page carried along. It goes to forms of this page alone.
    fn read(form: &Form) -> Option<Self> {
        let to = form.filled("carry_to")?;
        let path = to.split('?').next().unwrap_or_default();
        let fits = |pattern: &str| {
            let (parts, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
            parts.len() == given.len()
                && parts.iter().zip(given).all(|(part, given)| part.starts_with('{') || *part == given)
        };
        let is_ours = routes().iter().any(|route| route.method == "POST" && fits(route.path));
        is_ours.then(|| Self { to: to.to_owned(), form: form.raw("carry").to_owned() })
    }
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    let next = next(asked.query.get("next"));
    if asked.session.is_some() {
        return Ok(reply::see_other(&next));
    }
    page(&asked, StatusCode::OK, Shown { next, ..Shown::default() })
}

/// What the login page shows that it does not always.
#[derive(Default)]
struct Shown {
    flow: Option<String>,
    username: String,
    next: String,
    carried: Option<Carried>,
    wrong: Option<String>,
}

fn page(asked: &Asked, status: StatusCode, shown: Shown) -> Result<Response, Problem> {
    let Shown { flow, username, next, carried, wrong } = shown;
    let providers = asked.home().sign_on_providers().map(|(id, name)| Provider {
        href: format!("/doorward/sign-on/{}?next={}", encoded(id), encoded(&next)),
        name: name.to_owned(),
    });
    let providers = providers.collect();
    let is_out = asked.query.has("out");
    reply::page(status, &Page { frame: asked.frame(""), flow, username, next, carried, wrong, providers, is_out })
}

/// Has somebody log in whose session ended while they typed, and keeps what they typed.
pub(crate) fn again(asked: &Asked) -> Response {
    let carried = Carried { to: asked.path.clone(), form: asked.form.to_text() };
    let wrong = "Your session has ended. Log in again: what you typed is kept.".to_owned();
    let shown = Shown { carried: Some(carried), wrong: Some(wrong), ..Shown::default() };
    page(asked, StatusCode::UNAUTHORIZED, shown).unwrap_or_else(|_| reply::empty(StatusCode::INTERNAL_SERVER_ERROR))
}

/// Takes a user name and a password, or the code of a second factor.
pub(crate) async fn submit(asked: Asked) -> Result<Response, Problem> {
    let own = asked.own()?;
    let (client_id, form) = (client_id(own), &asked.form);
    let step = match form.filled("flow") {
        None => begin(&asked, &client_id, own).await,
        Some(flow) => {
            let shown = ShownFactor::Code(Secret::new(form.get("code").to_owned()));
            let step = asked.home().log_in_with((flow, &client_id), &shown, asked.caller.ip).await;
            step.map(|step| (flow.to_owned(), step))
        }
    };
    let shown = Shown {
        username: form.get("username").to_owned(),
        next: next(form.get("next")),
        carried: Carried::read(form),
        ..Shown::default()
    };
    match step {
        Ok((_, LoginStep::Done(code))) => finish(&asked, own, &code, shown).await,
        Ok((flow, LoginStep::NeedsCode(_))) => page(&asked, StatusCode::OK, Shown { flow: Some(flow), ..shown }),
        Ok((flow, LoginStep::InvalidCode(_))) => {
            let wrong = "That code is not right, or was used already.".to_owned();
            let shown = Shown { flow: Some(flow), wrong: Some(wrong), ..shown };
            page(&asked, StatusCode::UNPROCESSABLE_ENTITY, shown)
        }
        Ok((flow, LoginStep::InvalidAuth)) => {
            // The next try begins anew: nothing is gained by keeping this one.
            _ = asked.home().abort_login(&flow);
            let wrong = "User name or password is wrong.".to_owned();
            page(&asked, StatusCode::UNPROCESSABLE_ENTITY, Shown { wrong: Some(wrong), ..shown })
        }
        Err(error) => refused(&asked, error, shown),
    }
}

async fn begin(asked: &Asked, client_id: &str, own: &Origin) -> Result<(String, LoginStep), SignInError> {
    let (home, ip) = (asked.home(), asked.caller.ip);
    let start = StartRequest {
        client_id,
        handler: ("homeassistant", None),
        redirect_uri: client_id,
        response_type: None,
        code_challenge: None,
        code_challenge_method: None,
    };
    let flow_id = home.start_login(start, ip, Some(own))?;
    let step = StepRequest {
        flow_id: &flow_id,
        client_id,
        username: asked.form.get("username"),
        password: asked.form.raw("password").to_owned().into(),
    };
    match home.log_in(step, ip).await {
        Ok(step) => Ok((flow_id, step)),
        Err(error) => {
            _ = home.abort_login(&flow_id);
            Err(error)
        }
    }
}

/// Begins the session, and keeps its secret in the cookie.
async fn finish(asked: &Asked, own: &Origin, code: &SecretString, shown: Shown) -> Result<Response, Problem> {
    let credential = match Credential::begin(asked, own, code.expose_secret(), None).await {
        Ok(credential) => credential,
        Err(error) => return refused(asked, error, shown),
    };
    let mut response = match &shown.carried {
        None => reply::see_other(&shown.next),
        Some(Carried { to, form }) => {
            let form = Form::read(form.as_bytes()).unwrap_or_default();
            reply::page(StatusCode::OK, &GoOn { frame: asked.frame(""), action: to, fields: form.pairs() })?
        }
    };
    credential.set(&mut response, own);
    Ok(response)
}

fn refused(asked: &Asked, error: SignInError, shown: Shown) -> Result<Response, Problem> {
    let mut wait = None;
    let (status, text) = match &error {
        SignInError::Flow(FlowError::Throttled(after)) => {
            wait = Some(after.secs);
            let text = format!("Too many tries. Wait {} seconds, then try again.", after.secs);
            (StatusCode::TOO_MANY_REQUESTS, text)
        }
        SignInError::Flow(FlowError::TooManyCodes | FlowError::CodeExpired | FlowError::UnknownFlow) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "That took too long, or too many tries: begin again.".to_owned())
        }
        SignInError::Flow(FlowError::Blocked(reason)) | SignInError::Denied(reason) => {
            (StatusCode::FORBIDDEN, (*reason).to_owned())
        }
        SignInError::Store(_) | SignInError::CheckFailed => {
            tracing::error!(%error, "a login failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "That failed. The hub's log says why.".to_owned())
        }
        error => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    };
    let mut response = page(asked, status, Shown { wrong: Some(text), ..shown })?;
    if let Some(secs) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    Ok(response)
}

/// Takes an access token that the frontend around this page has: the cookie then holds that, so it is worth what that is.
pub(crate) async fn take_session(asked: Asked) -> Result<Response, Problem> {
    let token = asked.form.get("access_token");
    let Some(own) = &asked.caller.own else { return Ok(reply::empty(StatusCode::BAD_REQUEST)) };
    if asked.home().authenticate(token, asked.caller.ip).is_err() {
        return Ok(reply::empty(StatusCode::UNAUTHORIZED));
    }
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    Credential::Access(token.into()).set(&mut response, own);
    Ok(response)
}

/// Ends the session. One that the frontend began is its own: the cookie is forgotten, and no more.
pub(crate) async fn log_out(asked: Asked) -> Result<Response, Problem> {
    if let (Some(_), Some(Credential::Session(secret))) = (&asked.session, &asked.credential)
        && let Err(error) = asked.home().revoke(secret.expose_secret(), asked.caller.ip).await
    {
        tracing::error!(%error, "a session could not be ended");
        return Err(Problem::Failed);
    }
    let mut response = reply::see_other("/doorward/login?out=");
    if let Some(own) = &asked.caller.own {
        cookie::clear(&mut response, own);
    }
    Ok(response)
}

/// Returns where to go after a login: a page of ours, whatever an address says.
pub(crate) fn next(asked: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.~?&=%:+".contains(c);
    // Browsers climb by both.
    let climbs = asked.contains("..") || asked.to_ascii_lowercase().contains("%2e");
    let is_ours = asked == "/doorward" || asked.starts_with("/doorward/") || asked.starts_with("/doorward?");
    let is_page = !asked.starts_with("/doorward/login")
        && is_ours
        && asked.len() <= 2048
        && !climbs
        && asked.chars().all(is_plain);
    if is_page { asked.to_owned() } else { "/doorward".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_pages_of_ours_alone() {
        for ours in ["/doorward", "/doorward/groups/guests?done=saved", "/doorward?x=%20"] {
            assert_eq!(next(ours), ours);
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/doorwardx",
            "https://evil.example/doorward",
            "/doorward\r\nx: y",
            "/doorward/login",
            "/doorward/../auth/oidc",
            "/doorward/%2E%2e/api",
        ] {
            assert_eq!(next(other), "/doorward", "{other}");
        }
    }

    #[test]
    fn what_was_typed_is_carried_to_forms_of_ours_alone() {
        let read = |to: &str| {
            let text = url::form_urlencoded::Serializer::new(String::new()).append_pair("carry_to", to).finish();
            Carried::read(&Form::read(text.as_bytes()).unwrap()).is_some()
        };
        assert!(read("/doorward/groups/guests") && read("/doorward/bans/lift?x"));
        assert!(
            !read("/doorward/matrix") && !read("https://evil.example") && !read("//evil.example/doorward/bans/lift")
        );
    }
}
