//! What a service is: its name, who may call it, what it takes, what it gives, what it does.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use auth_core::{Context, EntityId, Permission, Principal};
use serde_json::{Map, Value, json};

use crate::{Bus, CallError, CallRequest, HandlerError, Outcome, Schema};

/// A service as it is registered. Its access has no default.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// The domain, such as `light`.
    pub domain: String,
    /// The name, such as `turn_on`.
    pub name: String,
    /// Who may call it.
    pub access: ServiceAccess,
    /// What it takes besides a target.
    pub schema: Schema,
    /// Whether it gives a response.
    pub response: ResponseMode,
    /// What it may change besides entities.
    pub manages: Manages,
    /// What it does.
    pub handler: Handler,
}

/// Who may call a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceAccess {
    /// Anybody who is logged in. Says that the service neither shows nor does anything that a policy is about.
    Authenticated,
    /// Whoever has this permission on every entity that the call comes to.
    Entities(Permission),
    /// Whoever has this permission on one entity that stands for the service, such as `script.good_night`.
    On(EntityId, Permission),
    /// Administrators.
    Admin,
    /// The owner.
    Owner,
    /// Administrators, and the integration of this domain.
    Integration(String),
}

/// Whether a service gives a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// Never.
    #[default]
    None,
    /// If asked.
    Optional,
    /// Always, and the caller must ask.
    Only,
}

/// What a service may change besides the states of entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manages {
    /// Nothing.
    #[default]
    Nothing,
    /// Config entries: it could make or change some, so it needs administrator access or an integration's scope.
    ConfigEntries,
}

/// What a service does.
#[derive(Clone)]
pub enum Handler {
    /// Hands the call to each entity of the service's domain that it comes to.
    EachEntity {
        /// Bits of which an entity must have one to take part; 0 for none.
        feature: u64,
    },
    /// Gets all entities that the call comes to, of whatever domain.
    Targets(Arc<dyn PlainService>),
    /// Takes no target.
    Plain(Arc<dyn PlainService>),
}

/// A service that is not handed to entities one by one.
#[async_trait]
pub trait PlainService: Send + Sync {
    /// Does it. Dropping the future midway may leave it half done; the bus never does so.
    ///
    /// # Errors
    /// Whatever kept it from being done.
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError>;
}

/// An entity that services can act on.
#[async_trait]
pub trait Entity: Send + Sync {
    /// Carries out one service call on this entity, which the caller was allowed.
    ///
    /// # Errors
    /// Whatever kept it from being done.
    async fn call(&self, call: &EntityCall) -> Result<Option<Value>, HandlerError>;

    /// Returns the bits that say what the entity can do, in the meaning of its domain.
    fn supported_features(&self) -> u64 {
        0
    }

    /// Returns the members, if the entity stands for others: a call to it is a call to each of them.
    fn members(&self) -> Option<Vec<EntityId>> {
        None
    }
}

/// A call as a [`PlainService`] gets it.
#[derive(Debug)]
pub struct ServiceCall {
    /// The service's domain.
    pub domain: String,
    /// The service's name.
    pub service: String,
    /// The data, checked; without target keys.
    pub data: Map<String, Value>,
    /// The entities that the call comes to, each allowed.
    pub entities: Vec<EntityId>,
    /// Where the call comes from.
    pub context: Context,
    pub(crate) principal: Principal,
    pub(crate) bus: Bus,
    pub(crate) depth: u8,
}

/// A call as an [`Entity`] gets it.
#[derive(Debug)]
pub struct EntityCall {
    /// The entity.
    pub entity_id: EntityId,
    /// The call that it is part of.
    pub call: Arc<ServiceCall>,
}

impl ServiceCall {
    /// Returns whose rights count.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the bus that the call came over.
    pub const fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Calls another service with the same principal and context, so that its rights are checked again there.
    ///
    /// # Errors
    /// As for any call; and when calls are nested more than [`ServiceCall::MAX_DEPTH`] deep.
    pub async fn call_service(
        &self,
        domain: &str,
        service: &str,
        data: Map<String, Value>,
    ) -> Result<Outcome, HandlerError> {
        if self.depth >= Self::MAX_DEPTH {
            return Err(HandlerError::Failed("too many services that call one another".to_owned()));
        }
        let request = CallRequest { return_response: false, ..CallRequest::new(domain, service, data) };
        let outcome = self.bus.call_nested(self.principal.clone(), request, self.context.clone(), self.depth + 1);
        outcome.await.map_err(|error| match error {
            CallError::Unauthorized(refusal) => HandlerError::Unauthorized(refusal),
            CallError::Handler(error) => error,
            CallError::NotFound { domain, service } => HandlerError::ChildNotFound {
                domain,
                service,
                child_domain: self.domain.clone(),
                child_service: self.service.clone(),
            },
            other => HandlerError::validation(other.to_string()),
        })
    }

    /// The deepest nesting of services that call one another.
    pub const MAX_DEPTH: u8 = 10;
}

impl ServiceSpec {
    /// Returns how `get_services` describes it.
    pub fn describe(&self) -> Value {
        let mut description = Map::new();
        description.insert("fields".to_owned(), self.schema.describe());
        match &self.handler {
            Handler::EachEntity { .. } => {
                description.insert("target".to_owned(), json!({"entity": [{"domain": [self.domain]}]}));
            }
            Handler::Targets(_) => _ = description.insert("target".to_owned(), json!({"entity": [{}]})),
            Handler::Plain(_) => {}
        }
        match self.response {
            ResponseMode::None => {}
            ResponseMode::Optional => _ = description.insert("response".to_owned(), json!({"optional": true})),
            ResponseMode::Only => _ = description.insert("response".to_owned(), json!({"optional": false})),
        }
        Value::Object(description)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EachEntity { .. } => "EachEntity",
            Self::Targets(_) => "Targets",
            Self::Plain(_) => "Plain",
        })
    }
}

impl fmt::Display for ServiceAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticated => f.write_str("authenticated"),
            Self::Entities(permission) => write!(f, "entities:{permission}"),
            Self::On(entity_id, permission) => write!(f, "{entity_id}:{permission}"),
            Self::Admin => f.write_str("admin"),
            Self::Owner => f.write_str("owner"),
            Self::Integration(domain) => write!(f, "integration:{domain}"),
        }
    }
}
