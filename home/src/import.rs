//! Bringing a Home Assistant's home in while there is nobody here yet: read, checked, and written in one transaction.
//!
//! The directory is named where the hub is started. Who asks for the import may be anybody who reaches the hub then, as with
//! making the owner; that is why no path is ever taken from them, and why nothing is read again until they ask for the import
//! itself.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use audit::{Actor, Outcome, Record as AuditRecord, Trail};
use serde_json::json;
use service_bus::now;
use store::{
    Change, Record, StoreError,
    ha_storage::{self, Import, ImportError},
};
use tokio::sync::watch;

pub use store::ha_storage::Report as ImportReport;

use crate::Home;

/// A Home Assistant's directory that may be brought in. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub struct Importer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    /// What would come, as of the start; or why nothing can.
    offer: Result<ImportReport, String>,
    progress: watch::Sender<ImportProgress>,
}

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportStep {
    /// Nobody has asked for it.
    Offered,
    /// The directory is read.
    Reading,
    /// What was read is looked at.
    Checking,
    /// It is written, all or nothing.
    Writing,
    /// It is on disk, and the hub opens it.
    Opening,
    /// It failed, and nothing has changed: why.
    Failed(String),
}

/// How far an import is, and what was found so far.
#[derive(Clone, Debug)]
pub struct ImportProgress {
    /// How far it is.
    pub step: ImportStep,
    /// What was found, once it was read.
    pub found: Option<Arc<ImportReport>>,
}

/// Why a home was not brought in.
#[derive(Debug, thiserror::Error)]
enum BringInError {
    #[error(transparent)]
    Read(#[from] ImportError),
    #[error("no owner who can log in with a password is in it; `doorward import-ha` takes it all the same")]
    NoOwner,
    #[error("there is a home already: an import is for an empty one")]
    NotEmpty,
    #[error("it could not be written; the hub's log says why")]
    Store(#[from] StoreError),
    #[error("it could not be read; the hub's log says why")]
    Ended(#[from] tokio::task::JoinError),
}

impl Importer {
    /// Reads a directory and offers what is in it. One that cannot be read is offered with the reason.
    pub async fn offer(dir: PathBuf) -> Self {
        let offer = match read(&dir).await {
            Ok(import) => check(&import).map(|()| import.report),
            Err(error) => Err(error),
        };
        let offer = offer.map_err(|error| said(&error, &dir));
        let progress = ImportProgress { step: ImportStep::Offered, found: None };
        Self { shared: Arc::new(Shared { dir, offer, progress: watch::Sender::new(progress) }) }
    }

    /// Returns what would come, as it was when the hub started; or why nothing can.
    pub fn offered(&self) -> Result<&ImportReport, &str> {
        self.shared.offer.as_ref().map_err(String::as_str)
    }

    /// Returns how far it is.
    pub fn progress(&self) -> ImportProgress {
        self.shared.progress.borrow().clone()
    }

    /// Begins to bring it into a home, in a task of its own; one import at a time. Does nothing if one is under way or done.
    pub fn start(&self, home: &Home, ip: IpAddr) {
        let begun = self.shared.progress.send_if_modified(|progress| {
            let may_begin = matches!(progress.step, ImportStep::Offered | ImportStep::Failed(_));
            if may_begin {
                *progress = ImportProgress { step: ImportStep::Reading, found: None };
            }
            may_begin
        });
        if begun {
            let (importer, home) = (self.clone(), home.clone());
            tokio::spawn(async move {
                let done = importer.bring_in(&home, ip).await;
                importer.at(match done {
                    Ok(()) => ImportStep::Opening,
                    Err(error) => {
                        tracing::error!(directory = %importer.shared.dir.display(), %error, source = ?std::error::Error::source(&error), "nothing was imported");
                        ImportStep::Failed(said(&error, &importer.shared.dir))
                    }
                });
            });
        }
    }

    /// Waits until a home was brought in. The one it was brought into is to be left then, and the same store opened again.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn imported(&self) {
        let mut progress = self.shared.progress.subscribe();
        // The sender is ours, so it is there.
        _ = progress.wait_for(|progress| progress.step == ImportStep::Opening).await;
    }

    async fn bring_in(&self, home: &Home, ip: IpAddr) -> Result<(), BringInError> {
        let import = read(&self.shared.dir).await?;
        let found = Arc::new(import.report.clone());
        self.shared.progress.send_modify(|progress| {
            *progress = ImportProgress { step: ImportStep::Checking, found: Some(found) };
        });
        check(&import)?;
        self.at(ImportStep::Writing);
        home.import(import, ip).await
    }

    fn at(&self, step: ImportStep) {
        self.shared.progress.send_modify(|progress| progress.step = step);
    }
}

impl Home {
    /// Writes everything that was read, with the record of it, if nothing is here. From then on this home changes nothing any
    /// more: what it knows is not what is kept.
    ///
    /// # Cancel safety
    /// None: dropping the future midway may leave it written, and this home not knowing.
    async fn import(&self, import: Import, ip: IpAddr) -> Result<(), BringInError> {
        let record = AuditRecord::new(now(), "import", Outcome::Done, Actor::Nobody).with(json!(import.report.used));
        let mut turn = self.turn_for(Trail::Acts, AuditRecord { from: Some(ip), ..record }).await;
        // Looked at when its turn has come: whoever made themselves the owner meanwhile was first.
        if self.is_onboarded() || !self.inner.store.load().await?.is_empty() {
            return Err(BringInError::NotEmpty);
        }
        let changes = import.records.into_iter().map(|record| Change::Put(Box::new(record))).collect();
        self.commit(&mut turn, changes).await?;
        // INVARIANT: before the turn ends. Whoever waits for it to be the first must find that somebody was.
        self.inner.is_replaced.store(true, Ordering::Release);
        Ok(())
    }
}

async fn read(dir: &Path) -> Result<Import, BringInError> {
    let dir = dir.to_owned();
    Ok(tokio::task::spawn_blocking(move || ha_storage::read(&dir)).await??)
}

/// Looks whether somebody could open the home afterwards: it has no first run any more then.
fn check(import: &Import) -> Result<(), BringInError> {
    let logins = import.records.iter().filter_map(|record| match record {
        Record::Login(login) => Some(login.credential.user_id.as_str()),
        _ => None,
    });
    let logins: BTreeSet<_> = logins.collect();
    let is_owner = |record: &Record| match record {
        Record::User(user) => user.is_owner && user.is_active && logins.contains(user.id.as_str()),
        _ => false,
    };
    if import.records.iter().any(is_owner) { Ok(()) } else { Err(BringInError::NoOwner) }
}

/// Says why, and nothing of where the directory is: whoever reads it may be anybody.
fn said(error: &BringInError, dir: &Path) -> String {
    let shown = dir.display().to_string();
    error.to_string().replace(&format!("{shown}/"), "").replace(&shown, "the directory")
}
