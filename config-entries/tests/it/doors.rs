//! Who can make, change and reload entries.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::{AuthSnapshot, Group, Principal, User, principal::danger};
use config_entries::{
    AbortFlow, AddEntry, ChangeEntry, ConfigEntry, ContinueFlow, DiscoverFlow, EntryUpdate, Field, FieldKind,
    FlowFamily, Form, Identity, IgnoreFlow, ListEntries, ListFlows, Migrated, NewEntry, NewOptions, NewSubentry,
    ReauthEntry, ReloadEntry, RemoveEntry, RunIntegration, SetDisabled, Shown, Source, StartFlow, StartOptionsFlow,
    Step, SubentryDone,
};
use integration_testkit::Kit;
use serde_json::{Map, Value, json};
use service_bus::{
    Bus, Handler, HandlerError, Manages, PlainService, RegisterError, ResponseMode, Schema, ServiceAccess, ServiceCall,
    ServiceSpec,
};

use crate::scripted::{Script, Scripted};

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
    edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("admin", "A") });
    edit.set_user(User { group_ids: vec![Group::USER.into()], ..User::new("user", "U") });
    edit.finish()
}

fn principals() -> [(&'static str, Principal); 4] {
    [
        ("admin", danger::user_principal(&"admin".into(), None)),
        ("user", danger::user_principal(&"user".into(), None)),
        ("own", danger::integration_principal("mqtt")),
        ("other", danger::integration_principal("zha")),
    ]
}

/// Checks who of administrator, user, the domain's own integration and another's may.
macro_rules! check {
    ($request:expr, $expected:expr) => {
        let may = principals().map(|(name, principal)| (name, home().authorize(principal, $request).is_ok()));
        let may: Vec<_> = may.into_iter().filter_map(|(name, may)| may.then_some(name)).collect();
        assert_eq!(may, $expected, "{}", stringify!($request));
    };
}

#[test]
fn an_integration_has_its_own_domain_and_nothing_else() {
    let entry = || ConfigEntry { domain: "mqtt".into(), ..ConfigEntry::default() };
    let mqtt = || "mqtt".to_owned();
    check!(AddEntry(entry()), ["admin", "own"]);
    check!(ChangeEntry { domain: mqtt(), ..ChangeEntry::default() }, ["admin", "own"]);
    check!(RunIntegration(mqtt()), ["admin", "own"]);
    check!(DiscoverFlow { domain: mqtt(), source: Source::Dhcp, data: Value::Null }, ["admin", "own"]);
    check!(StartFlow { domain: mqtt(), reconfigure: None, frontend_base: None }, ["admin"]);
    check!(StartOptionsFlow { entry_id: "x".into() }, ["admin"]);
    let flow_id = || "x".to_owned();
    let family = FlowFamily::Config;
    check!(ContinueFlow { family, flow_id: flow_id(), input: None, frontend_base: None }, ["admin"]);
    check!(AbortFlow { family, flow_id: flow_id() }, ["admin"]);
    check!(IgnoreFlow { flow_id: flow_id(), title: "x".into() }, ["admin"]);
    check!(ListEntries, ["admin"]);
    check!(ListFlows, ["admin"]);
    check!(ReloadEntry("x".into()), ["admin"]);
    check!(ReauthEntry("x".into()), ["admin"]);
    check!(RemoveEntry("x".into()), ["admin"]);
    check!(SetDisabled { entry_id: "x".into(), disabled: true }, ["admin"]);
}

#[tokio::test(start_paused = true)]
async fn an_integration_cannot_be_run_as_another() {
    let kit = Kit::new(1);
    let scripted = || Scripted(Arc::<Script>::default());
    assert!(kit.manager().register(scripted(), danger::integration_principal("mqtt")).is_err());
    assert!(kit.manager().register(scripted(), danger::integration_principal("scripted")).is_ok());
}

struct Nothing;

#[async_trait]
impl PlainService for Nothing {
    async fn call(&self, _: ServiceCall) -> Result<Option<Value>, HandlerError> {
        Ok(None)
    }
}

/// A service that is registered while the hub runs, as a script or a plug-in does it.
fn register(domain: &str, access: ServiceAccess) -> Result<(), RegisterError> {
    let (bus, _world) = Bus::new();
    bus.register(ServiceSpec {
        domain: domain.into(),
        name: "make_entries".into(),
        access,
        schema: Schema::open(),
        response: ResponseMode::None,
        manages: Manages::ConfigEntries,
        handler: Handler::Plain(Arc::new(Nothing)),
    })
}

#[test]
fn a_service_that_manages_entries_needs_an_administrator_or_its_own_integration() {
    let on = ServiceAccess::On("script.x".parse().unwrap(), auth_core::Permission::Control);
    for open in [ServiceAccess::Authenticated, on, ServiceAccess::Integration("zha".into())] {
        let refused = register("mqtt", open.clone());
        assert!(matches!(refused, Err(RegisterError::EntriesNeedAdmin(_))), "{open:?}: {refused:?}");
    }
    for narrow in [ServiceAccess::Admin, ServiceAccess::Owner, ServiceAccess::Integration("mqtt".into())] {
        assert_eq!(register("mqtt", narrow.clone()).map_err(|error| error.to_string()), Ok(()), "{narrow:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_integrations_entry_cannot_be_named_as_ones_own() {
    let mut book = config_entries::EntryBook::default();
    book.restore(ConfigEntry { entry_id: "e".into(), domain: "zha".into(), ..ConfigEntry::default() });
    let wish = ChangeEntry {
        domain: "mqtt".into(),
        entry_id: "e".into(),
        merge_data: Some(Map::from_iter([("x".to_owned(), json!(1))])),
        ..ChangeEntry::default()
    };
    let asked = home().authorize(danger::integration_principal("mqtt"), wish).unwrap();
    let refused = book.change_entry(asked, auth_core::Timestamp::default());
    assert_eq!(refused, Err(config_entries::EntryError::OtherDomain("e".into())));
}

/// Nothing that holds what was entered or kept shows it to a log.
#[test]
fn secrets_are_not_written_by_debug() {
    let secret = || json!({"password": "hunter2"}).as_object().cloned().unwrap();
    let shows = |shown: String| assert!(!shown.contains("hunter2"), "{shown}");
    let family = FlowFamily::Config;
    let asked = ContinueFlow { family, flow_id: "f".into(), input: Some(secret()), frontend_base: None };
    shows(format!("{asked:?} {:?}", home().authorize(danger::user_principal(&"admin".into(), None), asked.clone())));
    shows(format!("{:?}", DiscoverFlow { domain: "mqtt".into(), source: Source::Dhcp, data: json!(secret()) }));
    let change = ChangeEntry { merge_data: Some(secret()), ..ChangeEntry::default() };
    shows(format!("{change:?} {:?}", ChangeEntry { data: Some(secret()), options: Some(secret()), ..change.clone() }));
    let entry = NewEntry { data: secret(), options: secret(), ..NewEntry::default() };
    shows(format!("{entry:?} {:?} {:?}", NewOptions(secret()), Step::Done(entry.clone())));
    let identity = Identity::UniqueId("hunter2".into());
    shows(format!("{identity:?} {:?}", EntryUpdate { identity: identity.clone(), data: secret(), title: None }));
    let part = NewSubentry { data: secret(), ..NewSubentry::default() };
    shows(format!("{part:?} {:?}", SubentryDone::Update { title: None, data: secret() }));
    shows(format!("{:?}", Migrated { data: secret(), options: secret(), unique_id: Some("hunter2".into()) }));
    let field = Field::required("host", FieldKind::Text).suggested("hunter2").default("hunter2");
    let form = Form::new("user", config_entries::Schema::new().with(field)).placeholder("x", "hunter2");
    shows(format!("{form:?} {:?}", Shown::Form(form.clone())));
    shows(format!("{:?}", Shown::External { step_id: "auth".into(), url: "https://x/?state=hunter2".into() }));
}
