//! Events.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::{FireEvent, Origin, Viewer};

use super::{Call, Reply, read};
use crate::{CommandError, connection::Connection};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    event_type: Option<String>,
}

pub(crate) fn subscribe_events(
    connection: &mut Connection,
    id: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Subscribe { event_type } = read(data)?;
    let event_type = event_type.filter(|name| name != "*");
    connection.view(|_, viewer| {
        if viewer.may_subscribe(event_type.as_deref()) {
            Ok(())
        } else {
            Err(auth_core::Unauthorized::default().into())
        }
    })?;
    connection.subscribe_to_events(id, event_type)?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsubscribe {
    subscription: u64,
}

pub(crate) fn unsubscribe_events(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Unsubscribe { subscription } = read(data)?;
    if connection.unsubscribe(subscription) {
        return Ok(Reply::Result(Value::Null));
    }
    Err(CommandError::new("not_found", "Subscription not found."))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fire {
    event_type: String,
    event_data: Option<Map<String, Value>>,
}

pub(crate) async fn fire_event(mut call: Call) -> Result<Reply, CommandError> {
    let Fire { event_type, event_data } = call.read()?;
    let data = event_data.unwrap_or_default();
    let asked = call.authorize(FireEvent { event_type, data, origin: Origin::Local })?;
    let context = call.context();
    let world = call.world();
    let shown = Viewer::new(&world, &call.session.principal).context_value(&context);
    call.home.bus().fire_event(asked, context)?;
    Ok(Reply::Result(json!({"context": shown})))
}
