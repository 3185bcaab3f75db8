//! Changes of labels.

use std::{collections::BTreeSet, sync::Arc};

use auth_core::Timestamp;

use super::edit::{check_name, free_id, set};
use crate::{
    AreaPatch, Change, DevicePatch, EntityPatch, LabelEntry, LabelPatch, Registries, RegistryError, Verb,
    label::is_color,
};

impl Registries {
    /// Makes a label, with an id made from its name.
    ///
    /// # Errors
    /// [`RegistryError::NameInUse`], [`RegistryError::NameMissing`], [`RegistryError::BadColor`].
    pub fn create_label(&mut self, patch: LabelPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let id = free_id(&self.labels, patch.name.as_deref())?;
        let entry = LabelEntry { id: id.clone(), created_at: now, ..LabelEntry::default() };
        self.change_label(entry, patch, now)?;
        Ok(vec![Change::Label { verb: Verb::Create, id }])
    }

    /// Changes a label.
    ///
    /// # Errors
    /// [`RegistryError::UnknownLabel`], [`RegistryError::NameInUse`], [`RegistryError::NameMissing`],
    /// [`RegistryError::BadColor`].
    pub fn update_label(&mut self, id: &str, patch: LabelPatch, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        let before = self.label(id).cloned().ok_or_else(|| RegistryError::UnknownLabel(id.to_owned()))?;
        let changed = self.change_label(LabelEntry::clone(&before), patch, now)?;
        Ok(if changed { vec![Change::Label { verb: Verb::Update, id: id.to_owned() }] } else { Vec::new() })
    }

    fn change_label(&mut self, before: LabelEntry, patch: LabelPatch, now: Timestamp) -> Result<bool, RegistryError> {
        let mut after = before.clone();
        if let Some(name) = patch.name {
            check_name(&name, &after.id, self.labels.values().map(|label| (label.id.as_str(), label.name.as_str())))?;
            after.name = name.trim().to_owned();
        }
        if let Some(Some(color)) = patch.color.as_ref().filter(|color| !color.as_deref().is_none_or(is_color)) {
            return Err(RegistryError::BadColor(color.clone()));
        }
        set(&mut after.color, patch.color);
        set(&mut after.description, patch.description);
        set(&mut after.icon, patch.icon);
        let changed = after != before || !self.labels.contains_key(&after.id);
        after.modified_at = if changed { now } else { before.modified_at };
        self.labels.insert(after.id.clone(), Arc::new(after));
        Ok(changed)
    }

    /// Removes a label from everything and for good.
    ///
    /// # Errors
    /// [`RegistryError::UnknownLabel`].
    pub fn delete_label(&mut self, id: &str, now: Timestamp) -> Result<Vec<Change>, RegistryError> {
        self.labels.shift_remove(id).ok_or_else(|| RegistryError::UnknownLabel(id.to_owned()))?;
        let mut changes = vec![Change::Label { verb: Verb::Remove, id: id.to_owned() }];
        let without = |labels: &BTreeSet<String>| {
            labels.contains(id).then(|| labels.iter().filter(|l| *l != id).cloned().collect::<BTreeSet<_>>())
        };
        let entities: Vec<_> =
            self.entities().filter_map(|e| Some((e.entity_id.clone(), without(&e.labels)?))).collect();
        for (entity_id, labels) in entities {
            let patch = EntityPatch { labels: Some(labels), ..EntityPatch::default() };
            changes.extend(self.update_entity(&entity_id, patch, now)?);
        }
        let devices: Vec<_> = self.devices().filter_map(|d| Some((d.id.clone(), without(&d.labels)?))).collect();
        for (device, labels) in devices {
            let patch = DevicePatch { labels: Some(labels), ..DevicePatch::default() };
            changes.extend(self.update_device(&device, patch, now)?);
        }
        let areas: Vec<_> = self.areas().filter_map(|a| Some((a.id.clone(), without(&a.labels)?))).collect();
        for (area, labels) in areas {
            changes.extend(self.update_area(&area, AreaPatch { labels: Some(labels), ..AreaPatch::default() }, now)?);
        }
        Ok(changes)
    }
}
