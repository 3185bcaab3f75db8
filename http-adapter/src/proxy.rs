//! Who is at the other end, where reverse proxies stand in between.
//!
//! A proxy is believed if its address is in a configured list, and no other; nobody is believed for the network that a
//! request comes from. The rules are Home Assistant's (`rest.md`, section 1).

use std::net::{IpAddr, SocketAddr};

use auth_core::Network;
use auth_login::client::Origin;
use axum::http::{HeaderMap, header};

/// The proxies that are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<Network>);

/// Who sent a request, and where the caller reached the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The caller's own address.
    pub ip: IpAddr,
    /// Where the caller reached the hub; `None` if that cannot be told.
    pub own: Option<Origin>,
}

/// The socket that a request came in on.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The other end.
    pub address: SocketAddr,
    /// The socket is encrypted.
    pub is_tls: bool,
}

/// What proxies say is not believed, or makes no sense (400).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// The headers come from somebody who is no proxy of ours.
    #[error("forwarded by {0}, which is not among the trusted proxies")]
    Stranger(IpAddr),
    /// A header is there twice, is empty, or holds something else than it should.
    #[error("the header {0} cannot be read")]
    Malformed(&'static str),
}

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";
const HOST: &str = "x-forwarded-host";

impl Caller {
    /// Finds out who sent a request.
    ///
    /// The caller is the first address from the right that is no trusted proxy, or the left-most if all are.
    ///
    /// # Errors
    /// [`NotBelieved`], for headers from somebody who may not send them, and for what cannot be read.
    pub fn of(peer: Peer, headers: &HeaderMap, trusted: &TrustedProxies) -> Result<Self, NotBelieved> {
        let peer_ip = peer.address.ip().to_canonical();
        let scheme = if peer.is_tls { "https" } else { "http" };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let Some(forwarded) = one(headers, FOR)? else {
            return Ok(Self { ip: peer_ip, own: origin(scheme, host.as_deref()) });
        };
        if !trusted.contains(peer_ip) {
            return Err(NotBelieved::Stranger(peer_ip));
        }
        let addresses = forwarded.split(',').map(|text| address(text.trim()));
        let addresses: Vec<IpAddr> = addresses.collect::<Option<_>>().ok_or(NotBelieved::Malformed(FOR))?;
        let first_stranger = addresses.iter().rposition(|ip| !trusted.contains(*ip));
        let at = first_stranger.unwrap_or(0);
        let ip = addresses.get(at).copied().ok_or(NotBelieved::Malformed(FOR))?;
        let scheme = match one(headers, PROTO)? {
            None => scheme.to_owned(),
            Some(protos) => {
                let protos: Vec<_> = protos.split(',').map(str::trim).collect();
                let fits = protos.len() == 1 || protos.len() == addresses.len();
                let known = protos.iter().all(|proto| ["http", "https"].contains(proto));
                let proto = protos.get(if protos.len() == 1 { 0 } else { at }).filter(|_| fits && known);
                (*proto.ok_or(NotBelieved::Malformed(PROTO))?).to_owned()
            }
        };
        let host = match one(headers, HOST)? {
            None => host,
            Some(hosts) => {
                let last = hosts.rsplit(',').next().map(str::trim).filter(|host| !host.is_empty());
                Some(last.ok_or(NotBelieved::Malformed(HOST))?.to_owned())
            }
        };
        Ok(Self { ip, own: origin(&scheme, host.as_deref()) })
    }
}

/// Returns the one value of a header.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, NotBelieved> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| !text.trim().is_empty() && values.next().is_none());
    text.map(Some).ok_or(NotBelieved::Malformed(name))
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn origin(scheme: &str, host: Option<&str>) -> Option<Origin> {
    Origin::parse(&format!("{scheme}://{}", host?)).ok()
}

impl TrustedProxies {
    /// Tells whether an address is believed.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(ip))
    }
}

#[cfg(test)]
mod tests;
