//! `doorward entry`: config entries, in a running hub or in its data.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use config_entries::{EntryFilter, ListEntries, RemoveEntry};
use outbound::{Client, Reach, Request};
use serde_json::Value;

use super::{accounts::at_machine, open_home};
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
        let shown = [text("entry_id"), text("domain"), text("title"), state, text("reason")];
        output::line(shown.join("\t").trim_end());
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

enum Method {
    Get,
    Post,
    Delete,
}

/// A running hub, and the token to ask it with.
struct Hub {
    url: String,
    token: secrecy::SecretString,
    client: Client,
}

impl Hub {
    fn at(url: Option<String>) -> Result<Self> {
        let url = url.context("no address")?;
        let token = std::env::var("DOORWARD_TOKEN");
        let token = token.map_err(|_| anyhow!("put the token of an administrator into DOORWARD_TOKEN"))?;
        // Whoever sits at the machine says where the hub is.
        let client = Client::new(Reach::Private)?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), token: token.into(), client })
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let request = match method {
            Method::Get => Request::get(&url),
            Method::Post => Request::post_form(&url, &[]),
            Method::Delete => Request::delete(&url),
        };
        let request = request?.bearer(&self.token)?;
        let answer = self.client.send(request).await.with_context(|| format!("asking {}", self.url))?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        match answer.status {
            200..300 => Ok(body),
            401 => bail!("{} refuses: is the token one of an administrator?", self.url),
            status => {
                let said = body.get("message").and_then(Value::as_str).or(body.as_str()).unwrap_or_default();
                bail!("{} answers {status}: {said}", self.url)
            }
        }
    }
}
