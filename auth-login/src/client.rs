//! Which clients may ask for a login, and where the answer may be sent.
//!
//! Source: `docs` of Home Assistant's authentication API (client ids are URLs, after IndieAuth), as observed in the
//! reference. One rule is stricter than there: an answer goes to a plain `http` address only if that is the hub
//! itself, on this network or this machine. And nothing is ever fetched: instead of asking the client's site for
//! its redirect URIs, the owner lists them ([`ClientRules::list`]).

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

mod address;
mod url;

pub use address::is_local;
use url::WebUrl;
pub use url::{Host, Origin, OriginError, Scheme};

/// Client ids and redirect URIs longer than this, in bytes, are refused.
pub const MAX_URL_LEN: usize = 2048;

/// A client's identifier: a web URL that passed [`ClientId::parse`], exactly as the client wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    text: Box<str>,
    origin: Origin,
}

/// The client id is not acceptable; clients learn no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("invalid client id")]
pub struct InvalidClientId;

impl ClientId {
    /// Checks a client id.
    ///
    /// It must be an `http` or `https` URL with a host, without user, password, fragment, or `.` and `..` in its
    /// path. If the host is an IP address, it must be local, or `own` (where the hub itself was reached). Besides,
    /// anything that two URL parsers might read differently is refused: see [`Origin::parse`]. O(length).
    ///
    /// # Errors
    ///
    /// [`InvalidClientId`].
    pub fn parse(text: &str, own: Option<&Origin>) -> Result<Self, InvalidClientId> {
        let url = WebUrl::parse(text).map_err(|_| InvalidClientId)?;
        if url.has_fragment || url.has_dot_segment() {
            return Err(InvalidClientId);
        }
        match url.origin.host {
            Host::Ip(ip) if !is_local(ip) && !own.is_some_and(|own| own.is_same_server(&url.origin)) => {
                Err(InvalidClientId)
            }
            _ => Ok(Self { text: text.into(), origin: url.origin }),
        }
    }

    /// Returns the id as the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns scheme, host and port.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// Whether a login proves, with PKCE, that the one who redeems the code is the one who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// It has an S256 challenge.
    S256,
    /// It has none.
    Absent,
}

/// The owner's list of redirect URIs beyond those that a client has by itself. Empty at first.
#[derive(Clone, Debug, Default)]
pub struct ClientRules {
    listed: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
}

/// The redirect URI cannot be listed: it is not absolute, has a fragment, or its scheme runs code or opens files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("redirect uri cannot be listed")]
pub struct UnlistableRedirect;

impl ClientRules {
    /// Makes an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `client_id` receive its answers at `redirect_uri`, compared as text.
    ///
    /// Takes `https` URLs, `http` ones to this network or this machine, and schemes of apps (`myapp://…`).
    ///
    /// # Errors
    ///
    /// [`UnlistableRedirect`].
    pub fn list(&mut self, client_id: &str, redirect_uri: &str) -> Result<(), UnlistableRedirect> {
        if !may_be_listed(redirect_uri) {
            return Err(UnlistableRedirect);
        }
        self.listed.entry(client_id.into()).or_default().insert(redirect_uri.into());
        Ok(())
    }

    /// Takes a redirect URI off the list; tells whether it was on it.
    pub fn unlist(&mut self, client_id: &str, redirect_uri: &str) -> bool {
        self.listed.get_mut(client_id).is_some_and(|listed| listed.remove(redirect_uri))
    }

    /// Tells whether a client gets its answer without anybody being asked, as at a login where nothing is typed: the hub's own
    /// pages, those of `trusted` origins, and the two mobile apps. Any other page could have a visitor's browser come by, and
    /// be them from then on.
    pub fn is_trusted(client: &ClientId, redirect_uri: &str, own: Option<&Origin>, trusted: &[Origin]) -> bool {
        APPS.contains(&(client.as_str(), redirect_uri))
            || own.into_iter().chain(trusted).any(|origin| origin.is_same_server(&client.origin))
    }

    /// Tells whether an answer for `client` may go to `redirect_uri`.
    ///
    /// 1. Its scheme, host and port are the client's own, letter for letter once lower-cased (`:443` is not the same
    ///    as none), and over plain `http` the host is local or `own`;
    /// 2. or it is one of the two mobile apps at its fixed address;
    /// 3. or it is listed;
    /// 4. or, with PKCE, it is `http` on this machine's loopback and equals a listed one apart from the port.
    ///
    /// A fragment, user or password never passes. O(length + number listed for the client).
    pub fn allows(&self, client: &ClientId, redirect_uri: &str, own: Option<&Origin>, pkce: Pkce) -> bool {
        if APPS.contains(&(client.as_str(), redirect_uri)) {
            return true;
        }
        let redirect = WebUrl::parse(redirect_uri).ok().filter(|url| !url.has_fragment);
        if let Some(redirect) = &redirect
            && redirect.origin == client.origin
            && (redirect.origin.is_private() || own.is_some_and(|own| own.is_same_server(&redirect.origin)))
        {
            return true;
        }
        let Some(listed) = self.listed.get(client.as_str()) else {
            return false;
        };
        if listed.contains(redirect_uri) {
            return true;
        }
        let Some(redirect) = redirect.filter(|url| pkce == Pkce::S256 && url.is_http_loopback()) else {
            return false;
        };
        listed
            .iter()
            .filter_map(|listed| WebUrl::parse(listed).ok())
            .any(|listed| listed.differs_in_port_only(&redirect))
    }
}

/// Home Assistant's mobile apps: client id and redirect URI.
const APPS: [(&str, &str); 4] = [
    ("https://home-assistant.io/iOS", "homeassistant://auth-callback"),
    ("https://home-assistant.io/android", "homeassistant://auth-callback"),
    ("https://home-assistant.io/android", "https://wear.googleapis.com/3p_auth/io.homeassistant.companion.android"),
    ("https://home-assistant.io/android", "https://wear.googleapis-cn.com/3p_auth/io.homeassistant.companion.android"),
];

/// Schemes with a meaning of their own to a browser: none is an app's.
const NOT_AN_APP: [&str; 14] = [
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "javascript",
    "vbscript",
    "view-source",
    "ws",
];

fn may_be_listed(redirect_uri: &str) -> bool {
    if let Ok(url) = WebUrl::parse(redirect_uri) {
        return !url.has_fragment && url.origin.is_private();
    }
    let Some((scheme, rest)) = redirect_uri.split_once("://") else {
        return false;
    };
    let mut letters = scheme.bytes();
    redirect_uri.len() <= MAX_URL_LEN
        && letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
        && !NOT_AN_APP.contains(&scheme)
        && !rest.is_empty()
        && rest.bytes().all(|b| b.is_ascii_graphic() && !br##"#\"<>"##.contains(&b))
}

#[cfg(test)]
mod tests;
