//! Where a command does its work: in data that no hub is running on, or in a running hub. Either way by the same operations.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use home::Home;
use management::{Call, Operation, OperationError};
use outbound::{Client, Limits, Reach, Request, SystemLookup};
use serde_json::{Map, Value};

use super::{accounts::at_machine, open_home};
use crate::cli::{Area, Place};

/// A home that can be asked.
pub(super) enum Asked {
    /// The data itself. Whoever can write it can do everything with it anyway.
    Data(Home),
    /// A running hub.
    Hub(Hub),
}

impl Asked {
    pub(super) async fn open(place: Place) -> Result<Self> {
        match place.data {
            Some(data) => Ok(Self::Data(open_home(&data, Area::Own).await?)),
            None => Ok(Self::Hub(Hub::at(place.url)?)),
        }
    }

    /// Has an operation carried out.
    pub(super) async fn ask(&self, name: &str, members: Value) -> Result<Value> {
        let operation = Operation::find(name).with_context(|| format!("no operation `{name}`"))?;
        let Value::Object(mut members) = members else { bail!("no object") };
        members.retain(|_, value| !value.is_null());
        match self {
            Self::Data(home) => {
                let call = Call::new(home.clone(), at_machine(), members);
                Ok(operation.run(call).await.map_err(|error| anyhow!(said(error)))?)
            }
            Self::Hub(hub) => hub.operate(operation, members).await,
        }
    }

    /// Returns a user by user name, name or id.
    pub(super) async fn user(&self, who: &str) -> Result<Value> {
        let users = self.ask("users/list", Value::Object(Map::new())).await?;
        let users = users.as_array().map(Vec::as_slice).unwrap_or_default();
        let is = |user: &&Value, member: &str| user.get(member).and_then(Value::as_str) == Some(who);
        let mut found: Vec<_> = users.iter().filter(|user| is(user, "id") || is(user, "username")).collect();
        if found.is_empty() {
            found = users.iter().filter(|user| is(user, "name")).collect();
        }
        match found.as_slice() {
            [] => bail!("there is no user `{who}`"),
            [one] => Ok((*one).clone()),
            many => bail!("`{who}` is the name of {} users: give the user name or the id", many.len()),
        }
    }

    /// Returns the id of a user by user name, name or id.
    pub(super) async fn user_id(&self, who: &str) -> Result<String> {
        let user = self.user(who).await?;
        Ok(text(&user, "id").to_owned())
    }
}

/// Returns a text member, empty if there is none.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the cause of a failure at the machine, where nobody has to be kept from knowing it.
fn said(error: OperationError) -> String {
    match error {
        OperationError::Failed(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// A running hub, and the token to ask it with.
pub(super) struct Hub {
    url: String,
    token: secrecy::SecretString,
    client: Client,
}

/// What to do with a path.
pub(super) enum Method {
    Get,
    Post,
    Delete,
}

impl Hub {
    pub(super) fn at(url: Option<String>) -> Result<Self> {
        let url = url.context("no address")?;
        let token = std::env::var("DOORWARD_TOKEN");
        let token = token.map_err(|_| anyhow!("put the token of an administrator into DOORWARD_TOKEN"))?;
        // Whoever sits at the machine says where the hub is.
        let client = Client::new(Reach::Private)?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), token: token.into(), client })
    }

    pub(super) async fn ask(&self, method: Method, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        self.send(match method {
            Method::Get => Request::get(&url)?,
            Method::Post => Request::post_form(&url, &[])?,
            Method::Delete => Request::delete(&url)?,
        })
        .await
    }

    /// Returns a whole file that the hub sends: up to 4 GiB, within ten minutes.
    pub(super) async fn download(&self, path: &str) -> Result<Vec<u8>> {
        let limits = Limits { max_body: 4 << 30, whole: Duration::from_secs(600), ..Limits::default() };
        let client = Client::with(Reach::Private, limits, Arc::new(SystemLookup))?;
        let request = Request::get(&format!("{}{path}", self.url))?.bearer(&self.token)?;
        let answer = client.send(request).await.with_context(|| format!("asking {}", self.url))?;
        match answer.status {
            200 => Ok(answer.body.to_vec()),
            401 => bail!("{} refuses: is the token the owner's?", self.url),
            status => bail!("{} answers {status}", self.url),
        }
    }

    async fn operate(&self, operation: &Operation, mut members: Map<String, Value>) -> Result<Value> {
        let mut path = operation.path.to_owned();
        for (name, value) in std::mem::take(&mut members) {
            let open = format!("{{{name}}}");
            match value.as_str().filter(|_| path.contains(&open)) {
                Some(text) => path = path.replace(&open, &encoded(text)),
                None => _ = members.insert(name, value),
            }
        }
        let mut url = format!("{}{path}", self.url);
        self.send(match operation.method {
            "GET" => {
                let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                let pairs = members.iter().map(|(name, value)| format!("{name}={}", encoded(&plain(value))));
                let pairs = pairs.collect::<Vec<_>>();
                if !pairs.is_empty() {
                    url = format!("{url}?{}", pairs.join("&"));
                }
                Request::get(&url)?
            }
            "DELETE" => Request::delete(&url)?,
            _ => Request::post_json(&url, Value::Object(members).to_string())?,
        })
        .await
    }

    async fn send(&self, request: Request) -> Result<Value> {
        let request = request.bearer(&self.token)?;
        let answer = self.client.send(request).await.with_context(|| format!("asking {}", self.url))?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        match answer.status {
            200..300 => Ok(body),
            401 => bail!("{} refuses: is the token one of an administrator?", self.url),
            status => {
                let said = body.get("message").and_then(Value::as_str).or(body.as_str()).unwrap_or_default();
                bail!("{} answers {status}: {}", self.url, said.replace('\n', "; "))
            }
        }
    }
}

/// Writes a text as part of a path or query.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
