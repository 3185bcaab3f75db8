//! What an entry says: where the broker is, how to sign in, what to look for.

use std::fmt::Write as _;

use config_entries::ConfigEntry;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// What an entry says. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) broker: String,
    pub(crate) port: u16,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretString>,
    client_id: Option<String>,
    /// Seconds.
    pub(crate) keepalive: u16,
    pub(crate) tls: bool,
    /// Whom to trust instead of the system's list, in PEM.
    pub(crate) certificate: Option<String>,
    pub(crate) client_cert: Option<String>,
    pub(crate) client_key: Option<SecretString>,
    pub(crate) discovery: bool,
    pub(crate) prefix: String,
}

pub(crate) const DEFAULT_PORT: u16 = 1_883;
pub(crate) const DEFAULT_KEEPALIVE: u16 = 60;
pub(crate) const DEFAULT_PREFIX: &str = "homeassistant";

impl Settings {
    /// Reads an entry's data and options.
    pub(crate) fn of(entry: &ConfigEntry) -> Self {
        Self::new(&entry.data, &entry.options)
    }

    /// Reads data and options. What is missing or of another kind gets its default: entries may be imported.
    pub(crate) fn new(data: &Map<String, Value>, options: &Map<String, Value>) -> Self {
        let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
        let number = |name: &str| data.get(name).and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok());
        let prefix = options.get("discovery_prefix").and_then(Value::as_str).map(|p| p.trim().trim_matches('/'));
        Self {
            broker: text("broker").unwrap_or_default(),
            port: number("port").unwrap_or(DEFAULT_PORT),
            username: text("username"),
            password: text("password").map(SecretString::from),
            client_id: text("client_id"),
            keepalive: number("keepalive").unwrap_or(DEFAULT_KEEPALIVE).clamp(15, 3_600),
            // Entries of Home Assistant use TLS where there is a certificate; `auto` stands for the system's.
            tls: data.get("tls").and_then(Value::as_bool).unwrap_or_else(|| text("certificate").is_some()),
            certificate: text("certificate").filter(|certificate| certificate != "auto"),
            client_cert: text("client_cert"),
            client_key: text("client_key").map(SecretString::from),
            discovery: options.get("discovery").and_then(Value::as_bool).unwrap_or(true),
            prefix: prefix.filter(|prefix| is_prefix(prefix)).unwrap_or(DEFAULT_PREFIX).to_owned(),
        }
    }

    /// Returns the client id: the one that is set, or one that nobody else has, of the form that every broker takes.
    pub(crate) fn client_id(&self) -> String {
        self.client_id.clone().unwrap_or_else(|| {
            let mut bytes = [0_u8; 6];
            // Without randomness two hubs could have one id; the broker would then let the older connection go.
            _ = getrandom::fill(&mut bytes);
            bytes.iter().fold("doorward".to_owned(), |mut id, byte| {
                _ = write!(id, "{byte:02x}");
                id
            })
        })
    }

    /// Returns where the hub says that it is there, and the broker that it is gone.
    pub(crate) fn status_topic(&self) -> String {
        format!("{}/status", self.prefix)
    }
}

/// Tells whether messages can be looked for under a prefix.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    !prefix.is_empty() && prefix.len() <= 256 && !prefix.contains(['+', '#', '\0'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn settings(data: Value, options: Value) -> Settings {
        Settings::new(data.as_object().unwrap(), options.as_object().unwrap())
    }

    #[test]
    fn what_is_missing_gets_its_default() {
        let settings =
            settings(json!({"broker": "b", "port": "x", "username": ""}), json!({"discovery_prefix": "a/+"}));
        assert_eq!((settings.port, settings.keepalive, settings.username), (1_883, 60, None));
        assert_eq!((settings.discovery, settings.prefix.as_str()), (true, "homeassistant"));
    }

    #[test]
    fn entries_of_home_assistant_keep_their_tls() {
        let auto = settings(json!({"broker": "b", "certificate": "auto"}), json!({}));
        assert_eq!((auto.tls, auto.certificate), (true, None));
        let own = settings(json!({"broker": "b", "certificate": "PEM"}), json!({}));
        assert_eq!((own.tls, own.certificate.as_deref()), (true, Some("PEM")));
        assert!(!settings(json!({"broker": "b"}), json!({})).tls);
    }

    #[test]
    fn no_secret_is_shown() {
        let data = json!({"broker": "b", "username": "u", "password": "hunter2", "client_key": "hunter3"});
        let shown = format!("{:?}", settings(data, json!({})));
        assert!(!shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn client_ids_differ_and_fit_every_broker() {
        let settings = settings(json!({"broker": "b"}), json!({}));
        let id = settings.client_id();
        assert_ne!(id, settings.client_id());
        assert!(id.len() <= 23 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    }
}
