//! Integrations: what they say of themselves. Which there are says what is in the home: administrators learn of all, others of
//! those whose entities they see.

use std::collections::BTreeMap;

use config_entries::{IntegrationKind, ListEntries, Manifest};
use frontend::domain_title;
use home::{Home, components_for};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Reply, no_members, read};
use crate::{CommandError, connection::Connection};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    integrations: Option<Vec<String>>,
}

pub(crate) fn list(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Several { integrations } = read(data)?;
    let known = manifests(connection)?;
    let wanted = known.into_iter().filter(|(domain, _)| integrations.as_ref().is_none_or(|list| list.contains(domain)));
    Ok(Reply::Result(wanted.map(|(_, manifest)| manifest).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    integration: String,
}

pub(crate) fn get(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let One { integration } = read(data)?;
    let manifest = manifests(connection)?.remove(&integration);
    manifest.map(Reply::Result).ok_or_else(|| CommandError::new("not_found", "Integration not found"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Domain {
    domain: String,
}

/// Says whether an integration is running. Nothing is starting, once there is a connection.
pub(crate) fn wait(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Domain { domain } = read(data)?;
    let is_loaded = manifests(connection)?.contains_key(&domain);
    Ok(Reply::Result(json!({"integration_loaded": is_loaded})))
}

/// Lists what can be added, as the dialog for that shows it.
pub(crate) fn descriptions(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.authorize(ListEntries).map(drop)?;
    let (mut integrations, mut helpers) = (Map::new(), Map::new());
    for manifest in connection.home.manager().manifests() {
        let is_helper = manifest.kind == IntegrationKind::Helper;
        let shown = json!({
            "name": manifest.name,
            "integration_type": manifest.kind.as_str(),
            "config_flow": manifest.config_flow,
            "single_config_entry": manifest.single,
        });
        let list = if is_helper { &mut helpers } else { &mut integrations };
        list.insert(manifest.domain.to_owned(), shown);
    }
    let core = json!({"integration": integrations, "helper": helpers, "translated_name": []});
    Ok(Reply::Result(json!({"core": core, "custom": {"integration": {}, "helper": {}}})))
}

/// Returns the manifests that the caller may see, by domain.
fn manifests(connection: &Connection) -> Result<BTreeMap<String, Value>, CommandError> {
    let is_admin = connection.authorize(ListEntries).is_ok();
    connection.view(|home: &Home, viewer| {
        let mut shown: BTreeMap<_, _> =
            components_for(home, viewer).into_iter().map(|domain| (domain.clone(), of_domain(&domain))).collect();
        if is_admin {
            shown.extend(home.manager().manifests().iter().map(|m| (m.domain.to_owned(), of_integration(m))));
        }
        Ok(shown)
    })
}

fn of_domain(domain: &str) -> Value {
    let name = domain_title(domain).map_or_else(|| spelled(domain), str::to_owned);
    json!({
        "domain": domain,
        "name": name,
        "codeowners": [],
        "dependencies": [],
        "documentation": format!("https://www.home-assistant.io/integrations/{domain}"),
        "integration_type": "entity",
        "is_built_in": true,
        "overwrites_built_in": false,
    })
}

fn of_integration(manifest: &Manifest) -> Value {
    json!({
        "domain": manifest.domain,
        "name": manifest.name,
        "codeowners": [],
        "config_flow": manifest.config_flow,
        "dependencies": [],
        "documentation": format!("https://www.home-assistant.io/integrations/{}", manifest.domain),
        "integration_type": manifest.kind.as_str(),
        "is_built_in": true,
        "overwrites_built_in": false,
        "single_config_entry": manifest.single,
    })
}

/// Returns a domain's name as people would write it.
fn spelled(domain: &str) -> String {
    let mut name = domain.replace('_', " ");
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}
