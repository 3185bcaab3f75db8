//! A merge grants what any of its parts grants, name by name, and nothing else, in whatever order.
#![no_main]

use std::{collections::BTreeSet, sync::Arc};

use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use policy_merge::{Entities, Names, Permissions, Policy, Rule, Subcategory, diff, merge};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Unstructured::new(bytes);
    let (Ok(a), Ok(b), Ok(c)) = (policy(&mut bytes), policy(&mut bytes), policy(&mut bytes)) else { return };
    let both = merge([&a, &b]);
    assert_eq!(both, merge([&b, &a]), "commutative");
    assert_eq!(merge([&both, &c]), merge([&a, &merge([&b, &c])]), "associative");
    assert_eq!(merge([&a, &a]), a, "idempotent");
    assert_eq!(merge([&a, &Policy::default()]), a, "the empty policy changes nothing");
    assert_eq!(merge([&both, &a]), both, "a part adds nothing again");
    assert_eq!(diff(&a, &b).is_empty(), a == b, "no difference means equal");
    for subcategory in Subcategory::NAMED {
        for name in names_in([&a, &b, &both], subcategory) {
            let expected = granted(&a, subcategory, &name).union(granted(&b, subcategory, &name));
            assert_eq!(granted(&both, subcategory, &name), expected, "{subcategory} {name:?}");
        }
    }
    assert_eq!(granted_on_all(&both), granted_on_all(&a).union(granted_on_all(&b)), "all");
});

/// Returns the names that the policies know, and one that none does.
fn names_in(policies: [&Policy; 3], subcategory: Subcategory) -> BTreeSet<Arc<str>> {
    let mut all = BTreeSet::from([Arc::from("name of nobody")]);
    for policy in policies {
        let Some(Rule::Only(entities)) = &policy.entities else { continue };
        if let Some(Rule::Only(names)) = entities.names(subcategory) {
            all.extend(names.keys().cloned());
        }
    }
    all
}

fn granted(policy: &Policy, subcategory: Subcategory, name: &str) -> Permissions {
    match &policy.entities {
        None => Permissions::NONE,
        Some(Rule::Everything) => Permissions::ALL,
        Some(Rule::Only(entities)) => match entities.names(subcategory) {
            None => Permissions::NONE,
            Some(Rule::Everything) => Permissions::ALL,
            Some(Rule::Only(names)) => names.get(name).map_or(Permissions::NONE, Rule::permissions),
        },
    }
}

fn granted_on_all(policy: &Policy) -> Permissions {
    match &policy.entities {
        None => Permissions::NONE,
        Some(Rule::Everything) => Permissions::ALL,
        Some(Rule::Only(entities)) => entities.all.as_ref().map_or(Permissions::NONE, Rule::permissions),
    }
}

fn policy(bytes: &mut Unstructured<'_>) -> Result<Policy> {
    let entities = rule(bytes, |bytes| {
        Ok(Entities {
            entity_ids: rule(bytes, names)?,
            device_ids: rule(bytes, names)?,
            area_ids: rule(bytes, names)?,
            domains: rule(bytes, names)?,
            all: rule(bytes, permissions)?,
        })
    })?;
    Ok(Policy { entities })
}

fn rule<'a, T>(
    bytes: &mut Unstructured<'a>,
    inner: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Option<Rule<T>>> {
    Ok(match bytes.arbitrary::<u8>()? % 8 {
        0 => None,
        1 => Some(Rule::Everything),
        _ => Some(Rule::Only(inner(bytes)?)),
    })
}

fn permissions(bytes: &mut Unstructured<'_>) -> Result<Permissions> {
    bytes.arbitrary().map(Permissions::from_bits)
}

fn names(bytes: &mut Unstructured<'_>) -> Result<Names> {
    let mut names = Names::new();
    for _ in 0..bytes.arbitrary::<u8>()? % 4 {
        // Few enough names that two policies share some.
        let name = ["light.a", "light", "", "kitchen", "ä\0\"", "\u{2028}"][usize::from(bytes.arbitrary::<u8>()? % 6)];
        if let Some(granted) = rule(bytes, permissions)? {
            names.insert(name.into(), granted);
        }
    }
    Ok(names)
}
