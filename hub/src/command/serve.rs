//! `doorward serve`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use auth_core::principal::danger;
use home::{Home, Importer};
use service_bus::WriteStates;
use store::{SqliteStore, Store};
use tokio::net::TcpListener;

use super::{open_home_in, open_store};
use crate::{
    cli::{Area, FrontendFiles},
    config::{Config, Reached},
    integrations, output,
    run::{self, Ended, Signals},
    web,
};

/// Where the home is, and what may be brought into it.
pub(crate) struct Place<'a> {
    pub(crate) data: &'a Path,
    pub(crate) area_rule: Area,
    pub(crate) import_from: Option<PathBuf>,
}

pub(crate) async fn run(
    place: Place<'_>,
    listen: Option<SocketAddr>,
    config: Option<&Path>,
    files: &FrontendFiles,
) -> Result<()> {
    let Place { data, area_rule, import_from } = place;
    let config = Config::read(config)?;
    let (mut reached, passkeys) = (config.reached(listen)?, config.passkeys()?);
    let providers = config.single_sign_on()?;
    let listener = run::listen(reached.listen).await?.into_std()?;
    let store = Arc::new(open_store(data)?);
    let mut importer = offered(import_from, &store).await?;
    reached.web = web::open(files);
    let mut signals = Signals::listen()?;
    // Once, and once more for a home that is brought in. The socket stays open: who comes between the two waits.
    loop {
        let home = open_home_in(Arc::clone(&store), data, area_rule, passkeys.clone()).await?;
        home.offer_single_sign_on(providers.clone());
        let listener = TcpListener::from_std(listener.try_clone()?)?;
        let ended = serve(home, listener, reached.clone(), importer.clone(), &mut signals).await?;
        let Some(done) = importer.take().filter(|_| ended == Ended::Imported) else { return Ok(()) };
        if let Some(found) = done.progress().found {
            output::line(found.to_string().trim_end());
        }
    }
}

/// Reads what may be brought in, if there is no home yet.
async fn offered(dir: Option<PathBuf>, store: &SqliteStore) -> Result<Option<Importer>> {
    let Some(dir) = dir else { return Ok(None) };
    if !store.load().await?.is_empty() {
        output::line("there is a home already: nothing is imported into it");
        return Ok(None);
    }
    let importer = Importer::offer(dir).await;
    if let Err(reason) = importer.offered() {
        tracing::error!(reason, "nothing can be imported");
    }
    Ok(Some(importer))
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
pub(super) async fn alone(home: Home, listener: TcpListener, reached: Reached) -> Result<()> {
    serve(home, listener, reached, None, &mut Signals::listen()?).await?;
    Ok(())
}

/// Runs a home until it ends.
async fn serve(
    home: Home,
    listener: TcpListener,
    reached: Reached,
    importer: Option<Importer>,
    signals: &mut Signals,
) -> Result<Ended> {
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
    run::until_ended(home, listener, reached, importer, signals).await
}
