//! An integration that does what the test says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use config_entries::{
    Abort, AuthFailed, ConfigEntry, Entry, EntryUpdate, Field, FieldKind, Flow, FlowContext, Form, Identity,
    Integration, IntegrationKind, Manifest, Menu, MigrateError, Migrated, NewEntry, NewOptions, NewSubentry, Reason,
    Reauthenticate, Running, Schema, SetupError, Shown, Step, Subentry, SubentryDone,
};
use integration_testkit::Kit;
use serde_json::{Map, Value, json};

/// What setting up comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Works,
    Refuses,
    NotReady,
    AsksToWait(u64),
    Fatal,
    Panics,
    Slow(u64),
    Hangs,
}

/// What the test and the integration share.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) modes: Mutex<HashMap<String, Mode>>,
    pub(crate) unload_fails: Mutex<bool>,
    pub(crate) handles: Mutex<HashMap<String, Entry<AuthFailed>>>,
    pub(crate) n_setups: Mutex<HashMap<String, usize>>,
    /// How many runs of each entry are up: never more than one.
    pub(crate) up: Mutex<HashMap<String, usize>>,
    pub(crate) heard: Mutex<Vec<Value>>,
    pub(crate) removed: Mutex<Vec<String>>,
}

impl Script {
    pub(crate) fn set(&self, entry_id: &str, mode: Mode) {
        self.modes.lock().unwrap().insert(entry_id.to_owned(), mode);
    }

    pub(crate) fn handle(&self, entry_id: &str) -> Option<Entry<AuthFailed>> {
        self.handles.lock().unwrap().get(entry_id).cloned()
    }

    pub(crate) fn n_setups(&self, entry_id: &str) -> usize {
        self.n_setups.lock().unwrap().get(entry_id).copied().unwrap_or(0)
    }
}

#[derive(Clone)]
pub(crate) struct Scripted(pub(crate) Arc<Script>);

static MANIFEST: Manifest = Manifest {
    domain: "scripted",
    name: "Scripted",
    kind: IntegrationKind::Hub,
    version: 2,
    minor_version: 1,
    single: false,
    config_flow: true,
    options: true,
    reconfigure: true,
    application_credentials: false,
    subentries: &[("room", true), ("fixed", false)],
    texts: "{}",
};

/// Returns a kit with stored entries of `scripted` (each as its data), started.
pub(crate) async fn started(seed: u64, script: &Arc<Script>, entries: &[Value]) -> Kit {
    let mut kit = Kit::new(seed);
    for (n, data) in entries.iter().enumerate() {
        let data = data.as_object().unwrap().clone();
        kit = kit.stored_entry(ConfigEntry {
            entry_id: id(n),
            domain: "scripted".into(),
            title: format!("Entry {n}"),
            unique_id: data.get("unique_id").and_then(Value::as_str).map(str::to_owned),
            version: 2,
            data,
            ..ConfigEntry::default()
        });
    }
    start(kit, script).await
}

pub(crate) async fn start(kit: Kit, script: &Arc<Script>) -> Kit {
    kit.start(|manager, principal| manager.register(Scripted(Arc::clone(script)), principal("scripted")).unwrap()).await
}

pub(crate) async fn restarted(kit: Kit, script: &Arc<Script>) -> Kit {
    script.up.lock().unwrap().clear();
    kit.restart(|manager, principal| manager.register(Scripted(Arc::clone(script)), principal("scripted")).unwrap())
        .await
}

pub(crate) fn id(n: usize) -> String {
    format!("01SCRIPTED{n:016}")
}

struct Up {
    script: Arc<Script>,
    entry_id: String,
}

impl Drop for Up {
    fn drop(&mut self) {
        if let Some(n) = self.script.up.lock().unwrap().get_mut(&self.entry_id) {
            *n = n.saturating_sub(1);
        }
    }
}

#[async_trait]
impl Running for Up {
    async fn unload(&mut self) -> Result<(), Reason> {
        tokio::task::yield_now().await;
        if *self.script.unload_fails.lock().unwrap() { Err(Reason::text("it will not")) } else { Ok(()) }
    }

