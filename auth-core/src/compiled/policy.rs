//! One policy with numbers in place of names: what a group contributes to every set of groups it is in.

use alloc::vec::Vec;

use policy_merge::{Permissions, Policy, Rule, Rules, Subcategory};

use crate::directory::{Directory, Used};

/// A policy whose names are numbers of the directory. Eight bytes a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NumberedPolicy {
    /// `{"entities": true}`.
    pub(crate) category: bool,
    /// What is granted without exception.
    pub(crate) grants: NumberedRules,
    /// What is granted, and what is taken out of that.
    pub(crate) excepted: Vec<(NumberedRules, NumberedRules)>,
}

/// The rules of one object of subcategories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NumberedRules {
    /// Subcategories that are `true` as a whole, in the order of [`Subcategory::NAMED`].
    pub(crate) whole: [bool; 6],
    /// What `all` says.
    pub(crate) all: Permissions,
    /// What is said by name, in the order of [`Subcategory::NAMED`], each by number; nothing that says nothing.
    by_name: [Vec<(u32, Permissions)>; 6],
    /// A bit for each subcategory of which something is said by name.
    spoken_of: u8,
}

impl NumberedPolicy {
    /// Numbers a policy, whose names are given numbers first where they have none. O(names · log names).
    pub(crate) fn new(policy: &Policy, directory: &Directory) -> Self {
        match &policy.entities {
            None => Self::default(),
            Some(Rule::Everything) => Self { category: true, ..Self::default() },
            Some(Rule::Only(entities)) => {
                let numbered = |rules| NumberedRules::new(rules, directory);
                let excepted = entities.excepted().iter().map(|(except, grants)| {
                    // With no number left for a name, what cannot be taken out is not granted.
                    let grants = if directory.knows(except) { numbered(grants) } else { NumberedRules::default() };
                    (grants, numbered(except))
                });
                Self { category: false, grants: numbered(&entities.grants), excepted: excepted.collect() }
            }
        }
    }

    /// Tells the directory which numbers are spoken of.
    pub(crate) fn mark(&self, used: &mut Used) {
        let parts = self.excepted.iter().flat_map(|(grants, except)| [grants, except]);
        for rules in core::iter::once(&self.grants).chain(parts) {
            for (subcategory, names) in Subcategory::NAMED.into_iter().zip(&rules.by_name) {
                names.iter().for_each(|(no, _)| used.mark(subcategory, *no));
            }
        }
    }
}

impl NumberedRules {
    fn new(rules: &Rules, directory: &Directory) -> Self {
        let mut numbered =
            Self { all: rules.all.as_ref().map_or(Permissions::NONE, Rule::permissions), ..Self::default() };
        let places = numbered.whole.iter_mut().zip(&mut numbered.by_name);
        for (subcategory, (whole, by_name)) in Subcategory::NAMED.into_iter().zip(places) {
            match rules.names(subcategory) {
                None => {}
                Some(Rule::Everything) => *whole = true,
                Some(Rule::Only(names)) => {
                    let said = names.iter().map(|(name, rule)| (directory.find(subcategory, name), rule.permissions()));
                    // Zero is "none": a policy's name always has a number, and if it had not, it must grant nothing.
                    by_name.extend(said.filter(|(no, permissions)| *no != 0 && !permissions.is_empty()));
                    by_name.sort_unstable_by_key(|(no, _)| *no);
                }
            }
            numbered.spoken_of |= u8::from(!by_name.is_empty()) << subcategory as u8;
        }
        numbered
    }

    /// Tells of which subcategories something is said by name: a bit for each.
    pub(crate) const fn spoken_of(&self) -> u8 {
        self.spoken_of
    }

    /// Returns what is said by name, by number.
    pub(crate) fn list(&self, subcategory: Subcategory) -> &[(u32, Permissions)] {
        self.by_name.get(subcategory as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns what is said by one name.
    pub(crate) fn named(&self, subcategory: Subcategory, no: u32) -> Permissions {
        let names = self.list(subcategory);
        let at = names.binary_search_by_key(&no, |(no, _)| *no).ok();
        at.and_then(|at| names.get(at)).map_or(Permissions::NONE, |(_, permissions)| *permissions)
    }

    /// Tells whether a subcategory is `true` as a whole.
    pub(crate) fn is_whole(&self, subcategory: Subcategory) -> bool {
        self.whole.get(subcategory as usize) == Some(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_out_is_not_granted() {
        let policy = Policy::parse(r#"{"entities":{"all":true,"except":{"domains":{"lock":true}}}}"#).unwrap();
        // As if there were no number left for `lock`.
        let numbered = NumberedPolicy::new(&policy, &Directory::default());
        assert_eq!(numbered.grants, NumberedRules::default());
        assert!(numbered.excepted.iter().all(|(grants, _)| *grants == NumberedRules::default()));
        let mut directory = Directory::default();
        directory.place_entity("lock.front", crate::Whereabouts::default());
        let numbered = NumberedPolicy::new(&policy, &directory);
        assert!(numbered.excepted.iter().any(|(grants, except)| !grants.all.is_empty() && except.spoken_of() != 0));
    }
}
