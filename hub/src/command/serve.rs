//! `doorward serve`.

use std::{net::SocketAddr, path::Path};

use anyhow::Result;
use auth_core::principal::danger;
use home::Home;
use service_bus::WriteStates;
use tokio::net::TcpListener;

use super::open_home;
use crate::{cli::Area, integrations, output, run};

pub(crate) async fn run(data: &Path, listen: SocketAddr, area_rule: Area) -> Result<()> {
    let listener = run::listen(listen).await?;
    let home = open_home(data, area_rule).await?;
    serve(home, listener).await
}

/// Runs a home until the process is asked to end.
pub(super) async fn serve(home: Home, listener: TcpListener) -> Result<()> {
    components::register(home.bus())?;
    // Entities whose integration is not there are shown as such.
    let core = danger::integration_principal("homeassistant");
    let writer = home.bus().authorize(&core, WriteStates { integration: "homeassistant".to_owned() })?;
    let n = home.restore_unprovided(&home.bus().state_writer(writer));
    integrations::register(&home)?;
    output::line(format!("doorward listens on http://{}", listener.local_addr()?));
    if n > 0 {
        output::line(format!("{n} entities are unavailable: nothing here provides them"));
    }
    if !home.is_onboarded() {
        output::line("nobody can log in yet: whoever comes first makes the owner (POST /api/onboarding/users)");
    }
    // Beside the serving: what is away must not keep people from the rest.
    let manager = home.manager().clone();
    tokio::spawn(async move { manager.start().await });
    run::until_stopped(home, listener).await
}
