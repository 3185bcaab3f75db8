//! Reading web URLs so strictly that no two readers can disagree about the host.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use thiserror::Error;

use super::{MAX_URL_LEN, address::is_local};

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The host part of a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A domain name in lower-case ASCII (international names in their `xn--` form).
    Name(Box<str>),
    /// An address, IPv6 without zone.
    Ip(IpAddr),
}

/// Scheme, host and port of a web server. Two are equal only if the port is written in both or in neither.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Where it is.
    pub host: Host,
    /// The port, if one was written.
    pub port: Option<u16>,
}

/// The text is not a plain web URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a web url")]
pub struct OriginError;

impl Origin {
    /// Reads the origin of a web URL, such as `https://example.org:8123/any/path`. O(length).
    ///
    /// Refused, beyond what the URL standard refuses: anything but printable ASCII (so international names must be
    /// in `xn--` form), backslashes, user or password, `%` in a host, host names whose last label is a number yet
    /// are not four plain decimal ones, trailing dots, port 0, and text over 2048 bytes.
    ///
    /// # Errors
    ///
    /// [`OriginError`].
    pub fn parse(url: &str) -> Result<Self, OriginError> {
        WebUrl::parse(url).map(|url| url.origin)
    }

    /// Tells whether both name one server: as equality, but a default port may be left out.
    pub fn is_same_server(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.effective_port() == other.effective_port()
    }

    /// Tells whether what is sent there stays private: over TLS, or within this network or machine.
    ///
    /// Local names are `localhost`, names of one label, and those under `.localhost`, `.local`, `.lan`, `.internal`
    /// and `.home.arpa`, none of which the public DNS has.
    pub fn is_private(&self) -> bool {
        match (&self.scheme, &self.host) {
            (Scheme::Https, _) => true,
            (Scheme::Http, Host::Ip(ip)) => is_local(*ip),
            (Scheme::Http, Host::Name(name)) => {
                !name.contains('.') || LOCAL_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
            }
        }
    }

    fn effective_port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }
}

const LOCAL_SUFFIXES: [&str; 5] = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme.as_str())?;
        match &self.host {
            Host::Name(name) => f.write_str(name)?,
            Host::Ip(IpAddr::V4(v4)) => write!(f, "{v4}")?,
            Host::Ip(IpAddr::V6(v6)) => write!(f, "[{v6}]")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A web URL taken apart.
pub(super) struct WebUrl<'a> {
    pub(super) origin: Origin,
    /// Path, as it was written.
    path: &'a str,
    /// `?` and what follows it, or nothing.
    query: &'a str,
    /// Whether there is a `#`.
    pub(super) has_fragment: bool,
}

impl<'a> WebUrl<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, OriginError> {
        let strange = |b: u8| !b.is_ascii_graphic() || br#"\"<>^`{|}"#.contains(&b);
        if text.len() > MAX_URL_LEN || text.bytes().any(strange) {
            return Err(OriginError);
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(OriginError),
        };
        let (rest, has_fragment) = match rest.split_once('#') {
            Some((before, _)) => (before, true),
            None => (rest, false),
        };
        let (authority, tail) =
            rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len())).ok_or(OriginError)?;
        let (path, query) = tail.split_at_checked(tail.find('?').unwrap_or(tail.len())).ok_or(OriginError)?;
        let (host, port) = parse_authority(authority).ok_or(OriginError)?;
        Ok(Self { origin: Origin { scheme, host, port }, path, query, has_fragment })
    }

    /// Tells whether a path segment is `.` or `..`, also with its dots percent-encoded, as browsers read them.
    pub(super) fn has_dot_segment(&self) -> bool {
        let is_dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        self.path.split('/').any(is_dots)
    }

    /// Tells whether this is plain `http` to `127.0.0.1`, `::1` or `localhost`, without a fragment.
    pub(super) fn is_http_loopback(&self) -> bool {
        let loopback = match &self.origin.host {
            Host::Name(name) => &**name == "localhost",
            Host::Ip(ip) => *ip == Ipv4Addr::LOCALHOST || *ip == Ipv6Addr::LOCALHOST,
        };
        loopback && self.origin.scheme == Scheme::Http && !self.has_fragment
    }

    pub(super) fn differs_in_port_only(&self, other: &Self) -> bool {
        self.is_http_loopback()
            && other.is_http_loopback()
            && self.origin.host == other.origin.host
            && (self.path, self.query) == (other.path, other.query)
    }
}

fn parse_authority(authority: &str) -> Option<(Host, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let host = Host::Ip(IpAddr::V6(address.parse().ok()?));
        let port = if port.is_empty() { None } else { Some(parse_port(port.strip_prefix(':')?)?) };
        return Some((host, port));
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((parse_host(host)?, Some(parse_port(port)?))),
        None => Some((parse_host(authority)?, None)),
    }
}

/// Reads 1 to 65535 in decimal without sign or leading zero.
fn parse_port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

fn parse_host(text: &str) -> Option<Host> {
    let name = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    if name.len() > 253 || !name.split('.').all(is_label) {
        return None;
    }
    // The URL standard reads such hosts as IPv4 in a dozen spellings (octal, hex, short); one is enough.
    let last = name.rsplit('.').next()?;
    let numeric = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if numeric {
        return name.parse().ok().map(|v4| Host::Ip(IpAddr::V4(v4)));
    }
    Some(Host::Name(name.into()))
}
