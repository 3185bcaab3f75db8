//! What every entity has: names, device, availability, how its messages are sent.

use std::time::Duration;

use config_entries::{NewDevice, NewEntity};

use super::channel::Inlet;
use crate::{
    availability::Availability,
    discovery::{Fields, MAX_TEXT, Problem, device},
    wire::Qos,
};

/// What every entity has.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) domain: String,
    pub(crate) unique_id: String,
    object_id: Option<String>,
    name: Option<String>,
    device: Option<NewDevice>,
    device_class: Option<String>,
    icon: Option<String>,
    unit: Option<String>,
    category: Option<String>,
    disabled: bool,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) availability: Availability,
    pub(crate) attributes: Option<Inlet>,
    pub(crate) expire_after: Option<Duration>,
}

impl Common {
    /// Reads what every entity has.
    pub(crate) fn parse(
        domain: &str,
        fields: Fields<'_>,
        topic: &str,
        part: &str,
        object_id: Option<&str>,
    ) -> Result<Self, Problem> {
        let device = device(fields)?;
        let device_class = fields.text("device_class")?;
        // Without an id of its own an entity is known by where it was described.
        let place = if part.is_empty() { topic.to_owned() } else { format!("{topic} {part}") };
        let default_entity_id = fields.text("default_entity_id")?;
        let wanted = match default_entity_id.as_deref().map(|id| id.split_once('.')) {
            Some(Some((of, object_id))) if of == domain => Some(object_id.to_owned()),
            Some(_) => return Err(Problem::new("default_entity_id", "is of another domain")),
            None => fields.text("object_id")?,
        };
        let name = match fields.text("name")? {
            _ if fields.is_null("name") && device.is_some() => None,
            Some(name) => Some(name),
            None => Some(default_name(domain, device_class.as_deref())),
        };
        // Without a device there are no names to make an id of but its own, which may be any default.
        let object_id = wanted.or_else(|| object_id.filter(|_| device.is_none()).map(str::to_owned));
        let seconds = fields.number("expire_after")?.filter(|seconds| *seconds > 0.0 && *seconds <= 1e9);
        Ok(Self {
            domain: domain.to_owned(),
            unique_id: match fields.text("unique_id")?.filter(|id| !id.is_empty()) {
                Some(id) => id,
                None if place.len() <= MAX_TEXT => place,
                None => return Err(Problem::new("unique_id", "is missing, and the topic is too long to be one")),
            },
            object_id: object_id.map(|id| slug(&id)).filter(|id| !id.is_empty()),
            name,
            device,
            device_class,
            icon: fields.text("icon")?,
            unit: fields.text("unit_of_measurement")?,
            category: category(fields)?,
            disabled: !fields.flag("enabled_by_default")?.unwrap_or(true),
            qos: qos(fields)?,
            retain: fields.flag("retain")?.unwrap_or(false),
            availability: Availability::parse(&fields)?,
            attributes: Inlet::parse(fields, "json_attributes_topic", "json_attributes_template")?,
            expire_after: seconds.map(Duration::from_secs_f64),
        })
    }

    /// Puts it into what the home is told of the entity.
    pub(crate) fn describe(&self, entity: &mut NewEntity) {
        entity.object_id.clone_from(&self.object_id);
        entity.name.clone_from(&self.name);
        entity.device.clone_from(&self.device);
        entity.device_class.clone_from(&self.device_class);
        entity.icon.clone_from(&self.icon);
        entity.unit_of_measurement.clone_from(&self.unit);
        entity.entity_category.clone_from(&self.category);
        entity.disabled = self.disabled;
    }
}

fn category(fields: Fields<'_>) -> Result<Option<String>, Problem> {
    let category = fields.text("entity_category")?;
    match category.as_deref() {
        None | Some("config" | "diagnostic") => Ok(category),
        Some(_) => Err(Problem::new("entity_category", "is neither config nor diagnostic")),
    }
}

fn qos(fields: Fields<'_>) -> Result<Qos, Problem> {
    match fields.text("qos")?.as_deref() {
        None | Some("0") => Ok(Qos::AtMost),
        Some("1") => Ok(Qos::AtLeast),
        Some("2") => Ok(Qos::Exactly),
        Some(_) => Err(Problem::new("qos", "is not 0, 1 or 2")),
    }
}

/// Returns the name of an entity that has none of its own.
fn default_name(domain: &str, device_class: Option<&str>) -> String {
    let words =
        device_class.map_or_else(|| format!("MQTT {}", domain.replace('_', " ")), |class| class.replace('_', " "));
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns a text as the second half of an entity id.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_end_matches('_').chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_made() {
        assert_eq!(default_name("binary_sensor", None), "MQTT binary sensor");
        assert_eq!(default_name("sensor", Some("carbon_dioxide")), "Carbon dioxide");
        assert_eq!(slug("0x00-Küche Lamp!"), "0x00_k_che_lamp");
    }
}