    fn updated(&self, entry: &ConfigEntry) {
        self.script.heard.lock().unwrap().push(json!({"options": entry.options, "parts": entry.subentries.len()}));
    }
}

#[async_trait]
impl Integration for Scripted {
    type Refusal = AuthFailed;

    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn setup(&self, entry: &Entry<AuthFailed>) -> Result<Box<dyn Running>, SetupError<AuthFailed>> {
        let id = entry.id().to_owned();
        *self.0.n_setups.lock().unwrap().entry(id.clone()).or_default() += 1;
        // Something that a run leaves behind unless it is taken back.
        entry.spawn(std::future::pending());
        tokio::task::yield_now().await;
        let mode = self.0.modes.lock().unwrap().get(&id).copied().unwrap_or_default();
        match mode {
            Mode::Works => {}
            Mode::Refuses if entry.text("password") == "new" => {}
            Mode::Refuses => return Err(SetupError::auth_failed(Reason::default())),
            Mode::NotReady => return Err(SetupError::not_ready("not yet")),
            Mode::AsksToWait(secs) => {
                let retry_after = Some(Duration::from_secs(secs));
                return Err(SetupError::NotReady { reason: Reason::default(), retry_after });
            }
            Mode::Fatal => return Err(SetupError::fatal("never")),
            Mode::Panics => panic!("as told"),
            Mode::Slow(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Mode::Hangs => std::future::pending().await,
        }
        self.0.handles.lock().unwrap().insert(id.clone(), entry.clone());
        let n = { *self.0.up.lock().unwrap().entry(id.clone()).and_modify(|n| *n += 1).or_insert(1) };
        assert_eq!(n, 1, "two runs of one entry at once");
        Ok(Box::new(Up { script: Arc::clone(&self.0), entry_id: id }))
    }

    async fn migrate(&self, entry: &ConfigEntry) -> Result<Migrated, MigrateError> {
        if entry.data.contains_key("unreadable") {
            return Err(MigrateError::Failed("unreadable".to_owned()));
        }
        if entry.data.contains_key("endless") {
            std::future::pending::<()>().await;
        }
        let mut data = entry.data.clone();
        data.insert("migrated_from".to_owned(), json!(entry.version));
        Ok(Migrated { data, options: entry.options.clone(), unique_id: entry.unique_id.clone() })
    }

    async fn removed(&self, entry: &ConfigEntry) {
        self.0.removed.lock().unwrap().push(entry.entry_id.clone());
    }

    fn config_flow(&self) -> Option<Box<dyn Flow<NewEntry>>> {
        Some(Box::new(Add))
    }

    fn options_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<NewOptions>>> {
        Some(Box::new(Opts))
    }

    fn reconfigure_flow(&self, _: &ConfigEntry) -> Option<Box<dyn Flow<EntryUpdate>>> {
        Some(Box::new(Ask("reconfigure")))
    }

    fn subentry_flow(&self, _: &ConfigEntry, _: &str, part: Option<&Subentry>) -> Option<Box<dyn Flow<SubentryDone>>> {
        Some(Box::new(Part { is_new: part.is_none() }))
    }
}

impl Reauthenticate for Scripted {
    fn reauth_flow(&self, _: &ConfigEntry) -> Box<dyn Flow<EntryUpdate>> {
        Box::new(Ask("reauth_confirm"))
    }

