//! A broker is set up.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{Abort, Flow, FlowContext, Form, NewEntry, Step};
use serde_json::{Map, Value};

use super::{broker_form, kept, tried, wrong_prefix};
use crate::{settings::Settings, wire::Connector};

/// Asks for a broker, and tries it before an entry is made.
pub(crate) struct Setup {
    connector: Arc<dyn Connector>,
}

impl Setup {
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector }
    }
}

#[async_trait]
impl Flow<NewEntry> for Setup {
    async fn step(
        &mut self,
        _: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<NewEntry>, Abort> {
        if step_id != "user" {
            return Err(Abort::new("not_supported"));
        }
        let form = |values: &Map<String, Value>| Form::new("user", broker_form(true).suggest(values));
        let Some(input) = input else { return form(&Map::new()).without_errors().show() };
        let (data, options) = kept(&input);
        if wrong_prefix(&options) {
            return form(&input).error("base", "invalid_prefix").show();
        }
        let settings = Settings::new(&data, &options);
        if let Some(wrong) = tried(&*self.connector, &settings).await {
            return form(&input).error("base", wrong).show();
        }
        Ok(Step::Done(NewEntry { title: settings.broker.clone(), data, options, subentries: Vec::new() }))
    }
}
