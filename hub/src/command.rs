//! What each command does.

mod accounts;
mod audit;
mod backup;
mod demo;
mod entries;
mod import;
mod place;
mod policy;
mod security;
mod serve;

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, Result};
use clap::CommandFactory;
use home::{Home, Options, PasskeyVerifier, UNFINISHED};
use store::{SqliteStore, StoreError};

use crate::{
    cli::{Area, Arguments, Command},
    output,
};

pub(crate) async fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo { listen, creds_file, frontend } => demo::run(listen, creds_file, &frontend).await,
        Command::Serve { data, listen, config, area_rule, frontend, import_from } => {
            let place = serve::Place { data: &data, area_rule, import_from };
            serve::run(place, listen, config.as_deref(), &frontend).await
        }
        Command::Backup { file, place, locked } => backup::back_up(&file, place, locked).await,
        Command::Restore { file, data, replace, identities, passphrase } => {
            backup::restore(&file, &data, replace, &identities, passphrase).await
        }
        Command::CheckConfig { config } => serve::check_config(&config),
        Command::ImportHa { config_dir, data } => import::run(&config_dir, &data).await,
        Command::ExportHa { config_dir, data } => import::export(&config_dir, &data).await,
        Command::Entry(entry) => entries::run(entry).await,
        Command::User(user) => accounts::user(user).await,
        Command::Group(group) => accounts::group(group).await,
        Command::Token(token) => accounts::token(token).await,
        Command::Ban(ban) => security::ban(ban).await,
        Command::StepUp(step_up) => security::step_up(step_up).await,
        Command::Audit(audit) => audit::run(audit).await,
        Command::Policy(policy) => policy::run(policy).await,
        Command::Openapi => {
            output::line(http_adapter::openapi());
            Ok(())
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "doorward", &mut script);
            output::line(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Version => {
            output::line(format!("doorward {}", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
    }
}

/// Opens the store in a data directory, and makes both if they are not there. Only their owner can read them.
fn open_store(data: &Path) -> Result<SqliteStore> {
    use std::os::unix::fs::DirBuilderExt;
    let shown = data.display();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data).with_context(|| format!("making {shown}"))?;
    let file = data.join("home.db");
    let store = SqliteStore::open(&file).map_err(|error| with_hint(error, &file))?;
    remove_unfinished(data);
    Ok(store)
}

/// Adds what its reader may do about it.
fn with_hint(error: StoreError, file: &Path) -> anyhow::Error {
    let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    anyhow::Error::new(error).context(format!("opening {}{hint}", file.display()))
}

/// Removes what is left of copies that were being written when the power went: all secrets are in them. Nobody else writes
/// one now, since the home is ours.
fn remove_unfinished(data: &Path) {
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("backup") && name.ends_with(UNFINISHED) {
            match fs::remove_file(entry.path()) {
                Ok(()) => tracing::warn!(name, "an unfinished copy was removed"),
                Err(error) => tracing::warn!(name, %error, "an unfinished copy could not be removed"),
            }
        }
    }
}

/// Opens the home in a data directory.
async fn open_home(data: &Path, area: Area) -> Result<Home> {
    open_home_in(Arc::new(open_store(data)?), data, area, None).await
}

/// Opens the home that a store keeps, to be served with passkeys if something checks them.
async fn open_home_in(
    store: Arc<SqliteStore>,
    data: &Path,
    area: Area,
    passkeys: Option<Arc<dyn PasskeyVerifier>>,
) -> Result<Home> {
    let area_rule = match area {
        Area::Own => registries::AreaRule::Own,
        Area::Device => registries::AreaRule::Device,
    };
    let options = Options { area_rule, config_dir: data.display().to_string(), passkeys };
    Home::open(store, options).await.map_err(|error| with_hint(error, &data.join("home.db")))
}
