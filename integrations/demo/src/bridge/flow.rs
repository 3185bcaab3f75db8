//! The flows of a demo bridge.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{
    Abort, EntryUpdate, Field, FieldKind, Flow, FlowContext, Form, Identity, NewEntry, NewOptions, Schema, Step,
};
use serde_json::{Map, Value, json};

use super::{
    default_options,
    world::{Answer, BridgeWorld},
};

type Input = Option<Map<String, Value>>;

/// Adds a bridge.
pub(super) struct Add {
    pub(super) world: Arc<BridgeWorld>,
}

/// Changes how often a bridge is asked.
pub(super) struct Options {
    pub(super) present: Map<String, Value>,
}

/// Changes where a bridge is.
pub(super) struct Reconfigure {
    pub(super) world: Arc<BridgeWorld>,
    pub(super) present: Map<String, Value>,
}

/// Asks for a new password.
pub(super) struct Reauth {
    pub(super) world: Arc<BridgeWorld>,
    pub(super) host: String,
}

fn text<'a>(input: &'a Map<String, Value>, name: &str) -> &'a str {
    input.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[async_trait]
impl Flow<NewEntry> for Add {
    async fn step(&mut self, flow: &mut FlowContext, _: &str, input: Input) -> Result<Step<NewEntry>, Abort> {
        let form = || {
            let schema = Schema::new()
                .with(Field::required("host", FieldKind::Text))
                .with(Field::required("password", FieldKind::Text))
                .with(Field::optional("ssl", FieldKind::Boolean).default(false));
            Form::new("user", schema).without_errors().placeholder("example", "hub-1")
        };
        let Some(input) = input else { return form().show() };
        let host = text(&input, "host");
        match self.world.sign_in(host, text(&input, "password")) {
            Answer::Refused => form().error("password", "invalid_auth").show(),
            Answer::Away => form().error("base", "cannot_connect").show(),
            // That it is broken shows when it is set up.
            Answer::Welcome | Answer::Broken => {
                flow.set_unique_id(host)?;
                flow.abort_if_configured(None).await?;
                let title = format!("Hub {host}");
                Ok(Step::Done(NewEntry { title, data: input, options: default_options(), ..NewEntry::default() }))
            }
        }
    }
}

#[async_trait]
impl Flow<NewOptions> for Options {
    async fn step(&mut self, _: &mut FlowContext, _: &str, input: Input) -> Result<Step<NewOptions>, Abort> {
        if let Some(options) = input {
            return Ok(Step::Done(NewOptions(options)));
        }
        let interval = self.present.get("interval").cloned().unwrap_or(json!(30));
        let field = Field::optional("interval", FieldKind::Integer(Some(1), Some(3600))).default(interval);
        Form::new("init", Schema::new().with(field)).show()
    }
}

#[async_trait]
impl Flow<EntryUpdate> for Reconfigure {
    async fn step(&mut self, _: &mut FlowContext, _: &str, input: Input) -> Result<Step<EntryUpdate>, Abort> {
        let form = || {
            let host = self.present.get("host").cloned().unwrap_or_default();
            let schema = Schema::new()
                .with(Field::required("host", FieldKind::Text).default(host))
                .with(Field::required("password", FieldKind::Text));
            Form::new("reconfigure", schema)
        };
        let Some(input) = input else { return form().show() };
        let host = text(&input, "host").to_owned();
        match self.world.sign_in(&host, text(&input, "password")) {
            // Another bridge: whether its password is right is none of this entry's business.
            _ if Some(host.as_str()) != self.present.get("host").and_then(Value::as_str) => {}
            Answer::Refused => return form().error("password", "invalid_auth").show(),
            Answer::Away => return form().error("base", "cannot_connect").show(),
            Answer::Welcome | Answer::Broken => {}
        }
        Ok(Step::Done(EntryUpdate { identity: Identity::UniqueId(host), data: input, title: None }))
    }
}

#[async_trait]
impl Flow<EntryUpdate> for Reauth {
    async fn step(&mut self, _: &mut FlowContext, _: &str, input: Input) -> Result<Step<EntryUpdate>, Abort> {
        let form = || {
            let schema = Schema::new().with(Field::required("password", FieldKind::Text));
            Form::new("reauth_confirm", schema).without_errors().placeholder("host", self.host.clone())
        };
        let Some(input) = input else { return form().show() };
        match self.world.sign_in(&self.host, text(&input, "password")) {
            Answer::Refused => form().error("base", "invalid_auth").show(),
            Answer::Away => form().error("base", "cannot_connect").show(),
            Answer::Welcome | Answer::Broken => Ok(Step::Done(EntryUpdate {
                identity: Identity::UniqueId(self.host.clone()),
                data: input,
                title: None,
            })),
        }
    }
}
