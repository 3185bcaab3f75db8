//! `doorward serve`.

use std::{net::SocketAddr, path::Path};

use anyhow::Result;
use auth_core::principal::danger;
use home::Home;
use service_bus::WriteStates;
use tokio::net::TcpListener;

use super::open_home_with;
use crate::{
    cli::{Area, FrontendFiles},
    config::{Config, Reached},
    integrations, output, run, web,
};

pub(crate) async fn run(
    data: &Path,
    listen: Option<SocketAddr>,
    config: Option<&Path>,
    area_rule: Area,
    files: &FrontendFiles,
) -> Result<()> {
    let config = Config::read(config)?;
    let (mut reached, passkeys) = (config.reached(listen)?, config.passkeys()?);
    let providers = config.single_sign_on()?;
    let listener = run::listen(reached.listen).await?;
    let home = open_home_with(data, area_rule, passkeys).await?;
    home.offer_single_sign_on(providers);
    reached.web = web::open(files);
    serve(home, listener, reached).await
}

/// Says whether a configuration file can be used.
pub(crate) fn check_config(file: &Path) -> Result<()> {
    let config = Config::read(Some(file))?;
    config.reached(None)?;
    config.passkeys()?;
    config.single_sign_on()?;
    output::line("valid");
    Ok(())
}

/// Runs a home until the process is asked to end.
pub(super) async fn serve(home: Home, listener: TcpListener, reached: Reached) -> Result<()> {
    components::register(home.bus())?;
    // Entities whose integration is not there are shown as such.
    let core = danger::integration_principal("homeassistant");
    let writer = home.bus().authorize(&core, WriteStates { integration: "homeassistant".to_owned() })?;
    let n = home.restore_unprovided(&home.bus().state_writer(writer));
    integrations::register(&home)?;
    home.register_notifications()?;
    let address = listener.local_addr()?;
    output::line(format!("doorward listens on {}://{address}", reached.scheme()));
    if reached.tls.is_none() && reached.trust.proxies.0.is_empty() && !address.ip().is_loopback() {
        output::line("not encrypted: whoever is on the network can read passwords and tokens (http.tls_certificate)");
    }
    web::say(&reached.web);
    if n > 0 {
        output::line(format!("{n} entities are unavailable: nothing here provides them"));
    }
    if !home.is_onboarded() {
        output::line(format!(
            "nobody can log in yet: whoever comes first makes the owner, at {}://{address}/doorward/first-run",
            reached.scheme()
        ));
    }
    // Beside the serving: what is away must not keep people from the rest.
    let manager = home.manager().clone();
    tokio::spawn(async move { manager.start().await });
    run::until_stopped(home, listener, reached).await
}
