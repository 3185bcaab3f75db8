//! Numbers that nothing speaks of any more are given out again.

use alloc::{vec, vec::Vec};

use policy_merge::Subcategory;

use super::Directory;

/// The numbers that policies in force speak of.
#[derive(Debug)]
pub(crate) struct Used {
    entities: Vec<bool>,
    devices: Vec<bool>,
    areas: Vec<bool>,
    labels: Vec<bool>,
    floors: Vec<bool>,
    domains: Vec<bool>,
    tags: Vec<bool>,
}

impl Used {
    /// Marks a number as one that a policy speaks of.
    pub(crate) fn mark(&mut self, subcategory: Subcategory, no: u32) {
        let marks = match subcategory {
            Subcategory::EntityIds => &mut self.entities,
            Subcategory::DeviceIds => &mut self.devices,
            Subcategory::AreaIds => &mut self.areas,
            Subcategory::LabelIds => &mut self.labels,
            Subcategory::FloorIds => &mut self.floors,
            Subcategory::Domains => &mut self.domains,
            Subcategory::All => return,
        };
        mark(marks, no);
    }
}

fn mark(marks: &mut [bool], no: u32) {
    if let Some(mark) = marks.get_mut(no as usize) {
        *mark = true;
    }
}

impl Directory {
    /// Returns marks for [`Directory::sweep`] if twice as many names as after the last one are in no registry.
    pub(crate) fn wants_sweep(&self) -> Option<Used> {
        let marks = |high: u32| vec![false; high as usize + 1];
        (self.n_idle() > self.sweep_at.max(FEW)).then(|| Used {
            entities: marks(self.entities.high()),
            devices: marks(self.devices.high()),
            areas: marks(self.areas.high()),
            labels: marks(self.labels.high()),
            floors: marks(self.floors.high()),
            domains: marks(self.domains.high()),
            tags: marks(self.tags.high()),
        })
    }

    /// Frees every number that neither a registered entity nor `used` speaks of. O(all numbers).
    ///
    /// Every policy in force must be in `used`: what its tables say of a number must be said of the name it meant.
    pub(crate) fn sweep(&mut self, mut used: Used) {
        // Entities first: one that goes lets go of its domain, one that stays keeps its places.
        let marks = core::mem::take(&mut used.entities);
        let stays = |no: u32, present: bool| present || marks.get(no as usize) == Some(&true);
        let gone: Vec<u32> =
            self.entities.iter().filter(|(no, _, place)| !stays(*no, place.is_present())).map(|(no, ..)| no).collect();
        gone.into_iter().for_each(|no| self.entities.remove(no));
        for (_, _, place) in self.entities.iter() {
            mark(&mut used.devices, place.device);
            mark(&mut used.areas, place.area());
            mark(&mut used.domains, place.domain());
            mark(&mut used.tags, place.tags);
        }
        free(&mut self.tags, &used.tags);
        for (_, _, tags) in self.tags.iter() {
            mark(&mut used.floors, tags.floor);
            tags.labels.iter().for_each(|label| mark(&mut used.labels, *label));
        }
        free(&mut self.devices, &used.devices);
        free(&mut self.areas, &used.areas);
        free(&mut self.labels, &used.labels);
        free(&mut self.floors, &used.floors);
        free(&mut self.domains, &used.domains);
        self.sweep_at = 2 * self.n_idle();
    }

    /// How many names there are that may be nobody's.
    const fn n_idle(&self) -> usize {
        let absent = self.entities.len() - self.n_present;
        let places = self.devices.len() + self.areas.len() + self.labels.len() + self.floors.len();
        absent + places + self.domains.len() + self.tags.len()
    }
}

fn free<T: Clone + Default>(names: &mut crate::numbered::Numbered<T>, used: &[bool]) {
    let gone: Vec<u32> =
        names.iter().filter(|(no, ..)| used.get(*no as usize) != Some(&true)).map(|(no, ..)| no).collect();
    gone.into_iter().for_each(|no| names.remove(no));
}

