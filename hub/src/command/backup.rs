//! `doorward backup` and `doorward restore`.

use std::{
    fs,
    io::{self, BufRead, Read, Write},
    path::{Path, PathBuf},
};

use age::{Decryptor, Encryptor, Identity, IdentityFile, Recipient, scrypt, x25519};
use anyhow::{Context, Result, anyhow, bail};
use audit::{Outcome, Record, Trail};
use store::{Change, CopyReport, Store, StoreError, check_copy};

use super::{accounts::at_machine, open_store, place::Hub};
use crate::{
    cli::{Locked, Place},
    output,
};

/// Writes a copy of a home, of a running hub or of data that none is running on. Whole or not at all.
pub(crate) async fn back_up(file: &Path, place: Place, locked: Locked) -> Result<()> {
    if file.exists() {
        bail!("{} is there already: nothing is written over", file.display());
    }
    let recipients = recipients(&locked)?;
    // What is not encrypted yet stays where secrets are: in the home's directory, or in the user's directory for what
    // lasts as long as a session. Only without recipients is it written where the copy goes, which may be a shared disk.
    let plain = match (&place.data, recipients.is_empty()) {
        (_, true) => beside(file, "plain"),
        (Some(data), false) => beside(&data.join("backup"), "unfinished"),
        (None, false) => beside(&private_directory()?.join("doorward-backup"), "unfinished"),
    };
    match place.data {
        Some(data) => open_store(&data)?.copy_to(plain.path().to_owned()).await?,
        None => {
            let copy = Hub::at(place.url)?.download("/api/doorward/backup").await?;
            plain.write(&copy)?;
        }
    }
    // What cannot be restored is no backup.
    let report = check_copy(plain.path())?;
    let finished = if recipients.is_empty() {
        plain
    } else {
        let encrypted = beside(file, "unfinished");
        encrypted.write(&encrypt(&fs::read(plain.path())?, &recipients)?)?;
        encrypted
    };
    fs::rename(finished.path(), file).with_context(|| format!("writing {}", file.display()))?;
    sync_directory_of(file)?;
    say(&report);
    Ok(())
}

/// Puts a copy in the place of a home, after everything in it was read. The home that was there is kept beside it.
pub(crate) async fn restore(
    file: &Path,
    data: &Path,
    replace: bool,
    identities: &[PathBuf],
    passphrase: bool,
) -> Result<()> {
    let name = file.display();
    let bytes = fs::read(file).with_context(|| format!("reading {name}"))?;
    let plain = if bytes.starts_with(b"age-encryption.org/") {
        decrypt(&bytes, identities, passphrase).with_context(|| format!("decrypting {name}"))?
    } else {
        bytes
    };
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("making {}", data.display()))?;
    let home = data.join("home.db");
    let incoming = beside(&home, "incoming");
    incoming.write(&plain)?;
    let report = check_copy(incoming.path()).with_context(|| name.to_string())?;
    if home.exists() {
        if !replace {
            bail!("{}: there is a home already; --replace puts it aside", data.display());
        }
        // Nobody must be running on it; and what is only in the file beside it comes into it.
        let is_damaged = match open_store(data) {
            Ok(store) => {
                drop(store);
                false
            }
            // What cannot be read is put aside as it is, with what is beside it.
            Err(error) if matches!(error.downcast_ref(), Some(StoreError::Damaged(_))) => true,
            Err(error) => return Err(error),
        };
        let aside = (1..).map(|n| data.join(format!("home.db.before-restore-{n}"))).find(|path| !path.exists());
        let aside = aside.context("no name is free")?;
        if is_damaged {
            let with_wal = aside.with_file_name(format!("{}-wal", aside.file_name().unwrap_or_default().display()));
            _ = fs::rename(data.join("home.db-wal"), with_wal);
        } else {
            wait_until_closed(data)?;
        }
        // A second name, so that there is a home under its own name at every moment.
        fs::hard_link(&home, &aside)
            .or_else(|_| fs::rename(&home, &aside))
            .with_context(|| format!("putting the home aside as {}", aside.display()))?;
        output::line(format!("the home that was there is {}", aside.display()));
    }
    for rest in ["home.db-wal", "home.db-shm"] {
        _ = fs::remove_file(data.join(rest));
    }
    fs::rename(incoming.path(), &home).with_context(|| format!("writing {}", home.display()))?;
    sync_directory_of(&home)?;
    record(data, &file.file_name().unwrap_or_default().to_string_lossy()).await?;
    say(&report);
    output::line("passwords, tokens, second factors and links are those of then: revoke again what was revoked since");
    Ok(())
}

