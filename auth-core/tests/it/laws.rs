//! The laws that Home Assistant's own permissions keep, on random policies with exceptions and without.

use auth_core::{AuthSnapshot, Group, Permission, Policy, User, principal::danger, reference};
use policy_merge::{Permissions, Rule, Subcategory, merge};

use crate::{
    rng::Rng,
    small_world::{self, ENTITIES, Spot},
};

/// Tells whether any rule grants, wherever it stands: what a policy without exceptions means.
fn plain_or(policy: &Policy, entity_id: &str, spot: &Spot, permission: Permission) -> bool {
    let entities = match &policy.entities {
        None => return false,
        Some(Rule::Everything) => return true,
        Some(Rule::Only(entities)) => entities,
    };
    let named = |subcategory| match subcategory {
        Subcategory::EntityIds => vec![entity_id],
        Subcategory::DeviceIds => spot.device.into_iter().collect(),
        Subcategory::AreaIds => spot.area.into_iter().collect(),
        Subcategory::LabelIds => spot.labels.clone(),
        Subcategory::FloorIds => spot.floor.into_iter().collect(),
        Subcategory::Domains => entity_id.split('.').take(1).collect(),
        Subcategory::All => Vec::new(),
    };
    let by_name = Subcategory::NAMED.into_iter().any(|subcategory| match entities.grants.names(subcategory) {
        None => false,
        Some(Rule::Everything) => true,
        Some(Rule::Only(names)) => names
            .iter()
            .any(|(name, rule)| named(subcategory).contains(&&**name) && rule.permissions().contains(permission)),
    });
    by_name || entities.grants.all.as_ref().map_or(Permissions::NONE, Rule::permissions).contains(permission)
}

#[test]
fn hold_on_ten_thousand_random_triples() {
    let mut rng = Rng::new(7);
    for _ in 0..10_000 {
        let [a, b, c] = [(); 3].map(|()| small_world::policy(&mut rng));
        let ab = merge([&a, &b]);
        assert_eq!(ab, merge([&b, &a]), "commutative");
        let abc = merge([&a, &b, &c]);
        assert_eq!(merge([&ab, &c]), abc, "associative");
        assert_eq!(merge([&a, &merge([&b, &c])]), abc, "associative");
        assert_eq!(merge([&c, &a, &b]), abc, "whatever the order");
        assert_eq!(merge([&a, &a]), a, "idempotent");
        assert_eq!(merge([&a, &Policy::default()]), a, "nothing added");
        assert_eq!(Policy::parse(&abc.to_string()).as_ref(), Ok(&abc), "a merge is a policy");
        let spot = Spot::random(&mut rng);
        for permission in Permission::ALL {
            let all = |policy| reference::access_all(policy, permission);
            assert_eq!(all(&ab), all(&a) || all(&b));
            for entity_id in ENTITIES {
                let check = |policy| reference::check(policy, entity_id, spot.whereabouts(), permission);
                assert_eq!(check(&ab), check(&a) || check(&b), "{permission} on {entity_id}: {a} and {b}");
                assert_eq!(check(&abc), [&a, &b, &c].into_iter().any(check));
                assert!(check(&a) || !all(&a), "yes to all is yes to each");
                if !a.has_exceptions() {
                    assert_eq!(check(&a), plain_or(&a, entity_id, &spot, permission), "{a}");
                } else {
                    // Exceptions take out of their own policy, so they never add.
                    let Some(Rule::Only(entities)) = &a.entities else { continue };
                    let bare = merge(&entities.parts().map(|(grants, _)| grants.clone().into()).collect::<Vec<_>>());
                    assert!(!check(&a) || check(&bare), "{a}");
                }
            }
        }
    }
}

#[test]
fn a_filter_is_a_check_for_each() {
    let mut rng = Rng::new(8);
    for _ in 0..500 {
        let mut edit = AuthSnapshot::default().edit();
        for entity_id in ENTITIES {
            edit.place_entity(entity_id, Spot::random(&mut rng).whereabouts());
        }
        edit.set_group(Group::new("g", "g", small_world::policy(&mut rng)));
        edit.set_user(User { group_ids: vec!["g".into()], ..User::new("u", "U") });
        let home = edit.finish();
        let ann = danger::user_principal(&"u".into(), None);
        let rights = home.rights(&ann);
        for permission in Permission::ALL {
            let filtered = rights.visible(permission);
            let names: Vec<_> = filtered.iter().map(|no| home.directory().entity_id(no).unwrap()).collect();
            let checked: Vec<_> = ENTITIES.into_iter().filter(|id| rights.check(id, permission)).collect();
            assert_eq!(names, checked);
        }
    }
}
