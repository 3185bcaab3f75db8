//! `[[single_sign_on]]` of the configuration file: identity providers that people can sign in with.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

#[cfg(feature = "oidc")]
use anyhow::Context as _;
use anyhow::{Result, anyhow, bail, ensure};
use auth_login::single_sign_on::{GroupMapping, ProviderRules};
use home::SignOnProvider;
use serde::Deserialize;

/// One provider as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "oidc"), expect(dead_code, reason = "read, so that what is wrong is said all the same"))]
pub(crate) struct Provider {
    /// Names it in addresses, the callback's among them.
    id: String,
    /// For display; the id if left out.
    name: Option<String>,
    issuer: String,
    /// The provider is on the own network or machine.
    #[serde(default)]
    local: bool,
    client_id: String,
    /// None for a public client.
    client_secret_file: Option<PathBuf>,
    /// Besides `openid`.
    #[serde(default = "profile")]
    scopes: Vec<String>,
    #[serde(default)]
    create_users: bool,
    /// It asks for a second factor itself.
    #[serde(default)]
    second_factor: bool,
    #[serde(default = "name")]
    name_claim: String,
    groups_claim: Option<String>,
    /// Ids of groups by a value of that claim.
    #[serde(default)]
    groups: BTreeMap<String, Vec<String>>,
}

fn profile() -> Vec<String> {
    vec!["profile".to_owned()]
}

fn name() -> String {
    "name".to_owned()
}

/// Returns what can be signed in with, or what is wrong with it.
pub(crate) fn providers(wanted: &[Provider]) -> Result<Vec<SignOnProvider>> {
    let (mut ids, mut issuers) = (BTreeSet::new(), BTreeSet::new());
    for Provider { id, issuer, .. } in wanted {
        ensure!(ids.insert(id), "single_sign_on: two providers have the id `{id}`");
        // An account is known by issuer and subject: with two clients of one issuer, the looser rules would count.
        ensure!(issuers.insert(issuer), "single_sign_on: two providers have the issuer `{issuer}`");
    }
    let make = |wanted: &Provider| wanted.make().map_err(|error| anyhow!("single_sign_on `{}`: {error:#}", wanted.id));
    wanted.iter().map(make).collect()
}

impl Provider {
    fn make(&self) -> Result<SignOnProvider> {
        let is_slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let has_slug = (1..=32).contains(&self.id.len()) && self.id.chars().all(is_slug);
        ensure!(has_slug, "id is 1 to 32 lower-case letters, digits or `-`");
        ensure!(!self.client_id.is_empty(), "client_id is empty");
        let is_scope = |scope: &String| !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic());
        ensure!(self.scopes.iter().all(is_scope), "a scope is a word");
        match (&self.groups_claim, self.groups.is_empty()) {
            (None, false) => bail!("groups need a groups_claim"),
            (Some(_), true) => bail!("groups_claim needs groups"),
            _ => {}
        }
        for (name, claim) in [("name_claim", Some(&self.name_claim)), ("groups_claim", self.groups_claim.as_ref())] {
            ensure!(claim.is_none_or(|claim| !claim.is_empty()), "{name} is empty");
        }
        let ids = |ids: &Vec<String>| ids.iter().map(|id| id.as_str().into()).collect();
        let groups = self.groups.iter().map(|(value, groups)| (value.clone(), ids(groups))).collect();
        self.with_talk(ProviderRules {
            id: self.id.clone(),
            name: self.name.clone().unwrap_or_else(|| self.id.clone()),
            issuer: self.issuer.clone(),
            groups_claim: self.groups_claim.clone(),
            groups: GroupMapping::new(groups),
            name_claim: self.name_claim.clone(),
            create_users: self.create_users,
            second_factor: self.second_factor,
        })
    }

    #[cfg(feature = "oidc")]
    fn with_talk(&self, rules: ProviderRules) -> Result<SignOnProvider> {
        let secret = match &self.client_secret_file {
            None => None,
            Some(file) => {
                let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
                ensure!(!text.trim().is_empty(), "{} is empty", file.display());
                Some(text.trim().to_owned().into())
            }
        };
        let settings = single_sign_on::Settings {
            issuer: self.issuer.clone(),
            local: self.local,
            client_id: self.client_id.clone(),
            client_secret: secret,
            scopes: self.scopes.clone(),
            wanted_claims: rules.wanted_claims().map(str::to_owned).collect(),
        };
        match single_sign_on::Talk::new(settings) {
            Ok(talk) => Ok(SignOnProvider { rules, talk: std::sync::Arc::new(talk) }),
            Err(problem) => bail!("issuer `{}`: {problem}", self.issuer),
        }
    }

    #[cfg(not(feature = "oidc"))]
    fn with_talk(&self, _rules: ProviderRules) -> Result<SignOnProvider> {
        bail!("this doorward was built without single sign-on (feature `oidc`)")
    }
}

#[cfg(all(test, feature = "oidc"))]
mod tests {
    use super::*;

    const ISSUER: &str = "issuer = \"https://id.example/realms/x\"\n";

    #[track_caller]
    fn check(text: &str, expected: &str) {
        #[derive(Deserialize)]
        struct File {
            single_sign_on: Vec<Provider>,
        }
        let head = "[[single_sign_on]]\nid = \"corp\"\nclient_id = \"hub\"\n";
        let found = match toml::from_str::<File>(&format!("{head}{text}")) {
            Ok(file) => providers(&file.single_sign_on).map_or_else(|error| error.to_string(), |_| "fine".to_owned()),
            Err(error) => error.message().to_owned(),
        };
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn a_provider_is_taken_seriously() {
        check(ISSUER, "fine");
        check("issuer = \"http://127.0.0.1:9000\"\nlocal = true", "fine");
        check("issuer = \"http://id.example\"", "an address must be https");
        check("issuer = \"http://10.0.0.1\"\nlocal = true", "an address must be https");
        check("issuer = \"https://id.example/?x\"", "no query");
        check("issuer = \"nonsense\"", "issuer `nonsense`");
        check("", "missing field `issuer`");
        let more = |more: &str, expected| check(&format!("{ISSUER}{more}"), expected);
        more("groups_claim = \"groups\"\n[single_sign_on.groups]\nstaff = [\"system-admin\"]", "fine");
        more("client_secret = \"x\"", "unknown field `client_secret`");
        more("client_secret_file = \"/no/such/file\"", "reading /no/such/file");
        more("groups_claim = \"groups\"", "groups_claim needs groups");
        more("[single_sign_on.groups]\nx = [\"y\"]", "groups need a groups_claim");
        more("name_claim = \"\"", "name_claim is empty");
        more("scopes = [\"a b\"]", "a scope is a word");
    }

    #[test]
    fn providers_are_told_apart() {
        let second = |id: &str, issuer: &str, expected| {
            let other = format!("[[single_sign_on]]\nid = \"{id}\"\nclient_id = \"x\"\nissuer = \"{issuer}\"");
            check(&format!("{ISSUER}{other}"), expected);
        };
        second("b-2", "https://b.example", "fine");
        second("corp", "https://b.example", "two providers have the id `corp`");
        second("b", "https://id.example/realms/x", "two providers have the issuer");
        second("A b", "https://b.example", "single_sign_on `A b`: id is 1 to 32");
    }
}
