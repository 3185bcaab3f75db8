//! Copies of a running home.

use std::{fs::File, path::PathBuf, sync::Arc};

use audit::{Outcome, Record, Trail, action_name};
use auth_core::{Action, Authorized};
use service_bus::now;
use store::StoreError;

use crate::{AccountError, CreateBackup, Home, accounts::sign_in::new_id};

/// How the names of copies end that are being written. Whoever opens a home's directory may remove what is left of them.
pub const UNFINISHED: &str = ".unfinished";

impl Home {
    /// Copies everything as of this moment to a file in the home's directory that has no name any more, and returns it open
    /// for reading: it is gone with its last reader. Recorded before, on disk.
    ///
    /// # Cancel safety
    /// Whoever goes away meanwhile leaves nothing behind: the copy is ended and removed all the same. If the machine dies
    /// meanwhile, the next start removes it.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn create_backup(&self, request: Authorized<CreateBackup>) -> Result<File, AccountError> {
        self.prove(&request)?;
        let record = Record::of(now(), action_name(CreateBackup::NAME), Outcome::Done, request.principal());
        self.keep_record(Trail::Acts, record).await?;
        let path = PathBuf::from(&self.inner.config_dir).join(format!("backup-{}{UNFINISHED}", new_id()));
        let store = Arc::clone(&self.inner.store);
        let copied = tokio::spawn(async move {
            let written = store.copy_to(path.clone()).await;
            let shown = path.display().to_string();
            let file =
                written.and_then(|()| File::open(&path).map_err(|error| StoreError::Backup { path: shown, error }));
            _ = std::fs::remove_file(&path);
            file
        });
        Ok(copied.await.map_err(|_| StoreError::Closed)??)
    }
}
