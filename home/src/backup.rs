//! Copies of a running home.

use std::path::PathBuf;

use audit::{Outcome, Record, Trail, action_name};
use auth_core::{Action, Authorized};
use service_bus::now;

use crate::{AccountError, CreateBackup, Home, accounts::sign_in::new_id};

impl Home {
    /// Writes a copy of everything as of this moment to a new file in the home's directory, and returns its path: whoever
    /// asked removes it. It is recorded before.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn create_backup(&self, request: Authorized<CreateBackup>) -> Result<PathBuf, AccountError> {
        let record = Record::of(now(), action_name(CreateBackup::NAME), Outcome::Done, request.principal());
        self.record(Trail::Acts, record);
        self.flush_audit().await?;
        let path = PathBuf::from(&self.inner.config_dir).join(format!("backup-{}.unfinished", new_id()));
        let written = self.inner.store.copy_to(path.clone()).await;
        if written.is_err() {
            _ = std::fs::remove_file(&path);
        }
        written?;
        Ok(path)
    }
}
