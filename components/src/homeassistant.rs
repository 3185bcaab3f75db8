//! The services for entities of any domain.

use std::sync::Arc;

use async_trait::async_trait;
use auth_core::Permission;
use serde_json::{Value, json};
use service_bus::{
    Handler, HandlerError, Manages, PlainService, ResponseMode, Schema, ServiceAccess, ServiceCall, ServiceSpec,
};

pub(crate) fn specs() -> Vec<ServiceSpec> {
    let spec = |name: &str, schema, handler| ServiceSpec {
        domain: DOMAIN.to_owned(),
        name: name.to_owned(),
        access: ServiceAccess::Entities(Permission::Control),
        schema,
        response: ResponseMode::None,
        manages: Manages::Nothing,
        handler: Handler::Targets(handler),
    };
    // Each domain's own service checks the data: what it does not know it refuses.
    let mut specs: Vec<_> =
        ["turn_on", "turn_off", "toggle"].map(|name| spec(name, Schema::open(), Arc::new(ByDomain))).into();
    specs.push(spec("update_entity", Schema::default(), Arc::new(UpdateEntity)));
    specs
}

/// Calls the service of the same name in the domain of each entity.
struct ByDomain;

/// Nothing here is polled: whatever a state says is what its integration last heard.
struct UpdateEntity;

#[async_trait]
impl PlainService for ByDomain {
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError> {
        let mut failed = None;
        for (domain, entity_ids) in by_domain(&call) {
            let mut data = call.data.clone();
            data.insert("entity_id".to_owned(), json!(entity_ids));
            match call.call_service(domain, &call.service, data).await {
                Ok(_) => {}
                // The domain has no such service: its entities are passed over.
                Err(HandlerError::ChildNotFound { domain: d, service, child_domain, .. })
                    if d == domain && service == call.service && child_domain == DOMAIN => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(None), Err)
    }
}

#[async_trait]
impl PlainService for UpdateEntity {
    async fn call(&self, _: ServiceCall) -> Result<Option<Value>, HandlerError> {
        Ok(None)
    }
}

/// Returns the call's entities by domain, both in the order in which they first occur.
fn by_domain(call: &ServiceCall) -> Vec<(&str, Vec<&str>)> {
    let mut domains: Vec<(&str, Vec<&str>)> = Vec::new();
    for id in &call.entities {
        match domains.iter_mut().find(|(domain, _)| *domain == id.domain()) {
            Some((_, ids)) => ids.push(id.as_str()),
            None => domains.push((id.domain(), vec![id.as_str()])),
        }
    }
    // A group that is itself named here stood for no member.
    domains.retain(|(domain, _)| *domain != DOMAIN && *domain != "group");
    domains
}

const DOMAIN: &str = "homeassistant";
