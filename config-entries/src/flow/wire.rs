//! A flow's answer, as clients get it.

use serde_json::{Map, Value, json};

use super::{Abort, FlowRecord, Shown};

/// What a client gets after a step. Never holds an entry's data.
#[derive(Clone)]
pub struct FlowAnswer {
    pub(crate) kind: &'static str,
    pub(crate) wire: Map<String, Value>,
}

impl FlowAnswer {
    /// Returns `form`, `menu`, `external`, `external_done`, `progress`, `create_entry` or `abort`.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// Returns the JSON.
    pub fn to_wire(&self) -> Value {
        Value::Object(self.wire.clone())
    }

    /// Returns the id of the flow.
    pub fn flow_id(&self) -> &str {
        self.wire.get("flow_id").and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the id of the step that is shown.
    pub fn step_id(&self) -> Option<&str> {
        self.wire.get("step_id").and_then(Value::as_str)
    }

    /// Returns why the flow was aborted.
    pub fn reason(&self) -> Option<&str> {
        self.wire.get("reason").and_then(Value::as_str)
    }

    /// Returns what was wrong with the last input: `errors` of a form.
    pub fn errors(&self) -> Option<&Value> {
        self.wire.get("errors").filter(|errors| !errors.is_null())
    }

    /// Returns the id of the entry that was made.
    pub fn entry_id(&self) -> Option<&str> {
        self.wire.get("result")?.get("entry_id")?.as_str()
    }

    pub(crate) fn new(kind: &'static str, flow: &FlowRecord) -> Self {
        let wire = [("type", json!(kind)), ("flow_id", json!(flow.id)), ("handler", flow.handler())];
        Self { kind, wire: wire.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.wire.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn shown(flow: &FlowRecord, shown: &Shown) -> Self {
        match shown {
            Shown::Form(form) => {
                let errors = form.errors.as_ref().map(|errors| {
                    let errors = errors.iter().map(|(field, key)| (field.clone(), json!(key)));
                    Value::Object(errors.collect())
                });
                Self::new("form", flow)
                    .with("data_schema", form.schema.to_wire())
                    .with("errors", errors.unwrap_or_default())
                    .with("description_placeholders", json!(form.placeholders))
                    .with("last_step", json!(form.last_step))
                    .with("preview", Value::Null)
                    .with("step_id", form.step_id.clone())
            }
            Shown::Menu(menu) => {
                let options: Vec<_> = menu.options.iter().map(|option| [option, option]).collect();
                let field = json!({"type": "select", "options": options, "name": "next_step_id", "required": false});
                Self::new("menu", flow)
                    .with("data_schema", json!([field]))
                    .with("menu_options", json!(menu.options))
                    .with("description_placeholders", Value::Null)
                    .with("step_id", menu.step_id.clone())
            }
            Shown::External { step_id, url } => Self::new("external", flow)
                .with("step_id", step_id.clone())
                .with("url", url.clone())
                .with("description_placeholders", Value::Null),
            Shown::ExternalDone { step_id } => Self::new("external_done", flow).with("step_id", step_id.clone()),
            Shown::Progress { step_id, action } => Self::new("progress", flow)
                .with("step_id", step_id.clone())
                .with("progress_action", action.clone())
                .with("description_placeholders", Value::Null),
        }
    }

    /// The flow has come to what it was for. Further members say what that is.
    pub(crate) fn done(flow: &FlowRecord) -> Self {
        Self::new("create_entry", flow).with("description", Value::Null).with("description_placeholders", Value::Null)
    }

    pub(crate) fn aborted(flow: &FlowRecord, abort: &Abort) -> Self {
        let mut answer = Self::new("abort", flow).with("reason", abort.reason.clone());
        // The shared refusal of a second entry is made before any flow, and has no placeholders.
        if abort.reason != "single_instance_allowed" {
            answer = answer.with("description_placeholders", json!(abort.placeholders));
        }
        match abort.translation_domain {
            Some(domain) => answer.with("translation_domain", domain),
            None => answer,
        }
    }
}

impl std::fmt::Debug for FlowAnswer {
    /// Writes what kind of answer it is; a form may repeat what was entered, and an address is signed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FlowAnswer({} {} {:?})", self.kind, self.flow_id(), self.step_id().or(self.reason()))
    }
}

impl FlowRecord {
    /// Returns one item of `config_entries/flow/progress`.
    pub fn to_wire(&self) -> Value {
        let mut context = Map::from_iter([("source".to_owned(), json!(self.source.as_str()))]);
        context.extend(self.entry_ids.first().map(|id| ("entry_id".to_owned(), json!(id))));
        if !self.title_placeholders.is_empty() {
            context.insert("title_placeholders".to_owned(), json!(self.title_placeholders));
        }
        context.insert("unique_id".to_owned(), json!(self.unique_id));
        context.extend(self.discovery_key.clone().map(|key| ("discovery_key".to_owned(), key)));
        json!({"flow_id": self.id, "handler": self.handler(), "context": context, "step_id": self.step_id})
    }
}
