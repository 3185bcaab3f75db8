//! Reading a Home Assistant's configuration directory, and writing its config entries.
//!
//! [`read`] turns `.storage` into records and says what it could not use. Nothing is written: committing the records in
//! one batch makes the import whole or not at all.

mod accounts;
mod export;
mod home;
mod report;

use std::{fs, path::Path};

use serde_json::{Map, Value};

use crate::Record;

pub use export::{ExportError, write_entries};
pub use report::Report;

/// What was read.
#[derive(Debug)]
pub struct Import {
    /// What can be used.
    pub records: Vec<Record>,
    /// What was found and what cannot be used, with the reasons.
    pub report: Report,
}

/// Why a directory cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no account file: not a Home Assistant's configuration directory.
    #[error("{path}: {reason}; is this Home Assistant's configuration directory?")]
    NoHome {
        /// The file.
        path: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// A file is not what it should be.
    #[error("{path}: {reason}")]
    BadFile {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A file was written by a newer Home Assistant than is known.
    #[error("{path}: has version {found}, newer than {known}, the newest that can be read")]
    TooNew {
        /// The file.
        path: String,
        /// Its version.
        found: u64,
        /// The newest known.
        known: u64,
    },
}

/// Reads `config_dir`. Only `.storage/auth` must be there.
///
/// # Errors
/// [`ImportError`], for what makes the whole unusable. What concerns one record is in the report.
pub fn read(config_dir: &Path) -> Result<Import, ImportError> {
    let storage = config_dir.join(".storage");
    let mut import = Import { records: Vec::new(), report: Report::default() };
    let Some(auth) = file(&storage, "auth", 1)? else {
        let (path, reason) = (storage.join("auth").display().to_string(), "no such file".to_owned());
        return Err(ImportError::NoHome { path, reason });
    };
    let passwords = file(&storage, "auth_provider.homeassistant", 1)?.unwrap_or_default();
    let factors = file(&storage, "auth_module.totp", 1)?.unwrap_or_default();
    accounts::read(&auth, &passwords, &factors, &mut import);
    for (name, version) in home::FILES {
        if let Some(data) = file(&storage, name, version)? {
            home::read(name, &data, &mut import);
        }
    }
    Ok(import)
}

/// Returns the `data` of one storage file; none if there is no such file.
fn file(storage: &Path, name: &str, known: u64) -> Result<Option<Map<String, Value>>, ImportError> {
    let path = storage.join(name);
    let shown = path.display().to_string();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ImportError::BadFile { path: shown, reason: error.to_string() }),
    };
    let bad = |reason: &str| ImportError::BadFile { path: shown.clone(), reason: reason.to_owned() };
    let Value::Object(mut envelope) = serde_json::from_str(&text).map_err(|error| bad(&error.to_string()))? else {
        return Err(bad("not an object"));
    };
    let found = envelope.get("version").and_then(Value::as_u64).ok_or_else(|| bad("no version"))?;
    if found > known {
        return Err(ImportError::TooNew { path: shown, found, known });
    }
    match envelope.remove("data") {
        Some(Value::Object(data)) => Ok(Some(data)),
        _ => Err(bad("no data")),
    }
}

/// Returns the objects of a list.
fn objects<'a>(data: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    data.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Returns a text.
fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// Returns a text of our own.
fn owned(object: &Map<String, Value>, name: &str) -> Option<String> {
    text(object, name).map(str::to_owned)
}

/// Returns a flag; `default` where it is missing.
fn flag(object: &Map<String, Value>, name: &str, default: bool) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(default)
}
