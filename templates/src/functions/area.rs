//! Areas, devices, floors and labels.

use minijinja::{Error, Value};

use super::{Call, FILTER, GLOBAL, Native, TEST, native};
use crate::home::TemplateHome;
use crate::value::from_json;

const BOTH: u8 = GLOBAL | FILTER;

pub(super) const TABLE: &[Native] = &[
    native("areas", GLOBAL, |call| all(call, |home| home.areas())),
    native("area_id", BOTH, |call| one(call, |home, lookup| home.area_id(lookup))),
    native("area_name", BOTH, |call| one(call, |home, lookup| home.area_name(lookup))),
    native("area_entities", BOTH, |call| many(call, |home, lookup| home.area_entities(lookup))),
    native("area_devices", BOTH, |call| many(call, |home, lookup| home.area_devices(lookup))),
    native("device_id", BOTH, |call| one(call, |home, lookup| home.device_id(lookup))),
    native("device_name", BOTH, |call| one(call, |home, lookup| home.device_name(lookup))),
    native("device_entities", BOTH, |call| many(call, |home, lookup| home.device_entities(lookup))),
    native("device_attr", BOTH, device_attr),
    native("is_device_attr", BOTH | TEST, is_device_attr),
    native("floors", GLOBAL, |call| all(call, |home| home.floors())),
    native("floor_id", BOTH, |call| one(call, |home, lookup| home.floor_id(lookup))),
    native("floor_name", BOTH, |call| one(call, |home, lookup| home.floor_name(lookup))),
    native("floor_areas", BOTH, |call| many(call, |home, lookup| home.floor_areas(lookup))),
    native("floor_entities", BOTH, |call| many(call, |home, lookup| home.floor_entities(lookup))),
    native("labels", BOTH, labels),
    native("label_id", BOTH, |call| one(call, |home, lookup| home.label_id(lookup))),
    native("label_name", BOTH, |call| one(call, |home, lookup| home.label_name(lookup))),
    native("label_areas", BOTH, |call| many(call, |home, lookup| home.label_areas(lookup))),
    native("label_devices", BOTH, |call| many(call, |home, lookup| home.label_devices(lookup))),
    native("label_entities", BOTH, |call| many(call, |home, lookup| home.label_entities(lookup))),
];

fn all(call: &Call<'_, '_, '_>, ask: fn(&dyn TemplateHome) -> Vec<String>) -> Result<Value, Error> {
    Ok(Value::from(ask(call.context.registries()?)))
}

fn one(call: &Call<'_, '_, '_>, ask: fn(&dyn TemplateHome, &str) -> Option<String>) -> Result<Value, Error> {
    let lookup = call.need_text(0, "lookup_value")?;
    Ok(Value::from(ask(call.context.registries()?, &lookup)))
}

fn many(call: &Call<'_, '_, '_>, ask: fn(&dyn TemplateHome, &str) -> Vec<String>) -> Result<Value, Error> {
    let lookup = call.need_text(0, "lookup_value")?;
    Ok(Value::from(ask(call.context.registries()?, &lookup)))
}

fn labels(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let lookup = call.get_str(0, "lookup_value")?;
    Ok(Value::from(call.context.registries()?.labels(lookup.as_deref())))
}

fn device_attr(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let (lookup, name) = (call.need_str(0, "device_or_entity_id")?, call.need_str(1, "attr_name")?);
    let value = call.context.registries()?.device_attr(&lookup, &name);
    Ok(value.as_ref().map_or_else(|| Value::from(()), from_json))
}

fn is_device_attr(call: &mut Call<'_, '_, '_>) -> Result<Value, Error> {
    let value = device_attr(call)?;
    let wanted = call.need(2, "attr_value")?;
    super::ops::equal(&call.context, &value, &wanted).map(Value::from)
}
