//! Texts of integrations, and those that all of them share, as the frontend asks for them: flat, in English.

use serde_json::{Map, Value, json};

use crate::Home;

/// Returns the texts of a category (`config`, `options`, `issues`, `title`, …) by key, such as
/// `component.mqtt.config.step.user.title`. Of these integrations; else of all that are here, or of those with a config
/// flow. Those that are not here are left out.
pub fn translations(
    home: &Home,
    category: &str,
    integrations: Option<&[String]>,
    only_with_flow: bool,
) -> Map<String, Value> {
    let wanted = |domain: &str| integrations.is_none_or(|wanted| wanted.iter().any(|wanted| wanted == domain));
    let mut texts = Map::new();
    // The shared ones go with those of any integration: its flows end with reasons that only these name.
    add(&mut texts, "homeassistant", category, &shared());
    for manifest in home.manager().manifests() {
        if !wanted(manifest.domain) || only_with_flow && !manifest.config_flow {
            continue;
        }
        match serde_json::from_str(manifest.texts) {
            Ok(of_integration) => add(&mut texts, manifest.domain, category, &of_integration),
            Err(error) => tracing::error!(domain = manifest.domain, %error, "an integration's texts cannot be read"),
        }
    }
    texts
}

fn add(texts: &mut Map<String, Value>, domain: &str, category: &str, all: &Value) {
    if let Some(of_category) = all.get(category) {
        flatten(texts, format!("component.{domain}.{category}"), of_category);
    }
}

fn flatten(texts: &mut Map<String, Value>, key: String, value: &Value) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| flatten(texts, format!("{key}.{name}"), value));
        }
        text => _ = texts.insert(key, text.clone()),
    }
}

/// The texts that flows and issues of every integration share.
fn shared() -> Value {
    json!({
        "config": {"abort": {
            "already_in_progress": "A flow for this is under way already",
            "single_instance_allowed": "This can be set up once only",
            "reauth_successful": "Signed in again",
            "reconfigure_successful": "The settings were changed",
            "missing_credentials": "This integration needs application credentials",
            "missing_configuration": "This integration is not configured",
            "no_url_available": "The hub does not know the address at which it is reached",
            "authorize_url_timeout": "The address to sign in at did not come in time",
            "oauth_implementation_unavailable": "The way to sign in is not available at the moment",
            "oauth_error": "The token that came back cannot be used",
            "oauth_failed": "The token could not be fetched",
            "oauth_timeout": "The token did not come in time",
            "oauth_unauthorized": "The code was refused",
            "user_rejected_authorize": "Access was not granted: {error}",
        }},
        "issues": {"config_entry_reauth": {
            "title": "{name} must sign in again",
            "description": "The credentials of {name} are refused. Open Settings, Devices & services, and sign in again.",
        }},
        "exceptions": {
            "oauth2_helper_reauth_required": {"message": "The credentials are refused"},
            "oauth2_helper_refresh_failed": {"message": "The token could not be refreshed"},
            "oauth2_helper_refresh_transient": {"message": "The token cannot be refreshed at the moment"},
        },
        "title": "Home Assistant",
    })
}
