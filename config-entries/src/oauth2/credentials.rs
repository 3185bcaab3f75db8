//! Application credentials: what the hub calls itself at an authorization server.

use auth_core::Unauthorized;
use indexmap::IndexMap;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::HostError;

/// What the hub calls itself at the authorization servers of one integration. Serialises with its secret, for the
/// store; `Debug` and [`Self::to_wire`] do not show it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApplicationCredential {
    /// The domain and the client id, as one word of `[a-z0-9_]`.
    pub id: String,
    /// The integration.
    pub domain: String,
    /// The client id.
    pub client_id: String,
    /// The client secret; empty for a public client.
    #[serde(serialize_with = "write_secret", deserialize_with = "read_secret")]
    pub client_secret: SecretString,
    /// For display.
    #[serde(default)]
    pub name: Option<String>,
}

/// The application credentials of a home, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct CredentialBook {
    items: IndexMap<String, ApplicationCredential>,
}

/// Why nothing was done with application credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The caller may not.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// There is no such integration, or it does not sign in with application credentials.
    #[error("integration `{0}` has no application credentials")]
    UnknownIntegration(String),
    /// A field is empty, too long, or has control characters in it.
    #[error("`{0}` is not valid")]
    Invalid(&'static str),
    /// There are as many as there may be.
    #[error("too many application credentials")]
    Limit,
    /// There is no such credential.
    #[error("Unable to find application_credentials_id {0}")]
    Unknown(String),
    /// An entry signs in with it.
    #[error("Cannot delete credential in use by integration {0}")]
    InUse(String),
    /// It could not be kept.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl ApplicationCredential {
    /// Returns it as clients see it: without its secret, which nobody needs to see again.
    pub fn to_wire(&self) -> Value {
        json!({"id": self.id, "domain": self.domain, "client_id": self.client_id, "name": self.name})
    }

    /// Returns what it is called where one is picked: its name, or its client id.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.client_id)
    }
}

impl CredentialBook {
    /// The most credentials that a home has.
    pub const MAX: usize = 256;
    /// The longest field, in bytes.
    pub const MAX_FIELD: usize = 2048;

    /// Returns a credential by its id.
    pub fn get(&self, id: &str) -> Option<&ApplicationCredential> {
        self.items.get(id)
    }

    /// Returns the credentials, in order.
    pub fn iter(&self) -> impl Iterator<Item = &ApplicationCredential> {
        self.items.values()
    }

    /// Returns those of an integration, in order.
    pub fn of_domain(&self, domain: &str) -> Vec<ApplicationCredential> {
        self.iter().filter(|credential| credential.domain == domain).cloned().collect()
    }

    /// Makes a credential with an id of its own, without adding it. Space around the fields is cut off.
    ///
    /// # Errors
    /// [`CredentialError::Invalid`], [`CredentialError::Limit`].
    pub fn prepare(
        &self,
        domain: &str,
        client_id: &str,
        client_secret: &SecretString,
        name: Option<&str>,
    ) -> Result<ApplicationCredential, CredentialError> {
        if self.items.len() >= Self::MAX {
            return Err(CredentialError::Limit);
        }
        let client_id = field("client_id", client_id)?.filter(|id| !id.is_empty());
        let client_id = client_id.ok_or(CredentialError::Invalid("client_id"))?;
        let client_secret = field("client_secret", client_secret.expose_secret())?.unwrap_or_default();
        let name = field("name", name.unwrap_or_default())?.filter(|name| !name.is_empty());
        let stem = format!("{domain}_{}", slug(&client_id));
        let taken = |id: &String| self.items.contains_key(id);
        let numbered = (2..=Self::MAX + 1).map(|n| format!("{stem}_{n}"));
        let id = std::iter::once(stem.clone()).chain(numbered).find(|id| !taken(id)).ok_or(CredentialError::Limit)?;
        Ok(ApplicationCredential {
            id,
            domain: domain.to_owned(),
            client_id,
            client_secret: client_secret.into(),
            name,
        })
    }

    /// Adds a credential, or puts one back that was stored.
    pub fn insert(&mut self, credential: ApplicationCredential) {
        self.items.insert(credential.id.clone(), credential);
    }

    /// Removes a credential.
    pub fn remove(&mut self, id: &str) -> Option<ApplicationCredential> {
        self.items.shift_remove(id)
    }
}

fn field(name: &'static str, text: &str) -> Result<Option<String>, CredentialError> {
    let text = text.trim();
    if text.len() > CredentialBook::MAX_FIELD || text.chars().any(char::is_control) {
        return Err(CredentialError::Invalid(name));
    }
    Ok(Some(text.to_owned()))
}

/// Lower case, and one `_` for whatever is neither a letter nor a digit.
fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

fn write_secret<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn read_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    Ok(String::deserialize(deserializer)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(book: &mut CredentialBook, client_id: &str) -> Result<String, String> {
        let made = book.prepare("cloud", client_id, &"hush".into(), Some(" Mine "));
        let made = made.map_err(|error| error.to_string())?;
        book.insert(made.clone());
        Ok(made.id)
    }

    #[test]
    fn ids_are_slugs_and_unique() {
        let mut book = CredentialBook::default();
        assert_eq!(add(&mut book, " Abc-1.apps!example "), Ok("cloud_abc_1_apps_example".to_owned()));
        assert_eq!(add(&mut book, "abc 1 apps example"), Ok("cloud_abc_1_apps_example_2".to_owned()));
        assert_eq!(book.get("cloud_abc_1_apps_example").map(|one| one.client_id.as_str()), Some("Abc-1.apps!example"));
        for bad in ["", "  ", "a\nb", &"a".repeat(2049)] {
            assert_eq!(add(&mut book, bad), Err("`client_id` is not valid".to_owned()), "{bad:?}");
        }
    }

    #[test]
    fn the_secret_is_stored_and_shown_nowhere() {
        let book = CredentialBook::default();
        let made = book.prepare("cloud", "id", &"hush".into(), None).unwrap();
        let stored = json!(made);
        assert_eq!(stored["client_secret"], "hush");
        let back: ApplicationCredential = serde_json::from_value(stored).unwrap();
        assert_eq!(back.client_secret.expose_secret(), "hush");
        assert!(!format!("{made:?} {}", made.to_wire()).contains("hush"));
        assert_eq!(made.to_wire(), json!({"id": "cloud_id", "domain": "cloud", "client_id": "id", "name": null}));
    }

    #[test]
    fn there_is_a_bound() {
        let mut book = CredentialBook::default();
        for _ in 0..CredentialBook::MAX {
            add(&mut book, "same").unwrap();
        }
        assert_eq!(add(&mut book, "same"), Err("too many application credentials".to_owned()));
    }
}
