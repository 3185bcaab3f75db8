//! Room for one more, where what is held is bounded in all and for each address.

use std::collections::BTreeMap;

/// How many are held at most.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// Of one address: beyond, its oldest goes, so that one machine cannot push out everybody's.
    pub(crate) here: usize,
    /// In all: beyond, the oldest goes.
    pub(crate) all: usize,
}

/// Drops the oldest, by `serial`, if one more would be too many. O(held).
pub(crate) fn make_room<K: Ord + Clone, V>(
    held: &mut BTreeMap<K, V>,
    bounds: Bounds,
    is_here: impl Fn(&V) -> bool,
    serial: impl Fn(&V) -> u64,
) {
    let oldest_of = |those: &dyn Fn(&V) -> bool| {
        let those = held.iter().filter(|(_, one)| those(one));
        those.min_by_key(|(_, one)| serial(one)).map(|(key, _)| key.clone())
    };
    let doomed = if held.values().filter(|one| is_here(one)).count() >= bounds.here {
        oldest_of(&is_here)
    } else if held.len() >= bounds.all {
        oldest_of(&|_| true)
    } else {
        None
    };
    doomed.map(|key| held.remove(&key));
}
