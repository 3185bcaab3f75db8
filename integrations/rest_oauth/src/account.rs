//! Whose account an entry signs in with.

use config_entries::{ConfigEntry, hub::parse_json, oauth2::HttpAnswer};
use secrecy::SecretString;
use serde_json::Value;

use crate::{sensors, source::Source, web::Web};

/// Why it was not found out whose account it is: the key of a text.
pub(crate) type Unknown = &'static str;

/// Asks whose account a token is of: none if the entry does not say where that is found.
pub(crate) async fn ask(web: &dyn Web, source: &Source, token: &SecretString) -> Result<Option<String>, Unknown> {
    let (url, path) = match (&source.userinfo_url, &source.account_path) {
        (Some(url), _) => (url, "sub"),
        (None, Some(path)) => (&source.resource_url, path.as_str()),
        (None, None) => return Ok(None),
    };
    let answer = web.get(source.local, url, token).await.map_err(|_| "cannot_connect")?;
    let json = read(&answer).ok_or("cannot_connect")?;
    let account = sensors::at(&json, path).and_then(sensors::text).filter(|account| !account.is_empty());
    account.map(Some).ok_or("no_account")
}

/// Returns the unique id of the values of one account: with another resource it is another entry.
pub(crate) fn unique_id(source: &Source, account: &str) -> String {
    format!("{account} {}", source.resource_url)
}

/// Returns what entries have in common that can sign in together: the server, the client, what is asked for, whose
/// account.
pub(crate) fn shared(entry: &ConfigEntry) -> Option<String> {
    let text = |name: &str| entry.data.get(name).and_then(Value::as_str);
    let account = text("account")?;
    let parts = [text("token_url")?, text("auth_implementation")?, text("scope").unwrap_or_default(), account];
    Some(parts.join("\n"))
}

/// Returns the JSON of an answer that succeeded. Its type may say anything: many a resource says `text/plain`.
pub(crate) fn read(answer: &HttpAnswer) -> Option<Value> {
    if (200..300).contains(&answer.status) { parse_json(&answer.body).ok() } else { None }
}