/// Writes down that a copy was restored: what came after it was made is no longer in the trail.
async fn record(data: &Path, name: &str) -> Result<()> {
    let record = Record::of(service_bus::now(), "restore_backup", Outcome::Done, &at_machine()).on(name);
    let store = open_store(data)?;
    store.commit(vec![Change::Audit(Trail::Acts, Box::new(record))]).await.context("recording that it was restored")?;
    drop(store);
    wait_until_closed(data)
}

fn say(CopyReport { users, entries, entities, audit_records, .. }: &CopyReport) {
    output::line(format!(
        "{users} users, {entries} config entries, {entities} entities, {audit_records} audit records, all read"
    ));
}

/// Waits for the writer of a store that was just closed to let go of the file.
fn wait_until_closed(data: &Path) -> Result<()> {
    let wal = data.join("home.db-wal");
    for _ in 0..500 {
        if !wal.exists() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    bail!("{} stays: is a hub running on this directory?", wal.display())
}

/// A file beside another that is removed unless it was moved.
struct Beside(PathBuf);

fn beside(file: &Path, ending: &str) -> Beside {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{ending}", std::process::id()));
    Beside(file.with_file_name(name))
}

impl Beside {
    fn path(&self) -> &Path {
        &self.0
    }

    /// Writes it for its owner's eyes alone, to the disk.
    fn write(&self, bytes: &[u8]) -> Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let shown = || format!("writing {}", self.0.display());
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0).with_context(shown)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(shown)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.0);
    }
}

/// Returns a directory of this machine for what must not leave it.
fn private_directory() -> Result<PathBuf> {
    let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    Ok(named.unwrap_or_else(std::env::temp_dir))
}

fn sync_directory_of(file: &Path) -> Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(directory).and_then(|directory| directory.sync_all()).context("writing the directory")
}

/// Returns whom a backup is encrypted for; nobody if it is not.
fn recipients(locked: &Locked) -> Result<Vec<Box<dyn Recipient + Send>>> {
    let mut recipients: Vec<Box<dyn Recipient + Send>> = Vec::new();
    for text in &locked.recipients {
        let recipient: x25519::Recipient = text.parse().map_err(|reason| anyhow!("`{text}`: {reason}"))?;
        recipients.push(Box::new(recipient));
    }
    if locked.passphrase {
        recipients.push(Box::new(scrypt::Recipient::new(passphrase()?)));
    }
    Ok(recipients)
}

fn encrypt(plain: &[u8], recipients: &[Box<dyn Recipient + Send>]) -> Result<Vec<u8>> {
    let all = recipients.iter().map(|recipient| &**recipient as &dyn Recipient);
    let mut encrypted = Vec::new();
    let mut writer = Encryptor::with_recipients(all)?.wrap_output(&mut encrypted)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(encrypted)
}

fn decrypt(encrypted: &[u8], files: &[PathBuf], asks: bool) -> Result<Vec<u8>> {
    let mut identities: Vec<Box<dyn Identity>> = Vec::new();
    for file in files {
        let name = file.display();
        let read = IdentityFile::from_file(file.display().to_string()).with_context(|| format!("reading {name}"))?;
        for identity in read.into_identities().map_err(|error| anyhow!("{name}: {error}"))? {
            identities.push(identity);
        }
    }
    if asks {
        identities.push(Box::new(scrypt::Identity::new(passphrase()?)));
    }
    if identities.is_empty() {
        bail!("it is encrypted: give --identity FILE or --passphrase");
    }
    let decryptor = Decryptor::new(encrypted)?;
    let mut plain = Vec::new();
    let mut reader = decryptor.decrypt(identities.iter().map(|identity| &**identity))?;
    reader.read_to_end(&mut plain).context("it is damaged")?;
    Ok(plain)
}

/// Reads a passphrase: the first line of standard input.
fn passphrase() -> Result<age::secrecy::SecretString> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("reading the passphrase from standard input")?;
    let text = line.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        bail!("the passphrase is the first line of standard input, and that is empty");
    }
    Ok(text.to_owned().into())
}
