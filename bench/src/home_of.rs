//! A home of a thousand lights, served in this process.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use async_trait::async_trait;
use auth_core::{EntityId, Policy, Principal, principal::danger};
use home::{AddUser, CreateToken, CreateTokenFor, Home, Options, Secret, SetGroup};
use http_adapter::{App, Extra, ServeOptions, router, serve};
use registries::{EntityEntry, Registries};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use service_bus::{Entity, EntityCall, HandlerError, StateWriter, WriteStates, now};
use store::SqliteStore;
use tokio::net::TcpListener;

pub(crate) const N_ENTITIES: usize = 1000;

/// A light that does what lights do.
struct Light(StateWriter);

#[async_trait]
impl Entity for Light {
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError> {
        let state = if call.call.service == "turn_on" { "on" } else { "off" };
        let written =
            self.0.set_in(&call.entity_id, state, attributes(call.entity_id.object_id()), call.call.context.clone());
        written.map_err(|error| HandlerError::Unexpected(error.to_string()))?;
        Ok(None)
    }
}

pub(crate) fn attributes(name: &str) -> Map<String, Value> {
    let attributes = json!({
        "min_color_temp_kelvin": 2000, "max_color_temp_kelvin": 6535, "supported_color_modes": ["color_temp", "hs"],
        "color_mode": "hs", "brightness": 180, "color_temp_kelvin": null, "hs_color": [345, 75],
        "rgb_color": [255, 64, 112], "xy_color": [0.588, 0.274], "friendly_name": name, "supported_features": 32,
    });
    if let Value::Object(attributes) = attributes { attributes } else { Map::new() }
}

/// Opens a home with nothing in it that nobody is served from, and that keeps a history if asked to. Returns who writes
/// and who reads.
pub(crate) async fn unserved(keeps_history: bool) -> Result<(Home, StateWriter, Principal)> {
    let home = Home::open(Arc::new(SqliteStore::in_memory()?), Options::default()).await?;
    if keeps_history {
        home.start_history(danger::system_principal("bench"))?;
    }
    let wish = WriteStates { integration: "bench".to_owned() };
    let writer = home.bus().authorize(&danger::integration_principal("bench"), wish)?;
    let writer = home.bus().state_writer(writer);
    Ok((home, writer, danger::system_principal("bench")))
}

/// Makes a user in these groups and returns a token of theirs.
pub(crate) async fn user(home: &Home, name: &str, groups: &[&str]) -> Result<String> {
    let machine = danger::system_principal("bench");
    let group_ids = groups.iter().map(|group| (*group).to_owned()).collect();
    let password = Secret::new("pass".to_owned());
    let wish = AddUser { name: name.to_owned(), username: name.to_owned(), password, group_ids, local_only: false };
    let user_id = home.add_user(home.bus().authorize(&machine, wish)?).await?.user.id.to_string();
    let token = CreateToken { name: "bench".to_owned(), icon: None, lifespan_days: 1, policy: None, rate_limit: None };
    let asked = home.bus().authorize(&machine, CreateTokenFor { user_id, token })?;
    Ok(home.create_any_token(asked).await?.expose_secret().to_owned())
}

/// Makes a group.
pub(crate) async fn set_group(home: &Home, id: &str, policy: Policy) -> Result<()> {
    let wish = SetGroup { group_id: id.to_owned(), name: None, policy: Some(policy), policy_before: None };
    home.set_group(home.bus().authorize(&danger::system_principal("bench"), wish)?).await?;
    Ok(())
}

/// Opens the home and serves it on a free port. Returns the address and the owner's token.
pub(crate) async fn serve_home() -> Result<(SocketAddr, String)> {
    let (_, address, token) = open_and_serve().await?;
    Ok((address, token))
}

/// The same, with the home itself.
pub(crate) async fn open_and_serve() -> Result<(Home, SocketAddr, String)> {
    let home = Home::open(Arc::new(SqliteStore::in_memory()?), Options::default()).await?;
    let mut registries = Registries::default();
    let ids: Vec<EntityId> = (0..N_ENTITIES).map(|n| format!("light.lamp_{n:04}").parse()).collect::<Result<_, _>>()?;
    for id in &ids {
        registries.put_entity(EntityEntry::new(id.clone(), "bench", id.as_str(), id.as_str(), now()));
    }
    home.furnish(registries).await?;
    components::register(home.bus())?;
    let principal = danger::integration_principal("bench");
    let request = home.bus().authorize(&principal, WriteStates { integration: "bench".to_owned() })?;
    let writer = home.bus().state_writer(request);
    for id in &ids {
        writer.provide(id.clone(), Arc::new(Light(writer.clone())));
        writer.set(id, "on", attributes(id.object_id()))?;
    }
    let token = user(&home, "owner", &[]).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let websocket = Extra { path: ws_adapter::PATH, service: ws_adapter::route(home.clone()) };
    let router = router(&App::new(home.clone()), vec![websocket]);
    // All clients are on this machine.
    let options = ServeOptions { max_connections_per_address: 4096, ..ServeOptions::default() };
    tokio::spawn(serve(listener, router, Arc::default(), None, options, std::future::pending()));
    Ok((home, address, token))
}
