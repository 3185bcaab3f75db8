//! What becomes of the registries when an integration offers entities. Pure: works on a copy.

use std::collections::{BTreeSet, HashMap, HashSet};

use auth_core::{EntityId, Timestamp};
use config_entries::{ConfigEntry, NewDevice, NewEntity};
use registries::{AreaPatch, Change, DeviceEntry, EntityEntry, Registries, slugify};

/// Registers what is offered. Returns the changes, and each entity's id in the order of `offered`; none for one that
/// another entry of the integration has already.
pub(super) fn all(
    registries: &mut Registries,
    entry: &ConfigEntry,
    offered: &[NewEntity],
    now: Timestamp,
    is_taken: &dyn Fn(&str) -> bool,
) -> (Vec<Change>, Vec<Option<EntityId>>) {
    let mut changes = Vec::new();
    // Looked up once: one offer may be of thousands.
    let mut known: HashMap<(String, String), EntityId> = registries
        .entities()
        .filter(|e| e.platform == entry.domain)
        .map(|e| ((e.entity_id.domain().to_owned(), e.unique_id.clone()), e.entity_id.clone()))
        .collect();
    let mut devices = Devices::of(registries, entry);
    let mut new_ids: HashSet<String> = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut left: Vec<String> = Vec::new();
    let mut ids = Vec::with_capacity(offered.len());
    for offer in offered {
        let device_id = offer.device.as_ref().map(|device| devices.put(registries, device, now, &mut changes));
        let key = (offer.domain.clone(), offer.unique_id.clone());
        let before = known.get(&key).and_then(|id| registries.entity(id.as_str())).cloned();
        let fresh = match before {
            Some(before) if before.config_entry_id.as_ref().is_some_and(|id| *id != entry.entry_id) => {
                tracing::warn!(entity = %before.entity_id, "another entry has an entity of that unique id: passed over");
                ids.push(None);
                continue;
            }
            Some(before) => EntityEntry::clone(&before),
            None => {
                let device_name = device_id.as_deref().and_then(|id| registries.device(id)?.display_name());
                let free = |id: &str| registries.entity(id).is_none() && !is_taken(id) && !new_ids.contains(id);
                let Some(entity_id) = new_id(entry, offer, device_name, &mut numbers, free) else {
                    tracing::warn!(domain = offer.domain, "an entity of no possible id is passed over");
                    ids.push(None);
                    continue;
                };
                let id = hex(&entry.entry_id, &offer.domain, &offer.unique_id);
                let by = |disabled: bool| disabled.then(|| "integration".to_owned());
                EntityEntry {
                    disabled_by: by(offer.disabled || entry.pref_disable_new_entities),
                    ..EntityEntry::new(entity_id, &entry.domain, &offer.unique_id, &id, now)
                }
            }
        };
        let entity_id = fresh.entity_id.clone();
        new_ids.insert(entity_id.to_string());
        known.insert(key, entity_id.clone());
        left.extend(fresh.device_id.clone().filter(|id| device_id.as_ref() != Some(id) && !left.contains(id)));
        put(registries, described(fresh, entry, offer, device_id), now, &mut changes);
        ids.push(Some(entity_id));
    }
    left.retain(|id| is_of(registries, entry, id));
    changes.extend(registries.remove_empty_devices(&left));
    (changes, ids)
}

fn is_of(registries: &Registries, entry: &ConfigEntry, device_id: &str) -> bool {
    registries.device(device_id).is_some_and(|device| device.config_entry_id.as_ref() == Some(&entry.entry_id))
}

/// Removes entities, and the devices that they were on if nothing is left there.
pub(super) fn forget(registries: &mut Registries, entry: &ConfigEntry, unique_ids: &[(String, String)]) -> Vec<Change> {
    let wanted: HashSet<_> = unique_ids.iter().map(|(domain, id)| (domain.as_str(), id.as_str())).collect();
    let gone: Vec<_> = registries
        .entities()
        .filter(|e| e.config_entry_id.as_ref() == Some(&entry.entry_id))
        .filter(|e| wanted.contains(&(e.entity_id.domain(), e.unique_id.as_str())))
        .map(|e| (e.entity_id.clone(), e.device_id.clone()))
        .collect();
    let mut changes = Vec::new();
    for (entity_id, _) in &gone {
        changes.extend(registries.remove_entity(entity_id).unwrap_or_default());
    }
    let devices: BTreeSet<_> = gone.into_iter().filter_map(|(_, device)| device).collect();
    let devices: Vec<_> = devices.into_iter().filter(|id| is_of(registries, entry, id)).collect();
    changes.extend(registries.remove_empty_devices(&devices));
    changes
}

/// The most identifiers, and connections, of a device; further ones are not noted. A thing may have new ones each time.
const MAX_NAMES: usize = 512;
/// The most areas for which another is made because a thing suggests it.
const MAX_AREAS: usize = 256;

/// The devices of one entry, by what tells them apart. Those of other entries are not looked at: whoever claims
/// another's address does not get its place, nor what people may do there.
struct Devices {
    by_identifier: HashMap<String, String>,
    by_connection: HashMap<(String, String), String>,
    domain: String,
    entry_id: String,
}

impl Devices {
    fn of(registries: &Registries, entry: &ConfigEntry) -> Self {
        let mut devices = Self {
            by_identifier: HashMap::new(),
            by_connection: HashMap::new(),
            domain: entry.domain.clone(),
            entry_id: entry.entry_id.clone(),
        };
        for device in registries.devices().filter(|d| d.config_entry_id.as_ref() == Some(&entry.entry_id)) {
            devices.learn(device);
        }
        devices
    }

