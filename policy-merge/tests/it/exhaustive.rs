//! The laws on every policy of a small scope: two names, two permissions.

use std::{collections::BTreeMap, sync::Arc};

use policy_merge::{Entities, Names, Permissions, Policy, Rule, Rules, merge};

/// Every value a named subcategory can have with one name and the permissions read and control.
fn names() -> Vec<Option<Rule<Names>>> {
    let mut all = vec![None, Some(Rule::Everything), Some(Rule::Only(Names::new()))];
    for bits in 0..4 {
        let granted = Rule::Only(Permissions::from_bits(bits));
        all.push(Some(Rule::Only(BTreeMap::from([(Arc::from("x"), granted)]))));
    }
    all.push(Some(Rule::Only(BTreeMap::from([(Arc::from("x"), Rule::Everything)]))));
    all
}

fn policies() -> Vec<Policy> {
    let mut all = vec![Policy::default(), Policy::everything()];
    for entity_ids in names() {
        for domains in names() {
            let grants = Rules { entity_ids: entity_ids.clone(), domains, ..Rules::default() };
            let except = Rules { all: Some(Rule::Only(Permissions::from_bits(1))), ..Rules::default() };
            all.push(Policy { entities: Some(Rule::Only(Entities::new(grants.clone(), except))) });
            all.push(grants.into());
        }
    }
    all
}

#[test]
fn laws_hold_for_every_triple() {
    let all = policies();
    assert_eq!(all.len(), 130);
    for a in &all {
        assert_eq!(Policy::parse(&a.to_string()).as_ref(), Ok(a));
        for b in &all {
            let ab = merge([a, b]);
            assert_eq!(ab, merge([b, a]));
            for c in &all {
                assert_eq!(merge([&ab, c]), merge([a, &merge([b, c])]));
            }
        }
    }
}
