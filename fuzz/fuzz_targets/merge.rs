//! A merge grants what any of its parts grants, name by name, and nothing else, in whatever order.
#![no_main]

use auth_core::{Whereabouts, reference};
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use policy_merge::{Entities, Join, Names, Permission, Permissions, Policy, Rule, Rules, Subcategory, diff, merge};

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
    for permission in Permission::ALL {
        for entity_id in ["light.a", "light", "", "kitchen", "ä\0\"", "name of nobody"] {
            let at = Whereabouts {
                device_id: Some("light.a"),
                area_id: Some("kitchen"),
                floor_id: None,
                label_ids: &["", "light"],
            };
            let granted = |policy| reference::check(policy, entity_id, at, permission);
            assert_eq!(granted(&both), granted(&a) || granted(&b), "{permission} on {entity_id:?}");
        }
    }
});

fn policy(bytes: &mut Unstructured<'_>) -> Result<Policy> {
    let entities = rule(bytes, |bytes| {
        let mut entities = Entities::new(rules(bytes)?, Rules::default());
        for _ in 0..bytes.arbitrary::<u8>()? % 3 {
            entities.join(&Entities::new(rules(bytes)?, rules(bytes)?));
        }
        Ok(entities)
    })?;
    Ok(Policy { entities })
}

fn rules(bytes: &mut Unstructured<'_>) -> Result<Rules> {
    let mut rules = Rules::default();
    for subcategory in Subcategory::NAMED {
        if let Some(place) = rules.names_mut(subcategory) {
            *place = rule(bytes, names)?;
        }
    }
    rules.all = rule(bytes, permissions)?;
    Ok(rules)
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
