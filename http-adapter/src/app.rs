//! What every handler needs.

use std::sync::Arc;

use frontend::{Frontend, NoFrontend};
use home::Home;

use crate::{AllowedOrigins, TrustedProxies};

/// What every handler needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The home.
    pub home: Home,
    /// Whom and what the service believes.
    pub trust: Arc<Trust>,
    /// The web frontend.
    pub web: Web,
}

/// The web frontend that is served beside the API, which goes on without it.
#[derive(Clone, Debug, Default)]
pub enum Web {
    /// None was asked for.
    #[default]
    None,
    /// The files that were named cannot be used; the reason is shown to whoever opens the hub's address.
    Unusable(Arc<NoFrontend>),
    /// This one.
    Served(Arc<Frontend>),
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
        Self { home, trust: Arc::default(), web: Web::None }
    }
}
