//! A broker has moved, or is reached in another way.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{Abort, EntryUpdate, Flow, FlowContext, Form, Identity, Step};
use serde_json::{Map, Value};

use super::{ADVANCED_DATA, broker_form, kept, tried};
use crate::{settings::Settings, wire::Connector};

/// Asks for everything that an entry was made with. A password and a key that are left out stay as they are.
pub(crate) struct Reconfigure {
    connector: Arc<dyn Connector>,
}

impl Reconfigure {
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector }
    }
}

#[async_trait]
impl Flow<EntryUpdate> for Reconfigure {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        _: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<EntryUpdate>, Abort> {
        let entry = flow.entry().ok_or_else(|| Abort::new("unknown"))?;
        let form = |values: &Map<String, Value>| Form::new("reconfigure", broker_form(false).suggest(values));
        let Some(input) = input else { return form(&shown(&entry.data)).without_errors().show() };
        let (mut data, _) = kept(&input);
        let is_null = |data: &Map<String, Value>, name: &str| data.get(name).is_none_or(Value::is_null);
        let same = |name: &str| data.get(name).unwrap_or(&Value::Null) == entry.data.get(name).unwrap_or(&Value::Null);
        // A secret goes to nobody else than whom it was given for: the same user, or certificate, of the same broker.
        let keeps = [("password", same("broker") && same("username")), ("client_key", same("client_cert"))];
        for (secret, is_same) in keeps {
            if is_same && is_null(&data, secret) {
                data.insert(secret.to_owned(), entry.data.get(secret).cloned().unwrap_or_default());
            }
        }
        let settings = Settings::new(&data, &entry.options);
        if let Some(wrong) = tried(&*self.connector, &settings).await {
            return form(&input).error("base", wrong).show();
        }
        let was_broker = entry.data.get("broker").and_then(Value::as_str) == Some(entry.title.as_str());
        let title = was_broker.then(|| settings.broker.clone());
        Ok(Step::Done(EntryUpdate { identity: Identity::Unknown, data, title }))
    }
}

/// Returns an entry's data as it is entered.
fn shown(data: &Map<String, Value>) -> Map<String, Value> {
    let mut shown: Map<_, _> = data.clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    let advanced: Map<_, _> =
        ADVANCED_DATA.iter().filter_map(|name| Some(((*name).to_owned(), shown.remove(*name)?))).collect();
    shown.insert("advanced".to_owned(), Value::Object(advanced));
    shown
}