/// So few names are not worth looking for.
const FEW: usize = 1024;

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::{AuthSnapshot, Group, Policy, Whereabouts};

    /// Fills one kind of name, and says whether it is then time to look.
    fn wants(fill: impl FnOnce(&mut Directory)) -> bool {
        let mut directory = Directory::default();
        fill(&mut directory);
        directory.wants_sweep().is_some()
    }

    #[test]
    fn every_kind_of_name_counts() {
        let intern = |names: &mut crate::numbered::Numbered<_>, n: usize| {
            (0..n).for_each(|n| _ = names.intern(&format!("n{n}")));
        };
        for (n, expected) in [(FEW, false), (FEW + 1, true)] {
            assert_eq!(wants(|directory| intern(&mut directory.devices, n)), expected, "devices {n}");
            assert_eq!(wants(|directory| intern(&mut directory.areas, n)), expected, "areas {n}");
            assert_eq!(wants(|directory| intern(&mut directory.labels, n)), expected, "labels {n}");
            assert_eq!(wants(|directory| intern(&mut directory.floors, n)), expected, "floors {n}");
            assert_eq!(wants(|directory| intern(&mut directory.domains, n)), expected, "domains {n}");
            let tags = |directory: &mut Directory| (0..n).for_each(|n| _ = directory.tags.intern(&format!("t{n}")));
            assert_eq!(wants(tags), expected, "tags {n}");
            let absent =
                |directory: &mut Directory| (0..n).for_each(|n| _ = directory.entities.intern(&format!("e{n}")));
            assert_eq!(wants(absent), expected, "entities {n}");
        }
        // Those that are there do not count.
        let present = |directory: &mut Directory| {
            (0..2 * FEW).for_each(|n| _ = directory.entities.intern(&format!("e{n}")));
            directory.n_present = FEW;
        };
        assert!(!wants(present));
    }

    #[test]
    fn the_next_look_comes_when_twice_as_much_may_be_nobodys() {
        let mut directory = Directory::default();
        let fill = |directory: &mut Directory, upto: usize| {
            (directory.devices.len()..upto).for_each(|n| _ = directory.devices.intern(&format!("d{n}")));
        };
        fill(&mut directory, 1_500);
        let mut used = directory.wants_sweep().unwrap();
        // Policies speak of all of them.
        (1..=1_500).for_each(|no| used.mark(Subcategory::DeviceIds, no));
        directory.sweep(used);
        assert_eq!(directory.devices.len(), 1_500);
        fill(&mut directory, 3_000);
        assert!(directory.wants_sweep().is_none());
        fill(&mut directory, 3_001);
        assert!(directory.wants_sweep().is_some());
    }

    /// Whatever comes and goes, what is remembered of it stays within a bound; what is in use keeps its number.
    #[test]
    fn what_comes_and_goes_leaves_nothing() {
        let mut edit = AuthSnapshot::default().edit();
        let named =
            Policy::parse(r#"{"entities":{"area_ids":{"named":true},"entity_ids":{"light.named":true}}}"#).unwrap();
        edit.set_group(Group::new("g", "G", named));
        edit.place_entity("light.stays", Whereabouts { area_id: Some("stays"), ..Whereabouts::default() });
        let mut snapshot = edit.finish();
        let kept = |snapshot: &AuthSnapshot| {
            let directory = snapshot.directory();
            [directory.areas.find("stays"), directory.areas.find("named"), directory.entities.find("light.named")]
        };
        let before = kept(&snapshot);
        assert!(before.iter().all(|no| *no != 0));
        let mut most = [0; 4];
        for n in 0..6000 {
            let (entity, device, area) = (format!("d{n}.e"), format!("device{n}"), format!("area{n}"));
            let (label, floor) = (format!("label{n}"), format!("floor{n}"));
            let mut edit = snapshot.edit();
            edit.place_entity(
                &entity,
                Whereabouts {
                    device_id: Some(&device),
                    area_id: Some(&area),
                    label_ids: &[&label],
                    floor_id: Some(&floor),
                },
            );
            snapshot = edit.finish();
            let mut edit = snapshot.edit();
            edit.remove_entity(&entity);
            snapshot = edit.finish();
            let directory = snapshot.directory();
            let sizes =
                [directory.entities.len(), directory.devices.len(), directory.domains.len(), directory.tags.len()];
            most.iter_mut().zip(sizes).for_each(|(most, size)| *most = (*most).max(size));
        }
        assert!(most.iter().all(|most| *most < FEW), "{most:?}");
        assert_eq!(kept(&snapshot), before);
    }
}
