//! Services and targets.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::{CallRequest, Target, Viewer};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallService {
    domain: String,
    service: String,
    target: Option<Map<String, Value>>,
    service_data: Option<Map<String, Value>>,
    #[serde(default)]
    return_response: bool,
}

pub(crate) async fn call_service(mut call: Call) -> Result<Reply, CommandError> {
    let CallService { domain, service, target, service_data, return_response } = call.read()?;
    let mut data = service_data.unwrap_or_default();
    if let Some(target) = target {
        // Only target keys may stand there; they win over the same keys in the data.
        Target::parse(target.clone()).map_err(|error| CommandError::format(error.to_string()))?;
        data.extend(target);
    }
    let request = CallRequest { return_response, ..CallRequest::new(&domain, &service, data) };
    let context = call.context();
    let outcome = call.home.bus().call(call.session.principal.clone(), request, context.clone()).await?;
    let world = call.world();
    let mut result = json!({"context": Viewer::new(&world, &call.session.principal).context_value(&context)});
    if let (Some(response), Value::Object(members)) = (outcome.response, &mut result) {
        members.insert("response".to_owned(), response);
    }
    Ok(Reply::Result(result))
}

pub(crate) fn get_services(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|home, viewer| {
        let services = home.bus().services_for(viewer).into_iter().map(|(domain, by_name)| {
            let described = by_name.iter().map(|(name, spec)| (name.clone(), spec.describe()));
            (domain, Value::Object(described.collect()))
        });
        Ok(Reply::Result(Value::Object(services.collect())))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extract {
    target: Map<String, Value>,
    #[serde(default)]
    expand_group: bool,
    /// Home Assistant's default is the only one here: no hidden, configuring or diagnostic entities.
    #[serde(rename = "primary_entities_only", default)]
    _primary_entities_only: bool,
}

/// Says what a target means, as far as the caller may read it; whatever they may not counts as missing.
pub(crate) fn extract_from_target(
    connection: &mut Connection,
    _: u64,
    data: Map<String, Value>,
) -> Result<Reply, CommandError> {
    let Extract { target, expand_group, .. } = read(data)?;
    let target = Target::parse(target).map_err(|error| CommandError::format(error.to_string()))?;
    connection.view(|home, viewer| {
        let registries = &viewer.world().registries;
        let expands = |id: &auth_core::EntityId| expand_group && viewer.reads(id.as_str());
        let members = |id: &auth_core::EntityId| if expands(id) { home.bus().members_of(id) } else { None };
        let expanded = target.expand(registries, members);
        let entities = expanded.direct.iter().chain(&expanded.indirect).filter(|id| viewer.reads(id.as_str()));
        let entities: Vec<_> = entities.map(ToString::to_string).collect();
        let missing = |ids: &[String], seen: &dyn Fn(&str) -> bool| -> Vec<String> {
            ids.iter().filter(|id| !seen(id)).cloned().collect()
        };
        Ok(Reply::Result(json!({
            "referenced_entities": entities,
            "referenced_devices": expanded.devices.iter().filter(|id| viewer.sees_device(id)).collect::<Vec<_>>(),
            "referenced_areas": expanded.areas.iter().filter(|id| viewer.sees_area(id)).collect::<Vec<_>>(),
            "missing_devices": missing(&target.device_ids, &|id| registries.device(id).is_some() && viewer.sees_device(id)),
            "missing_areas": missing(&target.area_ids, &|id| registries.area(id).is_some() && viewer.sees_area(id)),
            "missing_floors": missing(&target.floor_ids, &|id| registries.floor(id).is_some() && viewer.sees_floor(id)),
            "missing_labels": missing(&target.label_ids, &|id| registries.label(id).is_some() && viewer.sees_label(id)),
        })))
    })
}
