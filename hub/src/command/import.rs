//! `doorward import-ha` and `doorward export-ha`.

use std::path::Path;

use anyhow::{Result, bail};
use store::{Change, Store, ha_storage};

use super::open_store;
use crate::output;

pub(crate) async fn run(config_dir: &Path, data: &Path) -> Result<()> {
    let import = ha_storage::read(config_dir)?;
    let store = open_store(data)?;
    if !store.load().await?.is_empty() {
        bail!("{}: there is a home already; import into an empty directory", data.display());
    }
    // One batch: all of it is on disk, or none.
    let changes = import.records.into_iter().map(|record| Change::Put(Box::new(record))).collect();
    store.commit(changes).await?;
    output::line(import.report.to_string().trim_end());
    Ok(())
}

pub(crate) async fn export(config_dir: &Path, data: &Path) -> Result<()> {
    let entries = open_store(data)?.load().await?.entries;
    ha_storage::write_entries(config_dir, &entries)?;
    output::line(format!("exported {} config entries", entries.len()));
    Ok(())
}
