//! What happens to real bridges, as services: for administrators, since entries change with it.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use service_bus::{
    Field, Handler, HandlerError, Kind, Manages, PlainService, ResponseMode, Schema, ServiceAccess, ServiceCall,
    ServiceSpec,
};

use super::world::BridgeWorld;

/// Returns the services of the demo's bridges.
pub fn services(world: &Arc<BridgeWorld>) -> Vec<ServiceSpec> {
    let host = || Field::required("host", Kind::Text);
    let service = |name: &str, fields| ServiceSpec {
        domain: "demo_bridge".to_owned(),
        name: name.to_owned(),
        access: ServiceAccess::Admin,
        schema: Schema::new(fields),
        response: ResponseMode::None,
        manages: Manages::ConfigEntries,
        handler: Handler::Plain(Arc::new(Change(Arc::clone(world)))),
    };
    vec![
        service("set_password", vec![host(), Field::required("password", Kind::Text)]),
        service("set_reachable", vec![host(), Field::required("reachable", Kind::Bool)]),
        service("expire", vec![host()]),
    ]
}

struct Change(Arc<BridgeWorld>);

#[async_trait]
impl PlainService for Change {
    async fn call(&self, call: ServiceCall) -> Result<Option<Value>, HandlerError> {
        let text = |name: &str| call.data.get(name).and_then(Value::as_str).unwrap_or_default();
        let host = text("host");
        match call.service.as_str() {
            "set_password" => self.0.set_password(host, text("password")),
            "set_reachable" => {
                let reachable = call.data.get("reachable").and_then(Value::as_bool).unwrap_or(true);
                self.0.set_reachable(host, reachable);
            }
            _ => _ = self.0.expire(host),
        }
        Ok(None)
    }
}
