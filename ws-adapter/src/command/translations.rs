//! Texts: of entity domains for whoever sees the domain; of integrations, which say what is in the home, for administrators.

use config_entries::ListEntries;
use frontend::{domain_title, domain_words, second_factor_words};
use home::{components_for, translations};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{OneOrMany, Reply, read};
use crate::{CommandError, connection::Connection};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    #[serde(rename = "language")]
    _language: String,
    category: String,
    integration: Option<OneOrMany>,
    config_flow: Option<bool>,
}

/// Answers in English, whatever language is asked for: that fills the gaps of every other.
pub(crate) fn get(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let Get { category, integration, config_flow, .. } = read(data)?;
    let integrations = integration.map(OneOrMany::into_vec);
    let mut resources = connection.view(|home, viewer| {
        let domains = components_for(home, viewer).into_iter();
        let wanted = domains.filter(|domain| integrations.as_ref().is_none_or(|wanted| wanted.contains(domain)));
        let mut texts = if category == "mfa_setup" { second_factor_words() } else { Map::new() };
        for domain in wanted {
            match category.as_str() {
                "entity_component" => texts.extend(domain_words(&domain)),
                "title" => texts.extend(
                    domain_title(&domain).map(|title| (format!("component.{domain}.title"), Value::from(title))),
                ),
                _ => {}
            }
        }
        Ok(texts)
    })?;
    if connection.authorize(ListEntries).is_ok() {
        let only_with_flow = config_flow.unwrap_or(false) && integrations.is_none();
        resources.extend(translations(&connection.home, &category, integrations.as_deref(), only_with_flow));
    }
    Ok(Reply::Result(json!({"resources": resources})))
}
