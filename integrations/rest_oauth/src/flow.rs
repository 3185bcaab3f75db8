//! The flows: one that makes an entry, one that signs in again or elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use config_entries::{
    Abort, EntryUpdate, Field, FieldKind, Flow, FlowContext, Form, Identity, NewEntry, Schema, Shown, Step,
    oauth2::{OAuth2Flow, SignIn},
};
use serde_json::{Map, Value, json};

use crate::{account, options, sensors::Sensor, source::Source, web::Web};

/// Makes an entry: asks where the values are, signs in, finds out whose they are.
pub(crate) struct Create {
    web: Arc<dyn Web>,
    chosen: Option<Chosen>,
}

struct Chosen {
    name: String,
    source: Source,
    sensors: String,
    sign_in: OAuth2Flow,
}

/// Signs an entry in again: for a reauthentication as it is, for a reconfiguration with other addresses.
pub(crate) struct Renew {
    web: Arc<dyn Web>,
    chosen: Option<(Source, OAuth2Flow)>,
}

fn sign_in(web: &dyn Web, source: &Source) -> OAuth2Flow {
    OAuth2Flow::new(web.tokens(source.local), source.server.clone())
}

impl Create {
    pub(crate) fn new(web: Arc<dyn Web>) -> Self {
        Self { web, chosen: None }
    }

    fn schema() -> Schema {
        let own = Source::schema();
        let named = Schema::new().with(Field::required("name", FieldKind::Text));
        own.fields().iter().cloned().fold(named, Schema::with).with(options::sensors_field())
    }

    /// Reads the form; returns it, to be shown again with what is wrong, if something is.
    fn choose(&mut self, input: &Map<String, Value>) -> Option<Form> {
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let (name, sensors) = (text("name"), text("sensors"));
        let source = Source::parse(input);
        let mut form = Form::new("user", Self::schema().suggest(input)).without_errors();
        let mut is_fine = true;
        let mut wrong = |field: &str, key: &str| {
            is_fine = false;
            form = std::mem::take(&mut form).error(field, key);
        };
        if name.is_empty() {
            wrong("name", "no_name");
        }
        source.as_ref().err().into_iter().flatten().for_each(|(field, key)| wrong(field, key));
        if let Err(key) = Sensor::parse_lines(&sensors) {
            wrong("sensors", key);
        }
        match source {
            Ok(source) if is_fine => {
                let sign_in = sign_in(&*self.web, &source);
                self.chosen = Some(Chosen { name, source, sensors, sign_in });
                None
            }
            _ => Some(form),
        }
    }
}

#[async_trait]
impl Flow<NewEntry> for Create {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<NewEntry>, Abort> {
        let came_to = if OAuth2Flow::owns(step_id) {
            let chosen = self.chosen.as_mut().ok_or_else(|| Abort::new("unknown"))?;
            chosen.sign_in.step(flow, step_id, input).await?
        } else {
            OAuth2Flow::check(flow)?;
            let Some(input) = input else {
                return Form::new("user", Self::schema()).without_errors().show();
            };
            if let Some(form) = self.choose(&input) {
                return form.show();
            }
            let chosen = self.chosen.as_mut().ok_or_else(|| Abort::new("unknown"))?;
            chosen.sign_in.begin(flow)?
        };
        let signed_in = match came_to {
            SignIn::Show(shown) => return Ok(Step::Show(shown)),
            SignIn::Done(signed_in) => signed_in,
        };
        let Chosen { name, source, sensors, .. } = self.chosen.take().ok_or_else(|| Abort::new("unknown"))?;
        let account = account::ask(&*self.web, &source, signed_in.token.access_token()).await.map_err(Abort::new)?;
        let mut data = source.to_data();
        if let Some(account) = account {
            flow.set_unique_id(&account::unique_id(&source, &account))?;
            flow.abort_if_configured(None).await?;
            data.insert("account".to_owned(), json!(account));
        }
        data.extend(signed_in.into_data());
        let options = options::new(options::DEFAULT_INTERVAL, &sensors);
        Ok(Step::Done(NewEntry { title: name, data, options, subentries: Vec::new() }))
    }
}

impl Renew {
    pub(crate) fn new(web: Arc<dyn Web>) -> Self {
        Self { web, chosen: None }
    }

    /// Begins to sign in with what the entry has, and `input` put over it.
    fn begin(&mut self, flow: &FlowContext, input: &Map<String, Value>) -> Result<SignIn, Abort> {
        let mut values = flow.entry().map(|entry| entry.data.clone()).unwrap_or_default();
        values.extend(input.clone());
        match Source::parse(&values) {
            Ok(source) => {
                let mut sign_in = sign_in(&*self.web, &source);
                let came_to = sign_in.begin(flow);
                self.chosen = Some((source, sign_in));
                came_to
            }
            Err(_) if input.is_empty() => Err(Abort::new("broken_entry")),
            Err(errors) => {
                let form = Form::new("reconfigure", Source::server_schema().suggest(&values)).without_errors();
                // A field that the form does not have cannot be put right in it.
                let is_shown = |field: &str| Source::server_schema().fields().iter().any(|known| known.name == field);
                let place = |field: &'static str| if is_shown(field) { field } else { "base" };
                let form = errors.into_iter().fold(form, |form, (field, key)| form.error(place(field), key));
                Ok(SignIn::Show(Shown::Form(form)))
            }
        }
    }
}

#[async_trait]
impl Flow<EntryUpdate> for Renew {
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<EntryUpdate>, Abort> {
        let came_to = match (step_id, input) {
            (owned, input) if OAuth2Flow::owns(owned) => {
                let (_, sign_in) = self.chosen.as_mut().ok_or_else(|| Abort::new("unknown"))?;
                sign_in.step(flow, step_id, input).await?
            }
            ("reconfigure", None) => {
                let data = flow.entry().map(|entry| entry.data.clone()).unwrap_or_default();
                return Form::new("reconfigure", Source::server_schema().suggest(&data)).without_errors().show();
            }
            // A scope that is left empty is one that is no more.
            ("reconfigure", Some(mut input)) => {
                input.entry("scope").or_insert(json!(""));
                self.begin(flow, &input)?
            }
            (_, None) => return Form::new("reauth_confirm", Schema::new()).show(),
            (_, Some(_)) => self.begin(flow, &Map::new())?,
        };
        let signed_in = match came_to {
            SignIn::Show(shown) => return Ok(Step::Show(shown)),
            SignIn::Done(signed_in) => signed_in,
        };
        let (source, _) = self.chosen.take().ok_or_else(|| Abort::new("unknown"))?;
        let account = account::ask(&*self.web, &source, signed_in.token.access_token()).await.map_err(Abort::new)?;
        let identity =
            account.map_or(Identity::Unknown, |account| Identity::UniqueId(account::unique_id(&source, &account)));
        // A reauthentication may be one of several entries: each keeps its own addresses.
        let mut data = if step_is_of_reauth(flow) { Map::new() } else { source.to_data() };
        data.extend(signed_in.into_data());
        Ok(Step::Done(EntryUpdate { identity, data, title: None }))
    }
}

fn step_is_of_reauth(flow: &FlowContext) -> bool {
    flow.source() == config_entries::Source::Reauth
}
