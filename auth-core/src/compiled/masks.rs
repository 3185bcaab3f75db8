//! One policy (or the join of several) as permission bits by number.

use policy_merge::{Entities, Permissions, Policy, Rule, Subcategory};

use crate::directory::{Directory, EntityNo, Place};

/// Permission bits for each number of each kind, in layers; a check is the union of five of them.
///
/// Numbers beyond a layer's end have no permission. Number zero ("none") has none either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// `{"entities": true}`.
    pub(crate) category: bool,
    /// Subcategories that are `true` as a whole, in the order of [`Subcategory::NAMED`]; each grants everything.
    pub(crate) whole: [bool; 4],
    /// What `all` grants.
    pub(crate) all: Permissions,
    /// `all` is `true` and not an object.
    pub(crate) all_is_true: bool,
    /// The union of the above: what every entity gets.
    everywhere: u8,
    entity: Vec<u8>,
    device: Vec<u8>,
    area: Vec<u8>,
    domain: Vec<u8>,
}

impl Masks {
    /// Compiles a policy whose names all have numbers in `directory`. O(names of the policy + largest number).
    pub(crate) fn compile(policy: &Policy, directory: &Directory) -> Self {
        let mut masks = Self::default();
        match &policy.entities {
            None => {}
            Some(Rule::Everything) => masks.category = true,
            Some(Rule::Only(entities)) => masks.fill(entities, directory),
        }
        masks.settle();
        masks
    }

    fn fill(&mut self, entities: &Entities, directory: &Directory) {
        for (subcategory, whole) in Subcategory::NAMED.into_iter().zip(&mut self.whole) {
            let layer = match subcategory {
                Subcategory::EntityIds => &mut self.entity,
                Subcategory::DeviceIds => &mut self.device,
                Subcategory::AreaIds => &mut self.area,
                Subcategory::Domains | Subcategory::All => &mut self.domain,
            };
            match entities.names(subcategory) {
                None => {}
                Some(Rule::Everything) => *whole = true,
                Some(Rule::Only(names)) => {
                    for (name, rule) in names {
                        put(layer, directory.find(subcategory, name), rule.permissions().bits());
                    }
                }
            }
        }
        if let Some(all) = &entities.all {
            self.all = all.permissions();
            self.all_is_true = *all == Rule::Everything;
        }
    }

    /// Adds what `other` grants.
    pub(crate) fn join(&mut self, other: &Self) {
        self.category |= other.category;
        for (ours, theirs) in self.whole.iter_mut().zip(other.whole) {
            *ours |= theirs;
        }
        self.all = self.all.union(other.all);
        self.all_is_true |= other.all_is_true;
        let layers = [
            (&mut self.entity, &other.entity),
            (&mut self.device, &other.device),
            (&mut self.area, &other.area),
            (&mut self.domain, &other.domain),
        ];
        for (ours, theirs) in layers {
            for (no, bits) in (0u32..).zip(theirs) {
                put(ours, no, *bits);
            }
        }
        self.settle();
    }

    fn settle(&mut self) {
        let whole = self.category || self.whole.contains(&true);
        self.everywhere = if whole { Permissions::ALL.bits() } else { self.all.bits() };
    }

    /// Returns the permissions on an entity. Five loads, no branch that depends on the policy.
    pub(crate) fn granted(&self, entity: EntityNo, place: Place) -> Permissions {
        Permissions::from_bits(
            self.everywhere
                | bits(&self.entity, entity.0)
                | bits(&self.device, place.device)
                | bits(&self.area, place.area)
                | bits(&self.domain, place.domain),
        )
    }

    /// Returns what one named subcategory grants by name, `true` on the whole subcategory left aside.
    pub(crate) fn by_name(&self, subcategory: Subcategory, entity: EntityNo, place: Place) -> Permissions {
        Permissions::from_bits(match subcategory {
            Subcategory::EntityIds => bits(&self.entity, entity.0),
            Subcategory::DeviceIds => bits(&self.device, place.device),
            Subcategory::AreaIds => bits(&self.area, place.area),
            Subcategory::Domains => bits(&self.domain, place.domain),
            Subcategory::All => 0,
        })
    }

    /// Returns what is granted on every entity there is or will be.
    pub(crate) const fn everywhere(&self) -> Permissions {
        Permissions::from_bits(self.everywhere)
    }
}

fn bits(layer: &[u8], no: u32) -> u8 {
    layer.get(no as usize).copied().unwrap_or(0)
}

fn put(layer: &mut Vec<u8>, no: u32, bits: u8) {
    // Zero is "none": a policy name always has a number, and if it had not, it must grant nothing.
    if no == 0 || bits == 0 {
        return;
    }
    let index = no as usize;
    if layer.len() <= index {
        layer.resize(index + 1, 0);
    }
    if let Some(place) = layer.get_mut(index) {
        *place |= bits;
    }
}
