//! The table of commands.

mod audit;
mod auth;
mod core;
mod credentials;
mod entries;
mod events;
mod flows;
mod frontend;
mod history;
mod integrations;
mod notifications;
mod people;
mod registry;
mod registry_views;
mod repairs;
mod search;
mod second_factor;
mod services;
mod states;
mod translations;
mod users;

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, LazyLock},
};

use auth_core::{Action, Authorized, Context};
use home::{Home, Session};
use management::{OPERATIONS, Operation};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use service_bus::{World, new_context_id, now};

use crate::{CommandError, connection::Connection};

/// Who may use a command. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever is logged in; what comes back is filtered by what they may read, what they change is their own.
    Authenticated,
    /// Whoever may edit the entity that the command names; administrators for what changes more than its looks.
    EditEntity,
    /// Whoever the service asks for.
    Service,
    /// Whoever may hear of the event type; for others than administrators a short list.
    Events,
    /// Administrators.
    Admin,
    /// The owner.
    Owner,
}

/// One command.
#[derive(Debug)]
pub struct Command {
    /// The message's `type`.
    pub name: &'static str,
    /// Who may use it.
    pub access: Access,
    pub(crate) run: Run,
}

/// How a command is carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// At once, by the connection's own task: it changes what the connection listens to, or takes a moment only.
    Here(Here),
    /// In a task of its own: others go on meanwhile.
    Apart(fn(Call) -> Running),
    /// In a task of its own: one of Doorward's own.
    Operation(&'static Operation),
}

pub(crate) type Outcome = Result<Reply, CommandError>;
pub(crate) type Here = fn(&mut Connection, u64, Map<String, Value>) -> Outcome;
pub(crate) type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What is sent for a command that succeeded.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A result.
    Result(Value),
    /// A result that is encoded already.
    Text(String),
    /// A result, and then the connection's own token is deleted.
    ResultThenDeleteToken(Value),
    /// Nothing: it has been sent.
    Sent,
    /// A pong.
    Pong,
}

/// A command that runs apart from its connection.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) home: Home,
    pub(crate) session: Session,
    pub(crate) data: Map<String, Value>,
}

impl Call {
    /// Decides what this caller asks.
    pub(crate) fn authorize<R: Action>(&self, request: R) -> Result<Authorized<R>, CommandError> {
        Ok(self.home.bus().authorize(&self.session.principal, request)?)
    }

    /// Returns a new context of this caller.
    pub(crate) fn context(&self) -> Context {
        Context::new(new_context_id(now()), Some(self.session.user_id.clone()))
    }

    /// Returns the present world.
    pub(crate) fn world(&self) -> Arc<World> {
        self.home.bus().world()
    }

    /// Takes the request's members as `T`.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Result<T, CommandError> {
        read(std::mem::take(&mut self.data))
    }
}

/// A list that may be given as its only item.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(item) => vec![item],
            Self::Many(items) => items,
        }
    }
}

/// Reads a request's members as `T`; members that it does not know are refused by `T` itself.
pub(crate) fn read<T: DeserializeOwned>(data: Map<String, Value>) -> Result<T, CommandError> {
    serde_json::from_value(Value::Object(data)).map_err(|error| CommandError::format(error.to_string()))
}

/// Refuses a request that has members.
pub(crate) fn no_members(data: &Map<String, Value>) -> Result<(), CommandError> {
    match data.keys().next() {
        Some(key) => Err(CommandError::format(format!("extra keys not allowed @ data['{key}']"))),
        None => Ok(()),
    }
}

/// Returns every command there is: those of Home Assistant's API, and Doorward's own.
pub fn commands() -> impl Iterator<Item = &'static Command> {
    static OWN: LazyLock<Vec<Command>> = LazyLock::new(|| OPERATIONS.iter().map(Command::of).collect());
    COMMANDS.iter().chain(OWN.iter())
}

/// Returns the command of a type.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    commands().find(|command| command.name == name)
}

impl Command {
    fn of(operation: &'static Operation) -> Self {
        let access = match operation.access {
            management::Access::Account => Access::Authenticated,
            management::Access::Admin => Access::Admin,
            management::Access::Owner => Access::Owner,
        };
        Self { name: operation.command, access, run: Run::Operation(operation) }
    }
}

