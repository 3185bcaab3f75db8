//! Config entries, as Home Assistant stores them.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use auth_core::Timestamp;
use config_entries::ConfigEntry;
use serde_json::{Value, json};

/// Why config entries were not written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ExportError {
    /// The file or folder.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// Writes `entries` to `.storage/core.config_entries` under `config_dir`, readable by its owner alone: they hold
/// secrets. A file that is there is not written over.
///
/// What was imported comes out as it was, members that are not known here included.
///
/// # Errors
/// [`ExportError`]; there is no half file then.
pub fn write_entries(config_dir: &Path, entries: &[ConfigEntry]) -> Result<(), ExportError> {
    let folder = config_dir.join(".storage");
    let file = folder.join("core.config_entries");
    let failed = |path: &Path, reason: &dyn std::fmt::Display| ExportError {
        path: path.display().to_string(),
        reason: reason.to_string(),
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| failed(&folder, &error))?;
    let entries = entries.iter().map(stored_form).collect::<Result<Vec<_>, _>>();
    let entries = entries.map_err(|error| failed(&file, &error))?;
    let document = json!({
        "version": 1,
        "minor_version": 5,
        "key": "core.config_entries",
        "data": {"entries": entries},
    });
    let text = serde_json::to_string_pretty(&document).map_err(|error| failed(&file, &error))?;
    let unfinished = folder.join("core.config_entries.unfinished");
    let mut options = fs::OpenOptions::new();
    let written = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished).and_then(|mut open| {
        open.write_all(text.as_bytes())?;
        open.sync_all()
    });
    written.map_err(|error| failed(&unfinished, &error))?;
    // A link is made only where there is nothing yet, unlike a rename.
    let linked = fs::hard_link(&unfinished, &file).map_err(|error| failed(&file, &error));
    _ = fs::remove_file(&unfinished);
    linked
}

fn stored_form(entry: &ConfigEntry) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(entry)?;
    for name in ["created_at", "modified_at"] {
        if let Some(time) = value.get_mut(name) {
            let at = Timestamp::from_micros(time.as_i64().unwrap_or_default());
            *time = json!(at.to_string());
        }
    }
    Ok(value)
}
