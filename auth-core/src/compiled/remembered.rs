//! The visible sets of a table, kept while they are right and mended when entities moved.

use alloc::sync::Arc;

use policy_merge::{Permission, Subcategory};

use super::{EntitySet, Masks, cell::Cell};
use crate::directory::Directory;

/// A visible set for each permission, as it was when last asked for.
///
/// One cell serves snapshots of several moments at once. What it holds says which state of the directory it is right
/// for, and no two states have the same stamp: whoever finds another state's set mends it or works its own out, and
/// never uses it as it is.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    cells: [Cell<Known>; 3],
}

#[derive(Debug)]
pub(super) struct Known {
    stamp: u64,
    set: EntitySet,
}

impl Remembered {
    /// Returns the registered entities on which `masks` grant `permission` in `directory`. Never waits.
    pub(super) fn get(&self, masks: &Masks, directory: &Directory, permission: Permission) -> EntitySet {
        let work_out = || {
            let granted = |no, place| masks.granted(directory, no, place).contains(permission);
            let numbers = directory.places().map(|(no, place)| (no, place.is_present() & granted(no, place)));
            EntitySet::new(directory.high(Subcategory::EntityIds), directory.generations(), numbers)
        };
        let Some(cell) = self.cells.get((permission as u8).trailing_zeros() as usize) else { return work_out() };
        let stamp = directory.history().stamp();
        if let Some(set) = cell.read(|known| (known.stamp == stamp).then(|| known.set.clone())) {
            return set;
        }
        // Taken out, so that it can be changed in place where nobody else holds it. Whoever comes meanwhile works their
        // own out.
        let known = cell.take();
        let set = match known.as_deref() {
            // A snapshot from before: what the present ones need stays.
            Some(Known { stamp: later, .. }) if *later > stamp => {
                cell.put(known);
                return work_out();
            }
            Some(Known { stamp: earlier, .. }) => match directory.history().since(*earlier) {
                Some(moved) => {
                    let mut set = known.map_or_else(work_out, into_set);
                    let holds = |no| holds(masks, directory, permission, no);
                    set.mend(directory.high(Subcategory::EntityIds), directory.generations(), &moved, holds);
                    set
                }
                None => work_out(),
            },
            None => work_out(),
        };
        cell.put(Some(Arc::new(Known { stamp, set: set.clone() })));
        set
    }
}

fn into_set(known: Arc<Known>) -> EntitySet {
    Arc::try_unwrap(known).map_or_else(|known| known.set.clone(), |known| known.set)
}

fn holds(masks: &Masks, directory: &Directory, permission: Permission, no: u32) -> bool {
    directory.place_at(no).is_some_and(|place| masks.granted(directory, no, place).contains(permission))
}

#[cfg(test)]
mod tests;
