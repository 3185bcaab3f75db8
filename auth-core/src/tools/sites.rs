//! Every rule of a policy, where it stands, and the policy without it.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    sync::Arc,
    vec,
    vec::Vec,
};

use policy_merge::{Entities, Join, Permissions, Policy, Rule, Rules, Subcategory};

/// One rule of a policy.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// The keys that lead there, in the policy's canonical form.
    pub(super) path: Vec<String>,
    /// Which part of the policy: the first has no exceptions.
    part: usize,
    /// It takes out.
    pub(super) is_exception: bool,
    pub(super) subcategory: Subcategory,
    /// The name it speaks of; `None` for `all` and for a whole subcategory.
    pub(super) name: Option<Arc<str>>,
    pub(super) permissions: Permissions,
}

impl Site {
    /// Tells whether it is a subcategory that is `true` as a whole.
    pub(super) const fn is_whole(&self) -> bool {
        self.name.is_none() && !matches!(self.subcategory, Subcategory::All)
    }

    /// Returns the policy without this rule.
    pub(super) fn removed_from(&self, policy: &Policy) -> Policy {
        let Some(Rule::Only(entities)) = &policy.entities else { return policy.clone() };
        let mut without = Entities::default();
        for (n, (grants, except)) in entities.parts().enumerate() {
            let (mut grants, mut except) = (grants.clone(), except.cloned().unwrap_or_default());
            if n == self.part {
                self.remove(if self.is_exception { &mut except } else { &mut grants });
            }
            without.join(&Entities::new(grants, except));
        }
        Policy { entities: Some(Rule::Only(without)) }
    }

    fn remove(&self, rules: &mut Rules) {
        let Some(place) = rules.names_mut(self.subcategory) else {
            rules.all = None;
            return;
        };
        match (&self.name, place) {
            (Some(name), Some(Rule::Only(names))) => _ = names.remove(name),
            (_, place) => *place = None,
        }
    }
}

/// Returns every rule, in canonical order.
pub(super) fn sites(policy: &Policy) -> Vec<Site> {
    let Some(Rule::Only(entities)) = &policy.entities else { return Vec::new() };
    let alone = entities.excepted().len() == 1 && entities.grants == Rules::default();
    let mut sites = Vec::new();
    for (part, (grants, except)) in entities.parts().enumerate() {
        let mut path = vec!["entities".to_owned()];
        if part > 0 && !alone {
            path.extend(["any_of".to_owned(), (part - 1).to_string()]);
        }
        collect(&mut sites, &path, part, false, grants);
        if let Some(except) = except {
            path.push("except".to_owned());
            collect(&mut sites, &path, part, true, except);
        }
    }
    sites
}

fn collect(sites: &mut Vec<Site>, path: &[String], part: usize, is_exception: bool, rules: &Rules) {
    let mut add = |subcategory: Subcategory, name: Option<&Arc<str>>, permissions| {
        let mut path = path.to_vec();
        path.push(subcategory.as_str().to_owned());
        path.extend(name.map(|name| name.to_string()));
        sites.push(Site { path, part, is_exception, subcategory, name: name.cloned(), permissions });
    };
    for subcategory in Subcategory::NAMED {
        match rules.names(subcategory) {
            None => {}
            Some(Rule::Everything) => add(subcategory, None, Permissions::ALL),
            Some(Rule::Only(names)) => {
                names.iter().for_each(|(name, rule)| add(subcategory, Some(name), rule.permissions()));
            }
        }
    }
    if let Some(all) = &rules.all {
        add(Subcategory::All, None, all.permissions());
    }
}
