//! What every handler needs.

use std::sync::Arc;

use home::Home;

use crate::{AllowedOrigins, TrustedProxies};

/// What every handler needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The home.
    pub home: Home,
    /// Whom and what the service believes.
    pub trust: Arc<Trust>,
}

/// Whom and what the service believes; nobody by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Reverse proxies.
    pub proxies: TrustedProxies,
    /// Origins of other pages.
    pub origins: AllowedOrigins,
}

impl App {
    /// Returns an app that believes nobody.
    pub fn new(home: Home) -> Self {
        Self { home, trust: Arc::default() }
    }
}
