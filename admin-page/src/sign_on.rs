//! Logging in with an account at an identity provider: the page is a client of `/auth/oidc` like any other.
//!
//! The browser keeps one secret on its way there and back. What the hub's own answer names as `state` follows from it, and so
//! does the challenge that the code is bound to (PKCE): a code that was meant for another browser opens nothing in this one.

use askama::Template;
use auth_login::client::Origin;
use axum::{http::StatusCode, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use home::SignInError;
use sha2::{Digest, Sha256};

use crate::{
    asked::{Asked, Frame},
    cookie::{self, Credential, client_id},
    form::encoded,
    login::next,
    problem::Problem,
    reply,
};

/// What the browser keeps: a secret, and where to go in the end.
struct Visit {
    secret: String,
    next: String,
}

impl Visit {
    fn new(next: String) -> Result<Self, Problem> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(%error, "there is no randomness");
            Problem::Failed
        })?;
        Ok(Self { secret: bytes.iter().map(|byte| format!("{byte:02x}")).collect(), next })
    }

    fn parse(text: &str) -> Option<Self> {
        let (secret, page) = text.split_once('.')?;
        let is_ours = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        let page = url::form_urlencoded::parse(page.as_bytes()).next()?.0.into_owned();
        is_ours.then(|| Self { secret: secret.to_owned(), next: next(&page) })
    }

    fn text(&self) -> String {
        format!("{}.{}", self.secret, encoded(&self.next))
    }

    fn state(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::new().chain_update("state ").chain_update(&self.secret).finalize())
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.secret))
    }
}

fn redirect_uri(own: &Origin) -> String {
    format!("{own}/doorward/callback")
}

/// Sends the browser to a provider.
pub(crate) async fn start(asked: Asked) -> Result<Response, Problem> {
    let own = asked.own()?;
    let provider = asked.param("provider");
    if !asked.home().sign_on_providers().any(|(id, _)| id == provider) {
        return Err(Problem::NotFound("There is no such provider.".to_owned()));
    }
    let visit = Visit::new(next(asked.query.get("next")))?;
    let mut response = reply::see_other(&format!(
        "/auth/oidc/{}/start?response_type=code&client_id={}&redirect_uri={}&state={}&code_challenge={}&code_challenge_method=S256",
        encoded(provider),
        encoded(&client_id(own)),
        encoded(&redirect_uri(own)),
        visit.state(),
        visit.challenge(),
    ));
    cookie::set_visit(&mut response, own, &visit.text());
    Ok(response)
}

#[derive(Template)]
#[template(path = "signed_on.html")]
struct Page<'a> {
    frame: Frame,
    next: &'a str,
}

/// Takes the browser back, with a code. The next page is one step further: browsers send the session's cookie only once no
/// other site has had a part in how a page was opened.
pub(crate) async fn callback(asked: Asked) -> Result<Response, Problem> {
    let own = asked.own()?;
    let again = || Problem::Invalid("That login is over, or began in another browser: begin again.".to_owned());
    let visit = asked.visit.as_deref().and_then(Visit::parse).ok_or_else(again)?;
    let (state, code) = (asked.query.get("state"), asked.query.filled("code").ok_or_else(again)?);
    if state != visit.state() {
        return Err(again());
    }
    let credential = match Credential::begin(&asked, own, code, Some(&visit.secret)).await {
        Ok(credential) => credential,
        Err(SignInError::Denied(reason)) => return Err(Problem::Invalid(reason.to_owned())),
        Err(SignInError::Store(_) | SignInError::CheckFailed) => return Err(Problem::Failed),
        Err(SignInError::Flow(_) | SignInError::InvalidRequest(_) | SignInError::InvalidGrant(_)) => {
            return Err(again());
        }
    };
    let mut response = reply::page(StatusCode::OK, &Page { frame: asked.frame(""), next: &visit.next })?;
    credential.set(&mut response, own);
    cookie::clear_visit(&mut response, own);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_keeps_comes_back_and_leads_here_alone() {
        let visit = Visit::new("/doorward/audit?on=a%20b".to_owned()).unwrap();
        let back = Visit::parse(&visit.text()).unwrap();
        assert_eq!((&back.secret, &back.next), (&visit.secret, &visit.next));
        assert_eq!((back.state().len(), back.challenge().len()), (43, 43));
        assert_ne!(back.state(), back.challenge());
        let other = Visit::new(String::new()).unwrap();
        assert!(other.secret != visit.secret && other.state() != visit.state());
        let elsewhere = format!("{}.{}", visit.secret, encoded("https://evil.example/"));
        assert_eq!(Visit::parse(&elsewhere).unwrap().next, "/doorward");
        for wrong in ["", ".", "x.y", &visit.secret, &format!("{}x.", visit.secret)] {
            assert!(Visit::parse(wrong).is_none(), "{wrong}");
        }
    }
}