    fn account(&self, entry: &ConfigEntry) -> Option<String> {
        entry.data.get("account").and_then(Value::as_str).map(str::to_owned)
    }
}

type Input = Option<Map<String, Value>>;

fn text<'a>(input: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

/// A menu, then a form; `id` is the unique id.
struct Add;

#[async_trait]
impl Flow<NewEntry> for Add {
    async fn step(&mut self, flow: &mut FlowContext, step: &str, input: Input) -> Result<Step<NewEntry>, Abort> {
        match (step, input) {
            ("user", _) => Ok(Step::Show(Shown::Menu(Menu::new("user", &["form", "wait", "gone", "slow", "endless"])))),
            ("form", None) => {
                let schema = Schema::new()
                    .with(Field::required("id", FieldKind::Text))
                    .with(Field::optional("password", FieldKind::Secret));
                Form::new("form", schema).show()
            }
            ("form", Some(input)) => {
                let id = text(&input, "id").unwrap().to_owned();
                assert_ne!(id, "a mistake of the integration's");
                flow.set_unique_id(&id)?;
                flow.abort_if_configured(Some(Map::from_iter([("seen".into(), json!(true))]))).await?;
                Ok(Step::Done(NewEntry { title: id, data: input, ..NewEntry::default() }))
            }
            ("wait", _) => {
                flow.progress(0.5);
                Ok(Step::Show(Shown::Progress { step_id: "waited".into(), action: "waiting".into() }))
            }
            ("waited", _) => Ok(Step::Continue("form".into())),
            ("slow", _) => {
                tokio::time::sleep(Duration::from_secs(10)).await;
                Form::new("form", Schema::new()).show()
            }
            ("endless", _) => std::future::pending().await,
            // Discoveries.
            ("integration_discovery", None) => {
                let data = flow.data().cloned().unwrap_or_default();
                match data.get("id").and_then(Value::as_str) {
                    Some(id) => {
                        flow.set_unique_id(id)?;
                        let update = json!({"address": data["address"]});
                        flow.abort_if_configured(update.as_object().cloned()).await?;
                    }
                    None => flow.without_unique_id()?,
                }
                flow.set_name("Found");
                Form::new("confirm", Schema::new()).show()
            }
            ("confirm", None) => Form::new("confirm", Schema::new()).show(),
            ("confirm", Some(_)) => Ok(Step::Done(NewEntry { title: "Found".into(), ..NewEntry::default() })),
            _ => Err(Abort::new("not_implemented")),
        }
    }
}

struct Opts;

#[async_trait]
impl Flow<NewOptions> for Opts {
    async fn step(&mut self, _: &mut FlowContext, _: &str, input: Input) -> Result<Step<NewOptions>, Abort> {
        match input {
            Some(options) => Ok(Step::Done(NewOptions(options))),
            None => {
                Form::new("init", Schema::new().with(Field::required("n", FieldKind::Integer(Some(1), None)))).show()
            }
        }
    }
}

/// Asks for a password, and whose it is: `who` is the unique id that the other side tells.
struct Ask(&'static str);

#[async_trait]
impl Flow<EntryUpdate> for Ask {
    async fn step(&mut self, _: &mut FlowContext, _: &str, input: Input) -> Result<Step<EntryUpdate>, Abort> {
        let form = || {
            let schema = Schema::new()
                .with(Field::required("password", FieldKind::Secret))
                .with(Field::optional("who", FieldKind::Text));
            Form::new(self.0, schema)
        };
        let Some(mut input) = input else { return form().show() };
        if text(&input, "password") == Some("wrong") {
            return form().error("base", "invalid_auth").show();
        }
        let identity = match input.remove("who") {
            Some(Value::String(who)) => Identity::UniqueId(who),
            _ => Identity::Unknown,
        };
        Ok(Step::Done(EntryUpdate { identity, data: input, title: None }))
    }
}

struct Part {
    is_new: bool,
}

#[async_trait]
impl Flow<SubentryDone> for Part {
    async fn step(&mut self, _: &mut FlowContext, step: &str, input: Input) -> Result<Step<SubentryDone>, Abort> {
        let Some(input) = input else {
            return Form::new(step, Schema::new().with(Field::required("name", FieldKind::Text))).show();
        };
        let title = text(&input, "name").unwrap().to_owned();
        Ok(Step::Done(if self.is_new {
            SubentryDone::Create(NewSubentry { unique_id: Some(title.clone()), title, data: input })
        } else {
            SubentryDone::Update { title: Some(title), data: input }
        }))
    }
}
