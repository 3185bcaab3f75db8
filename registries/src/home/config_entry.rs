//! What happens to devices and entities with the config entry that they came with.

use std::sync::Arc;

use auth_core::Timestamp;

use super::edit::{members, old_values};
use crate::{Change, DeviceEntry, EntityEntry, Registries, Verb};

/// Who has disabled what is disabled because its config entry is.
const BY_ENTRY: &str = "config_entry";

impl Registries {
    /// Removes the devices and entities that came with a config entry: it is gone. Entities of others that were on such
    /// a device stay, on no device.
    pub fn remove_config_entry(&mut self, entry_id: &str, now: Timestamp) -> Vec<Change> {
        let of_entry = |own: &Option<String>| own.as_deref() == Some(entry_id);
        let entities: Vec<_> =
            self.entities().filter(|e| of_entry(&e.config_entry_id)).map(|e| e.entity_id.clone()).collect();
        let devices: Vec<_> = self.devices().filter(|d| of_entry(&d.config_entry_id)).map(|d| d.id.clone()).collect();
        let mut changes = Vec::new();
        for entity_id in entities {
            changes.extend(self.remove_entity(&entity_id).unwrap_or_default());
        }
        for device_id in devices {
            changes.extend(self.remove_device(&device_id, now).unwrap_or_default());
        }
        changes
    }

    /// Removes those of the devices named that have no entity and no part left.
    pub fn remove_empty_devices(&mut self, device_ids: &[String]) -> Vec<Change> {
        let mut changes = Vec::new();
        for id in device_ids {
            let used = self.entities().any(|entity| entity.device_id.as_ref() == Some(id))
                || self.devices().any(|device| device.parent_device_id.as_ref() == Some(id));
            if !used && let Some(gone) = self.devices.shift_remove(id) {
                changes.push(Change::Device { verb: Verb::Remove, id: id.clone(), old: members(&*gone) });
            }
        }
        changes
    }

    /// Disables the devices and entities of a config entry that is disabled, or enables those again that were disabled
    /// with it. What a person has disabled stays so.
    pub fn set_config_entry_disabled(&mut self, entry_id: &str, disabled: bool, now: Timestamp) -> Vec<Change> {
        let concerned = |own: &Option<String>, by: &Option<String>| {
            own.as_deref() == Some(entry_id) && by.as_deref() == (!disabled).then_some(BY_ENTRY)
        };
        let by = disabled.then(|| BY_ENTRY.to_owned());
        let devices: Vec<_> =
            self.devices().filter(|d| concerned(&d.config_entry_id, &d.disabled_by)).cloned().collect();
        let entities: Vec<_> =
            self.entities().filter(|e| concerned(&e.config_entry_id, &e.disabled_by)).cloned().collect();
        let mut changes = Vec::new();
        for before in devices {
            let after = DeviceEntry { disabled_by: by.clone(), modified_at: now, ..DeviceEntry::clone(&before) };
            let old = old_values(&*before, &after);
            self.devices.insert(before.id.clone(), Arc::new(after));
            changes.push(Change::Device { verb: Verb::Update, id: before.id.clone(), old });
        }
        for before in entities {
            let after = EntityEntry { disabled_by: by.clone(), ..EntityEntry::clone(&before) };
            changes.extend(self.replace_entity(&before, after, now));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Registries {
        let mut home = Registries::default();
        let entry = |id: &str| Some(id.to_owned());
        for (id, of) in [("d1", "a"), ("d2", "b")] {
            home.put_device(DeviceEntry { id: id.into(), config_entry_id: entry(of), ..DeviceEntry::default() });
        }
        for (id, of, device, by) in [
            ("light.one", "a", "d1", None),
            ("light.two", "a", "d1", Some("user")),
            ("light.three", "b", "d1", None),
            ("light.four", "b", "d2", None),
        ] {
            let fresh = EntityEntry::new(id.parse().unwrap(), "mqtt", id, id, Timestamp::default());
            home.put_entity(EntityEntry {
                config_entry_id: entry(of),
                device_id: Some(device.into()),
                disabled_by: by.map(str::to_owned),
                ..fresh
            });
        }
        home
    }

    fn disabled(home: &Registries) -> Vec<(&str, Option<&str>)> {
        home.entities().map(|e| (e.entity_id.object_id(), e.disabled_by.as_deref())).collect()
    }

    #[test]
    fn what_came_with_an_entry_goes_with_it() {
        let mut home = home();
        let changes = home.remove_config_entry("a", Timestamp::from_secs(1));
        assert_eq!(home.entities().map(|e| e.entity_id.object_id()).collect::<Vec<_>>(), ["three", "four"]);
        assert_eq!(home.devices().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["d2"]);
        assert_eq!(home.entity("light.three").unwrap().device_id, None, "another entry's stays");
        assert_eq!(changes.len(), 4);
    }

    #[test]
    fn what_a_person_disabled_stays_disabled() {
        let mut home = home();
        home.set_config_entry_disabled("a", true, Timestamp::from_secs(1));
        let all = [("one", Some("config_entry")), ("two", Some("user")), ("three", None), ("four", None)];
        assert_eq!(disabled(&home), all);
        assert_eq!(home.device("d1").unwrap().disabled_by.as_deref(), Some("config_entry"));
        let changes = home.set_config_entry_disabled("a", false, Timestamp::from_secs(2));
        assert_eq!(changes.len(), 2);
        assert_eq!(disabled(&home), [("one", None), ("two", Some("user")), ("three", None), ("four", None)]);
    }

    #[test]
    fn empty_devices_go() {
        let mut home = home();
        home.remove_entity(&"light.four".parse().unwrap()).unwrap();
        assert_eq!(home.remove_empty_devices(&["d1".into(), "d2".into(), "d3".into()]).len(), 1);
        assert!(home.device("d1").is_some() && home.device("d2").is_none());
    }
}