    fn learn(&mut self, device: &DeviceEntry) {
        for (_, id) in device.identifiers.iter().filter(|(domain, _)| *domain == self.domain) {
            self.by_identifier.insert(id.clone(), device.id.clone());
        }
        for connection in &device.connections {
            self.by_connection.insert(connection.clone(), device.id.clone());
        }
    }

    fn put(
        &mut self,
        registries: &mut Registries,
        offer: &NewDevice,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> String {
        let known = offer.identifiers.iter().find_map(|id| self.by_identifier.get(id));
        let known = known.or_else(|| offer.connections.iter().find_map(|pair| self.by_connection.get(pair)));
        let before = known.and_then(|id| registries.device(id)).cloned();
        let is_new = before.is_none();
        let mut device = before.as_deref().cloned().unwrap_or_else(|| DeviceEntry {
            id: hex(&self.entry_id, "device", &format!("{:?}{:?}", offer.identifiers, offer.connections)),
            config_entry_id: Some(self.entry_id.clone()),
            created_at: now,
            modified_at: now,
            ..DeviceEntry::default()
        });
        for id in &offer.identifiers {
            let pair = (self.domain.clone(), id.clone());
            if device.identifiers.len() < MAX_NAMES && !device.identifiers.contains(&pair) {
                device.identifiers.push(pair);
            }
        }
        for pair in &offer.connections {
            if device.connections.len() < MAX_NAMES && !device.connections.contains(pair) {
                device.connections.push(pair.clone());
            }
        }
        let told = [
            (&mut device.name, &offer.name),
            (&mut device.manufacturer, &offer.manufacturer),
            (&mut device.model, &offer.model),
            (&mut device.model_id, &offer.model_id),
            (&mut device.hw_version, &offer.hw_version),
            (&mut device.sw_version, &offer.sw_version),
            (&mut device.serial_number, &offer.serial_number),
            (&mut device.configuration_url, &offer.configuration_url),
        ];
        for (own, told) in told {
            if told.is_some() {
                own.clone_from(told);
            }
        }
        if let Some(via) = offer.via_device.as_ref().and_then(|id| self.by_identifier.get(id)) {
            device.via_device_id = Some(via.clone()).filter(|via| *via != device.id);
        }
        if is_new && let Some(area) = offer.suggested_area.as_deref() {
            device.area_id = area_named(registries, area, now, changes);
        }
        self.learn(&device);
        let id = device.id.clone();
        if before.as_deref() != Some(&device) {
            device.modified_at = now;
            changes.extend(registries.put_device(device));
        }
        id
    }
}

/// Returns the area of a name; makes it if there is none.
fn area_named(registries: &mut Registries, name: &str, now: Timestamp, changes: &mut Vec<Change>) -> Option<String> {
    let known = registries.areas().find(|area| area.name.eq_ignore_ascii_case(name.trim()) || area.id == slugify(name));
    if let Some(area) = known {
        return Some(area.id.clone());
    }
    if registries.areas().count() >= MAX_AREAS {
        return None;
    }
    let made = registries.create_area(AreaPatch { name: Some(name.to_owned()), ..AreaPatch::default() }, now).ok()?;
    let id = made.iter().find_map(|change| match change {
        Change::Area { id, .. } => Some(id.clone()),
        _ => None,
    });
    changes.extend(made);
    id
}

/// Puts what an integration says of an entity over its entry; what people said stays.
fn described(known: EntityEntry, entry: &ConfigEntry, offer: &NewEntity, device_id: Option<String>) -> EntityEntry {
    EntityEntry {
        config_entry_id: Some(entry.entry_id.clone()),
        has_entity_name: device_id.is_some(),
        device_id,
        original_name: offer.name.clone(),
        original_device_class: offer.device_class.clone(),
        original_icon: offer.icon.clone(),
        unit_of_measurement: offer.unit_of_measurement.clone(),
        entity_category: offer.entity_category.clone(),
        supported_features: offer.supported_features,
        ..known
    }
}

fn put(registries: &mut Registries, entity: EntityEntry, now: Timestamp, changes: &mut Vec<Change>) {
    let before = registries.entity(entity.entity_id.as_str());
    if before.is_none_or(|before| **before != entity) {
        changes.extend(registries.put_entity(EntityEntry { modified_at: now, ..entity }));
    }
}

fn new_id(
    entry: &ConfigEntry,
    offer: &NewEntity,
    device_name: Option<&str>,
    numbers: &mut HashMap<String, usize>,
    free: impl Fn(&str) -> bool,
) -> Option<EntityId> {
    let named = match (device_name, offer.name.as_deref()) {
        (Some(device), Some(own)) => format!("{device} {own}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => format!("{} {}", entry.domain, offer.unique_id),
    };
    let wish = slugify(offer.object_id.as_deref().unwrap_or(&named));
    // Ids have an end, and leave room for a number.
    let wish: String = wish.chars().take(200).collect();
    let wish = format!("{}.{wish}", offer.domain);
    let id = |n: usize| if n == 1 { wish.clone() } else { format!("{wish}_{n}") };
    // Of one offer, thousands may have the same name: those before have taken the numbers below.
    let first = numbers.get(&wish).copied().unwrap_or(1);
    let n = (first..=100_000).find(|n| free(&id(*n)))?;
    let found = id(n);
    numbers.insert(wish, n + 1);
    found.parse().ok()
}

/// Returns 32 hex digits that are the same for the same thing: an entity that is removed and comes back has the id that
/// it had. FNV-1a, 128 bits; tells apart, hides nothing.
fn hex(entry_id: &str, kind: &str, unique_id: &str) -> String {
    let mut hash: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    for byte in [entry_id, "\0", kind, "\0", unique_id].iter().flat_map(|part| part.bytes()) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests;
