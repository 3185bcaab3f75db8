//! A broker refuses the user name or password.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{Abort, EntryUpdate, Field, FieldKind, Flow, FlowContext, Form, Identity, Schema, Step};
use serde_json::{Map, Value};

use super::tried;
use crate::{settings::Settings, wire::Connector};

/// Asks for the user name and password, and tries them.
pub(crate) struct Reauth {
    connector: Arc<dyn Connector>,
}

impl Reauth {
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector }
    }
}

fn form(values: &Map<String, Value>, broker: &str) -> Form {
    let schema = Schema::new()
        .with(Field::required("username", FieldKind::Text))
        .with(Field::required("password", FieldKind::Secret));
    Form::new("reauth_confirm", schema.suggest(values)).placeholder("broker", broker)
}

#[async_trait]
impl Flow<EntryUpdate> for Reauth {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        _: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<EntryUpdate>, Abort> {
        let entry = flow.entry().ok_or_else(|| Abort::new("unknown"))?;
        let broker = entry.data.get("broker").and_then(Value::as_str).unwrap_or_default();
        let Some(input) = input else { return form(&entry.data, broker).without_errors().show() };
        let mut data = entry.data.clone();
        data.extend(input.clone());
        if let Some(wrong) = tried(&*self.connector, &Settings::new(&data, &entry.options)).await {
            return form(&input, broker).error("base", wrong).show();
        }
        Ok(Step::Done(EntryUpdate { identity: Identity::Unknown, data: input, title: None }))
    }
}
