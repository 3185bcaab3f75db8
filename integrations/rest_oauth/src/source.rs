//! What an entry says of where its values come from: read from a form, kept in the entry's data.

use config_entries::{
    Field, FieldKind, Schema,
    oauth2::{AuthServer, ClientAuth},
};
use outbound::{Reach, may_reach};
use serde_json::{Map, Value, json};
use url::{Host, Url};

/// Where an entry's values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) server: AuthServer,
    pub(crate) resource_url: String,
    /// Answers with `sub`, as OpenID Connect's does.
    pub(crate) userinfo_url: Option<String>,
    /// Where else the account is named: in the resource.
    pub(crate) account_path: Option<String>,
    /// The addresses are on the own network.
    pub(crate) local: bool,
}

/// The addresses, by field; whether each is asked by the hub itself, and whether it may be left out.
const ADDRESSES: [(&str, bool, bool); 4] = [
    ("authorize_url", false, false),
    ("token_url", true, false),
    ("resource_url", true, false),
    ("userinfo_url", true, true),
];

impl Source {
    /// Returns the fields that ask for all of it.
    pub(crate) fn schema() -> Schema {
        Self::server_schema()
            .with(Field::required("resource_url", FieldKind::Text))
            .with(Field::optional("userinfo_url", FieldKind::Text))
            .with(Field::optional("account_path", FieldKind::Text))
    }

    /// Returns the fields that can change later: another resource would be another entry.
    pub(crate) fn server_schema() -> Schema {
        Schema::new()
            .with(Field::required("authorize_url", FieldKind::Text))
            .with(Field::required("token_url", FieldKind::Text))
            .with(Field::optional("scope", FieldKind::Text))
            .with(Field::required("local", FieldKind::Boolean).default(false))
    }

    /// Reads what was entered, or what an entry has.
    ///
    /// # Errors
    /// What is wrong with which field: keys of the texts.
    pub(crate) fn parse(values: &Map<String, Value>) -> Result<Self, Vec<(&'static str, &'static str)>> {
        let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
        let local = values.get("local").and_then(Value::as_bool).unwrap_or(false);
        let errors: Vec<_> = ADDRESSES
            .iter()
            .filter(|(name, _, may_miss)| !may_miss || some(name).is_some())
            .filter_map(|(name, is_asked, _)| Some((*name, wrong(&text(name), *is_asked && !local)?)))
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let server = AuthServer {
            authorize_url: text("authorize_url"),
            token_url: text("token_url"),
            scope: text("scope"),
            parameters: Vec::new(),
            client_auth: ClientAuth::Body,
        };
        let (userinfo_url, account_path) = (some("userinfo_url"), some("account_path"));
        Ok(Self { server, resource_url: text("resource_url"), userinfo_url, account_path, local })
    }

    /// Returns what belongs into an entry's data.
    pub(crate) fn to_data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| _ = data.insert(name.to_owned(), value);
        put("authorize_url", json!(self.server.authorize_url));
        put("token_url", json!(self.server.token_url));
        put("scope", json!(self.server.scope));
        put("resource_url", json!(self.resource_url));
        put("userinfo_url", json!(self.userinfo_url));
        put("account_path", json!(self.account_path));
        put("local", json!(self.local));
        data
    }
}

/// Returns what is wrong with an address, if anything is.
fn wrong(address: &str, must_be_public: bool) -> Option<&'static str> {
    let Ok(url) = Url::parse(address) else { return Some("invalid_url") };
    let is_web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if !is_web || !url.has_host() {
        return Some("invalid_url");
    }
    if must_be_public {
        if url.scheme() != "https" {
            return Some("https_only");
        }
        // Of a name, this is found out when it is connected to.
        let is_public = match url.host() {
            Some(Host::Ipv4(address)) => may_reach(Reach::Public, address.into()),
            Some(Host::Ipv6(address)) => may_reach(Reach::Public, address.into()),
            _ => true,
        };
        if !is_public {
            return Some("not_public");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        if let Value::Object(object) = value { object } else { panic!("an object") }
    }

    #[track_caller]
    fn check(over: Value, expected: &[(&str, &str)]) {
        let mut values = object(json!({
            "authorize_url": "https://a.example/authorize",
            "token_url": "https://a.example/token",
            "resource_url": "https://r.example/values",
        }));
        values.extend(object(over));
        assert_eq!(Source::parse(&values).err().unwrap_or_default(), expected);
    }

    #[test]
    fn addresses_are_checked_field_by_field() {
        check(json!({}), &[]);
        check(
            json!({"token_url": "x", "authorize_url": ""}),
            &[("authorize_url", "invalid_url"), ("token_url", "invalid_url")],
        );
        check(json!({"resource_url": "http://r.example/"}), &[("resource_url", "https_only")]);
        check(json!({"resource_url": "https://192.168.1.2/"}), &[("resource_url", "not_public")]);
        check(json!({"userinfo_url": "https://[::1]/"}), &[("userinfo_url", "not_public")]);
        check(json!({"token_url": "https://u:p@a.example/"}), &[("token_url", "invalid_url")]);
        check(json!({"authorize_url": "javascript:alert(1)"}), &[("authorize_url", "invalid_url")]);
        // The page is visited by a browser, which may well be inside.
        check(json!({"authorize_url": "http://192.168.1.2/authorize"}), &[]);
        check(json!({"resource_url": "http://192.168.1.2/", "token_url": "http://nas.local/t", "local": true}), &[]);
        check(json!({"resource_url": "ftp://192.168.1.2/", "local": true}), &[("resource_url", "invalid_url")]);
    }

    #[test]
    fn data_is_read_back() {
        let values = object(json!({
            "authorize_url": " https://a.example/authorize ",
            "token_url": "https://a.example/token",
            "resource_url": "https://r.example/values",
            "userinfo_url": "",
            "account_path": "owner.id",
            "scope": "read",
        }));
        let source = Source::parse(&values).unwrap();
        assert_eq!(source.server.authorize_url, "https://a.example/authorize");
        assert_eq!((source.userinfo_url.as_deref(), source.account_path.as_deref()), (None, Some("owner.id")));
        assert_eq!(Source::parse(&source.to_data()).unwrap(), source);
    }
}
