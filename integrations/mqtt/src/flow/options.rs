//! What is looked for on a broker.

use async_trait::async_trait;
use config_entries::{Abort, Flow, FlowContext, Form, NewOptions, Schema, Step};
use serde_json::{Map, Value};

use super::{option_fields, wrong_prefix};

/// Asks whether devices are looked for, and where.
pub(crate) struct Options;

#[async_trait]
impl Flow<NewOptions> for Options {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        _: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<NewOptions>, Abort> {
        let form = |values: &Map<String, Value>| Form::new("init", option_fields(Schema::new()).suggest(values));
        let now = flow.entry().map(|entry| entry.options.clone()).unwrap_or_default();
        let Some(input) = input else { return form(&now).without_errors().show() };
        if wrong_prefix(&input) {
            return form(&input).error("discovery_prefix", "invalid_prefix").show();
        }
        // What is not asked for here stays.
        let mut options = now;
        options.extend(input);
        Ok(Step::Done(NewOptions(options)))
    }
}
