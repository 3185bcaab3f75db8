//! The integrations that every hub has, each with its own principal: it manages its own entries and nothing else.

use anyhow::Result;
use auth_core::principal::danger;
use config_entries::Integration;
use home::Home;
use mqtt::Mqtt;
use rest_oauth::{OutboundWeb, RestOauth};

/// Makes them known. Entries are set up by [`config_entries::Manager::start`] afterwards.
pub(crate) fn register(home: &Home) -> Result<()> {
    add(home, Mqtt::new())?;
    match OutboundWeb::new() {
        Ok(web) => add(home, RestOauth::new(web))?,
        // Everything else works without: entries of it stay as they are until there are some.
        Err(error) => tracing::error!(%error, "no cloud can be reached: rest_oauth is left out"),
    }
    Ok(())
}

/// Makes one known.
pub(crate) fn add(home: &Home, integration: impl Integration) -> Result<()> {
    let domain = integration.manifest().domain;
    Ok(home.register(integration, danger::integration_principal(domain))?)
}
