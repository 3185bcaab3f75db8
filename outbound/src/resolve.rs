//! Names become addresses here, each time a connection is made, and are judged here.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{Reach, may_reach};

/// What names are looked up with.
pub trait Lookup: Send + Sync + 'static {
    /// Returns the addresses of a name.
    fn lookup<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// The operating system's look-up.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, name: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Every address of a name was refused.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name stands for an address that may not be reached")
    }
}

impl std::error::Error for Refused {}

/// Looks up and judges. What it hands on is what is connected to: a name that resolves to something else a moment later
/// (DNS rebinding) gains nothing.
pub(crate) struct Judge {
    pub(crate) reach: Reach,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, lookup) = (self.reach, Arc::clone(&self.lookup));
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            let fine: Vec<_> = found.iter().copied().filter(|address| may_reach(reach, *address)).collect();
            if fine.is_empty() && !found.is_empty() {
                return Err(Refused.into());
            }
            Ok(Box::new(fine.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
