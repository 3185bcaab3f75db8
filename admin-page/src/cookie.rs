//! Who it is: the cookie, and what it holds.
//!
//! What it holds is an ordinary credential of the home: the secret of a session that began with this page's own login, or an
//! access token that Home Assistant's frontend has, and then it is worth what that is, and no longer. So nothing is kept here,
//! and whatever ends a session ends it on this page too, at once.

use std::net::IpAddr;

use auth_login::client::Origin;
use axum::{
    http::{HeaderMap, header},
    response::Response,
};
use home::{Home, NotAdmitted, Session, SignInError};
use http_adapter::{cookie_name, set_cookie};
use secrecy::{ExposeSecret, SecretString};

use crate::asked::Asked;

/// What the cookie holds.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// The secret of a session of this page.
    Session(SecretString),
    /// An access token.
    Access(SecretString),
}

impl Credential {
    /// Reads the cookie. One that is there twice means two things, so it means nothing.
    pub(crate) fn read(headers: &HeaderMap, own: &Origin) -> Option<Self> {
        one(headers, &cookie_name(own, SESSION)).and_then(Self::parse)
    }

    fn parse(value: &str) -> Option<Self> {
        let (kind, secret) = value.split_once('-')?;
        match kind {
            "s" => Some(Self::Session(secret.into())),
            "a" => Some(Self::Access(secret.into())),
            _ => None,
        }
    }

    /// Begins a session with the code of a login, as the token endpoint does for any other client.
    ///
    /// # Errors
    /// [`SignInError`].
    pub(crate) async fn begin(
        asked: &Asked,
        own: &Origin,
        code: &str,
        verifier: Option<&str>,
    ) -> Result<Self, SignInError> {
        let (client_id, ip) = (client_id(own), asked.caller.ip);
        let given = asked.home().redeem_code(Some(&client_id), Some(code), verifier, ip, Some(own)).await?;
        given.refresh_token.map(Self::Session).ok_or(SignInError::CheckFailed)
    }

    /// Finds out whose it is. Everything is looked at anew each time: the token, its user, their address.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub(crate) fn session(&self, home: &Home, own: &Origin, ip: IpAddr) -> Result<Session, NotAdmitted> {
        match self {
            Self::Session(secret) => home.authenticate_session(secret.expose_secret(), &client_id(own), ip),
            Self::Access(token) => home.authenticate(token.expose_secret(), ip),
        }
    }

    /// Has the browser keep it until it is closed.
    pub(crate) fn set(&self, response: &mut Response, own: &Origin) {
        let (kind, secret) = match self {
            Self::Session(secret) => ("s", secret),
            Self::Access(token) => ("a", token),
        };
        put(response, (own, SESSION), &format!("{kind}-{}", secret.expose_secret()), "SameSite=Strict");
    }
}

/// Has the browser forget it.
pub(crate) fn clear(response: &mut Response, own: &Origin) {
    put(response, (own, SESSION), "", "SameSite=Strict; Max-Age=0");
}

/// Has the browser keep something for its way to an identity provider and back. It comes back from another site, by a link or
/// a redirect that opens a page, and must have it then: so it is `Lax`.
pub(crate) fn set_visit(response: &mut Response, own: &Origin, value: &str) {
    put(response, (own, VISIT), value, "SameSite=Lax; Max-Age=600");
}

/// Returns what the browser has of its way to an identity provider.
pub(crate) fn visit(headers: &HeaderMap, own: &Origin) -> Option<String> {
    one(headers, &cookie_name(own, VISIT)).map(str::to_owned)
}

/// Has the browser forget that.
pub(crate) fn clear_visit(response: &mut Response, own: &Origin) {
    put(response, (own, VISIT), "", "SameSite=Lax; Max-Age=0");
}

const SESSION: &str = "doorward-page";
const VISIT: &str = "doorward-page-visit";

/// Returns the value of the one cookie of a name.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// Returns what the page calls itself where it logs somebody in; so its sessions can be told from others.
pub(crate) fn client_id(own: &Origin) -> String {
    format!("{own}/doorward")
}

fn put(response: &mut Response, (own, name): (&Origin, &str), value: &str, more: &str) {
    set_cookie(response, own, (&cookie_name(own, name), value), &format!("HttpOnly; {more}"));
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(lines: &[&str], own: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        Credential::read(&headers, &Origin::parse(own).unwrap()).map(|found| match found {
            Credential::Session(secret) => format!("session {}", secret.expose_secret()),
            Credential::Access(secret) => format!("access {}", secret.expose_secret()),
        })
    }

    #[test]
    fn one_cookie_of_the_right_name_counts() {
        let plain = "http://hub:8123";
        assert_eq!(read(&["x=y; doorward-page=s-abc"], plain).as_deref(), Some("session abc"));
        assert_eq!(read(&["doorward-page=a-x.y-z_.w"], plain).as_deref(), Some("access x.y-z_.w"));
        assert_eq!(read(&["__Host-doorward-page=s-abc"], "https://hub").as_deref(), Some("session abc"));
        for (lines, own) in [
            (&["doorward-page=s-abc; doorward-page=s-abc"][..], plain),
            (&["doorward-page=s-abc", "doorward-page=s-d"], plain),
            (&["doorward-page=abc"], plain),
            (&["doorward-page=x-abc"], plain),
            // Any plain connection could have set it.
            (&["doorward-page=s-abc"], "https://hub"),
            (&["__Host-doorward-page=s-abc"], plain),
            (&[], plain),
        ] {
            assert_eq!(read(lines, own), None, "{lines:?} {own}");
        }
    }
}