impl Access {
    /// Returns the word in the matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::EditEntity => "entity:edit",
            Self::Service => "service",
            Self::Events => "events",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

macro_rules! commands {
    ($($name:literal $access:ident $run:ident $handler:path;)*) => {
        const COMMANDS: &[Command] = &[$(Command {
            name: $name,
            access: Access::$access,
            run: commands!(@ $run $handler),
        },)*];
    };
    (@ Here $handler:path) => { Run::Here($handler) };
    (@ Apart $handler:path) => { Run::Apart(|call| Box::pin($handler(call))) };
}

commands! {
    "ping"                                                    Authenticated Here  core::ping;
    "call_service"                                            Service       Apart services::call_service;
    "get_states"                                              Authenticated Here  states::get_states;
    "subscribe_entities"                                      Authenticated Here  states::subscribe_entities;
    "subscribe_condition"                                     Authenticated Here  states::subscribe_condition;
    "subscribe_events"                                        Events        Here  events::subscribe_events;
    "unsubscribe_events"                                      Authenticated Here  events::unsubscribe_events;
    "fire_event"                                              Admin         Apart events::fire_event;
    "render_template"                                         Authenticated Here  states::render_template;
    "entity/source"                                           Authenticated Here  states::entity_source;

    "supported_features"                                      Authenticated Here  core::supported_features;
    "get_config"                                              Authenticated Here  core::get_config;
    "get_services"                                            Authenticated Here  services::get_services;
    "manifest/list"                                           Authenticated Here  integrations::list;
    "manifest/get"                                            Authenticated Here  integrations::get;
    "integration/wait"                                        Authenticated Here  integrations::wait;
    "integration/descriptions"                                Admin         Here  integrations::descriptions;
    "integration/setup_info"                                  Admin         Here  core::setup_info;
    "slugify"                                                 Authenticated Here  core::slugify;
    "subscribe_bootstrap_integrations"                        Authenticated Here  core::subscribe_bootstrap;
    "extract_from_target"                                     Authenticated Here  services::extract_from_target;
    "config/core/update"                                      Admin         Apart core::update_core;

    "doorward/audit/subscribe"                                Admin         Here  audit::subscribe;

    "auth/current_user"                                       Authenticated Here  auth::current_user;
    "auth/refresh_tokens"                                     Authenticated Here  auth::refresh_tokens;
    "auth/delete_refresh_token"                               Authenticated Apart auth::delete_refresh_token;
    "auth/delete_all_refresh_tokens"                          Authenticated Apart auth::delete_all_refresh_tokens;
    "auth/refresh_token_set_expiry"                           Authenticated Apart auth::set_expiry;
    "auth/long_lived_access_token"                            Authenticated Apart auth::long_lived_access_token;
    "auth/setup_mfa"                                          Authenticated Apart second_factor::set_up;
    "auth/depose_mfa"                                         Authenticated Apart second_factor::depose;
    "doorward/recovery_codes/renew"                           Authenticated Apart second_factor::renew_recovery;
    "auth/sign_path"                                          Authenticated Here  auth::sign_path;

    "config/auth/list"                                        Admin         Apart users::list;
    "config/auth/create"                                      Admin         Apart users::create;
    "config/auth/update"                                      Admin         Apart users::update;
    "config/auth/delete"                                      Admin         Apart users::delete;
    "config/auth_provider/homeassistant/create"               Admin         Apart users::create_login;
    "config/auth_provider/homeassistant/delete"               Admin         Apart users::delete_login;
    "config/auth_provider/homeassistant/change_password"      Authenticated Apart users::change_password;
    "config/auth_provider/homeassistant/admin_change_password" Owner        Apart users::admin_change_password;
    "config/auth_provider/homeassistant/admin_change_username" Owner        Apart users::admin_change_username;
    "person/list"                                             Authenticated Here  people::list;
    "person/create"                                           Admin         Apart people::create;
    "person/update"                                           Admin         Apart people::update;
    "person/delete"                                           Admin         Apart people::delete;

    "config/entity_registry/list"                             Authenticated Here  registry::list_entities;
    "config/entity_registry/list_for_display"                 Authenticated Here  registry::list_for_display;
    "config/entity_registry/get"                              Authenticated Here  registry::get_entity;
    "config/entity_registry/get_entries"                      Authenticated Here  registry::get_entities;
    "config/entity_registry/update"                           EditEntity    Apart registry::update_entity;
    "config/entity_registry/remove"                           Admin         Apart registry::remove_entity;
    "config/device_registry/list"                             Authenticated Here  registry::list_devices;
    "config/device_registry/list_linked_devices"              Authenticated Here  registry::list_linked_devices;
    "config/device_registry/update"                           Admin         Apart registry::update_device;
    "config/device_registry/remove"                           Admin         Apart registry::remove_device;
    "config/area_registry/list"                               Authenticated Here  registry::list_areas;
    "config/area_registry/create"                             Admin         Apart registry::create_area;
    "config/area_registry/update"                             Admin         Apart registry::update_area;
    "config/area_registry/delete"                             Admin         Apart registry::delete_area;
    "config/area_registry/reorder"                            Admin         Apart registry::reorder_areas;
    "config/floor_registry/list"                              Authenticated Here  registry::list_floors;
    "config/floor_registry/create"                            Admin         Apart registry::create_floor;
    "config/floor_registry/update"                            Admin         Apart registry::update_floor;
    "config/floor_registry/delete"                            Admin         Apart registry::delete_floor;
    "config/floor_registry/reorder"                           Admin         Apart registry::reorder_floors;
    "config/label_registry/list"                              Authenticated Here  registry::list_labels;
    "config/label_registry/create"                            Admin         Apart registry::create_label;
    "config/label_registry/update"                            Admin         Apart registry::update_label;
    "config/label_registry/delete"                            Admin         Apart registry::delete_label;

    "config_entries/get"                                      Authenticated Here  entries::get;
    "config_entries/subscribe"                                Authenticated Here  entries::subscribe;
    "config_entries/get_single"                               Admin         Here  entries::get_single;
    "config_entries/update"                                   Admin         Apart entries::update;
    "config_entries/disable"                                  Admin         Apart entries::disable;
    "config_entries/subentries/list"                          Admin         Here  entries::list_subentries;
    "config_entries/subentries/update"                        Admin         Apart entries::update_subentry;
    "config_entries/subentries/delete"                        Admin         Apart entries::delete_subentry;
    "config_entries/ignore_flow"                              Admin         Apart flows::ignore;
    "config_entries/flow/progress"                            Admin         Here  flows::progress;
    "config_entries/flow/subscribe"                           Admin         Here  flows::subscribe;
    "application_credentials/config"                          Authenticated Here  credentials::config;
    "application_credentials/config_entry"                    Admin         Here  credentials::of_entry;
    "application_credentials/list"                            Admin         Here  credentials::list;
    "application_credentials/create"                          Admin         Apart credentials::create;
    "application_credentials/delete"                          Admin         Apart credentials::delete;
    "repairs/list_issues"                                     Authenticated Here  repairs::list;
    "repairs/get_issue_data"                                  Admin         Here  repairs::data;
    "repairs/ignore_issue"                                    Admin         Apart repairs::ignore;
    "frontend/get_translations"                               Authenticated Here  translations::get;

    "history/history_during_period"                           Authenticated Here  history::during_period;
    "history/stream"                                          Authenticated Here  history::stream;
    "logbook/get_events"                                      Authenticated Here  history::logbook;
    "logbook/event_stream"                                    Authenticated Here  history::logbook_stream;
    "recorder/info"                                           Authenticated Here  history::info;
    "recorder/get_statistics_metadata"                        Authenticated Here  history::statistics_metadata;
    "recorder/statistics_during_period"                       Authenticated Here  history::statistics;
    "search/related"                                          Authenticated Here  search::related;
    "persistent_notification/get"                             Authenticated Here  notifications::list;
    "persistent_notification/subscribe"                       Authenticated Here  notifications::subscribe;

    "get_panels"                                              Authenticated Here  frontend::get_panels;
    "frontend/get_version"                                    Authenticated Here  frontend::get_version;
    "frontend/get_themes"                                     Authenticated Here  frontend::get_themes;
    "frontend/get_icons"                                      Authenticated Here  frontend::get_icons;
    "frontend/get_user_data"                                  Authenticated Here  frontend::get_user_data;
    "frontend/subscribe_user_data"                            Authenticated Here  frontend::subscribe_user_data;
    "frontend/set_user_data"                                  Authenticated Apart frontend::set_user_data;
    "frontend/get_system_data"                                Authenticated Here  frontend::get_system_data;
    "frontend/subscribe_system_data"                          Authenticated Here  frontend::subscribe_system_data;
    "frontend/set_system_data"                                Admin         Apart frontend::set_system_data;
    "lovelace/info"                                           Authenticated Here  frontend::dashboards_info;
    "lovelace/config"                                         Authenticated Here  frontend::dashboard_config;
    "lovelace/resources"                                      Authenticated Here  frontend::none_of_them;
    "lovelace/dashboards/list"                                Authenticated Here  frontend::none_of_them;
    "config/category_registry/list"                           Authenticated Here  frontend::no_categories;
    "labs/subscribe"                                          Authenticated Here  frontend::subscribe_labs;
    "brands/access_token"                                     Authenticated Here  frontend::brands_token;
    "homeassistant/expose_entity/list"                        Authenticated Here  frontend::exposed_entities;
    "logger/log_info"                                         Admin         Here  frontend::log_levels;
    "trace/contexts"                                          Admin         Here  frontend::traced_contexts;
}
