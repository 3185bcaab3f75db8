//! The device that a discovery message names.

use config_entries::NewDevice;
use serde_json::Value;

use super::{Fields, Problem};

/// Returns the device; none if the message names none.
///
/// # Errors
/// It is described wrongly, or nothing tells it from others.
pub(crate) fn device(fields: Fields<'_>) -> Result<Option<NewDevice>, Problem> {
    let Some(map) = fields.object("device")? else { return Ok(None) };
    let device = Fields::new(map);
    let identifiers = device.texts("identifiers")?.unwrap_or_default();
    let connections = connections(device)?;
    if identifiers.is_empty() && connections.is_empty() {
        return Err(Problem::new("device", "has neither identifiers nor connections"));
    }
    let url = device.text("configuration_url")?;
    let is_page = |url: &String| ["http://", "https://", "homeassistant://"].iter().any(|start| url.starts_with(start));
    Ok(Some(NewDevice {
        identifiers,
        connections,
        name: device.text("name")?,
        manufacturer: device.text("manufacturer")?,
        model: device.text("model")?,
        model_id: device.text("model_id")?,
        hw_version: device.text("hw_version")?,
        sw_version: device.text("sw_version")?,
        serial_number: device.text("serial_number")?,
        // What is no page would be a link that does something else.
        configuration_url: url.filter(is_page),
        via_device: device.text("via_device")?,
        suggested_area: device.text("suggested_area")?,
    }))
}

fn connections(device: Fields<'_>) -> Result<Vec<(String, String)>, Problem> {
    let wrong = || Problem::new("connections", "is no list of pairs");
    let Some(value) = device.value("connections") else { return Ok(Vec::new()) };
    let pairs = value.as_array().filter(|pairs| pairs.len() <= 64).ok_or_else(wrong)?;
    pairs
        .iter()
        .map(|pair| match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(kind), Value::String(address)]) => {
                // One address has one form, however a device writes it.
                let address = if kind == "mac" { address.to_lowercase().replace('-', ":") } else { address.clone() };
                Ok((kind.clone(), address))
            }
            _ => Err(wrong()),
        })
        .collect()
}
