//! A request as a handler gets it: authenticated, its body read.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use auth_core::{Action, Authorized, Context, EntityId, Principal, Unauthorized};
use auth_login::client::Origin;
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use bytes::Bytes;
use home::Session;
use serde_json::{Map, Value};
use service_bus::{World, new_context_id, now, parse_json};

use crate::{App, reply};

/// A request that passed the gate.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) app: App,
    /// Who asks; always there on routes that are not public.
    pub(crate) session: Option<Session>,
    pub(crate) ip: IpAddr,
    /// Where the caller reached the hub, if it can be told.
    pub(crate) own: Option<Origin>,
    pub(crate) headers: HeaderMap,
    /// The path as it came, encoded.
    pub(crate) path: String,
    /// The parts of the path that the route leaves open, decoded.
    pub(crate) params: HashMap<String, String>,
    /// The query, decoded, in its order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Request {
    /// Returns who acts.
    ///
    /// # Errors
    /// The answer for nobody.
    pub(crate) fn principal(&self) -> Result<&Principal, Response> {
        self.session.as_ref().map(|session| &session.principal).ok_or_else(|| reply::unauthenticated(None))
    }

    /// Decides what this caller asks.
    ///
    /// # Errors
    /// The answer for somebody who may not.
    pub(crate) fn authorize<R: Action>(&self, request: R) -> Result<Authorized<R>, Response> {
        let decided = self.app.home.bus().authorize(self.principal()?, request);
        decided.map_err(|refusal: Unauthorized| reply::denied(&refusal))
    }

    /// Returns a new context of this caller.
    pub(crate) fn context(&self) -> Context {
        let user_id = self.session.as_ref().map(|session| session.user_id.clone());
        Context::new(new_context_id(now()), user_id)
    }

    /// Returns the present world.
    pub(crate) fn world(&self) -> Arc<World> {
        self.app.home.bus().world()
    }

    /// Returns one open part of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Returns the last value of a query key.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the entity id in the path, if it is one.
    pub(crate) fn entity_id(&self) -> Option<EntityId> {
        EntityId::parse_lenient(self.param("entity_id")).ok()
    }

    /// Returns the body as JSON.
    ///
    /// # Errors
    /// 400 with `text`.
    pub(crate) fn json(&self, text: &str) -> Result<Value, Response> {
        parse_json(&self.body).map_err(|_| reply::message(StatusCode::BAD_REQUEST, text))
    }

    /// Returns the body as a JSON object.
    ///
    /// # Errors
    /// 400 with `not_json` or `not_object`.
    pub(crate) fn object(&self, not_json: &str, not_object: &str) -> Result<Map<String, Value>, Response> {
        match self.json(not_json)? {
            Value::Object(members) => Ok(members),
            _ => Err(reply::message(StatusCode::BAD_REQUEST, not_object)),
        }
    }
}
