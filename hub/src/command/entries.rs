//! `doorward entry`: config entries, in a running hub or in its data.

use std::path::Path;

use anyhow::{Context, Result, bail};
use config_entries::{EntryFilter, ListEntries, RemoveEntry};
use serde_json::Value;

use super::{
    accounts::at_machine,
    open_home,
    place::{Hub, Method},
};
use crate::{
    cli::{Area, Entry, Place},
    output,
};

pub(crate) async fn run(command: Entry) -> Result<()> {
    match command {
        Entry::List { place: Place { data: Some(data), .. } } => {
            let home = open_home(&data, Area::Own).await?;
            let asked = home.bus().authorize(&at_machine(), ListEntries)?;
            show(&home.manager().entries(&asked, &EntryFilter::default()));
        }
        Entry::List { place } => {
            let answer = Hub::at(place.url)?.ask(Method::Get, "/api/config/config_entries/entry").await?;
            show(answer.as_array().context("the answer is no list: is this a hub?")?);
        }
        Entry::Remove { place: Place { data: Some(data), .. }, entry } => remove_from(&data, entry).await?,
        Entry::Remove { place, entry } => {
            let answer = Hub::at(place.url)?.ask(Method::Delete, &path(&entry, "config/config_entries", "")?).await?;
            say_restart(&answer);
        }
        Entry::Reload { url, entry } => {
            let path = path(&entry, "config/config_entries", "/reload")?;
            say_restart(&Hub::at(Some(url))?.ask(Method::Post, &path).await?);
        }
        Entry::Reauth { url, entry } => {
            Hub::at(Some(url))?.ask(Method::Post, &path(&entry, "doorward", "/reauth")?).await?;
        }
    }
    Ok(())
}

async fn remove_from(data: &Path, entry: String) -> Result<()> {
    let home = open_home(data, Area::Own).await?;
    let asked = home.bus().authorize(&at_machine(), RemoveEntry(entry))?;
    home.manager().remove(asked).await?;
    Ok(())
}

fn show(entries: &[Value]) {
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let state = if entry.get("disabled_by").is_some_and(Value::is_string) { "disabled" } else { text("state") };
        let reason = Some(text("reason")).filter(|reason| !reason.is_empty());
        output::row([text("entry_id"), text("domain"), text("title"), state].into_iter().chain(reason));
    }
}

fn say_restart(answer: &Value) {
    if answer.get("require_restart").and_then(Value::as_bool).unwrap_or(false) {
        output::line("the hub must be restarted: the integration could not take the entry down");
    }
}

/// Returns the path of a route about an entry.
fn path(entry: &str, root: &str, action: &str) -> Result<String> {
    if entry.is_empty() || !entry.chars().all(|c| c.is_ascii_alphanumeric()) {
        bail!("`{entry}` is no entry id: `doorward entry list` shows them");
    }
    Ok(format!("/api/{root}/entry/{entry}{action}"))
}
