//! Every policy over a small world, against the reference.

use auth_core::{
    AuthSnapshot, Group, Permission, Permissions, Policy, User, Whereabouts, principal::danger, reference,
};
use policy_merge::{Entities, Names, Rule, Rules, Subcategory, merge};

use crate::differential::setting;

/// One entity that every subcategory can name, and one that none does.
const NAMED: &str = "light.a";
const OTHER: &str = "lock.b";

const AT: Whereabouts<'_> =
    Whereabouts { device_id: Some("d"), area_id: Some("a"), floor_id: Some("f"), label_ids: &["x", "l"] };

/// What one level of some rules can say: nothing, the name of the entity, or everything.
const STATES: usize = 3;

/// Returns the rules with a number below 3^6 · 2: a digit for each subcategory with names, then one for `all`.
fn rules(mut number: usize, permissions: Permissions) -> Rules {
    let mut rules = Rules::default();
    for subcategory in Subcategory::NAMED {
        let name = match subcategory {
            Subcategory::EntityIds => NAMED,
            Subcategory::DeviceIds => "d",
            Subcategory::AreaIds => "a",
            Subcategory::LabelIds => "l",
            Subcategory::FloorIds => "f",
            Subcategory::Domains | Subcategory::All => "light",
        };
        *rules.names_mut(subcategory).unwrap() = match number % STATES {
            0 => None,
            1 => Some(Rule::Only(Names::from([(name.into(), Rule::Only(permissions))]))),
            _ => Some(Rule::Everything),
        };
        number /= STATES;
    }
    rules.all = (number > 0).then_some(Rule::Only(permissions));
    rules
}

const N_RULES: usize = STATES.pow(6) * 2;

/// Tells at how many levels the rules with a number say something.
fn n_levels(mut number: usize) -> usize {
    let mut n = 0;
    while number > 0 {
        n += usize::from(!number.is_multiple_of(STATES));
        number /= STATES;
    }
    n
}

fn policy(grants: usize, except: usize) -> Policy {
    let grants = rules(grants, Permissions::from_bits(0b011));
    let entities = Entities::new(grants, rules(except, Permissions::from_bits(0b101)));
    Policy { entities: Some(Rule::Only(entities)) }
}

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    edit.place_entity(NAMED, AT);
    edit.place_entity(OTHER, Whereabouts::default());
    edit.set_user(User { group_ids: vec!["g".into(), "h".into()], ..User::new("u", "U") });
    edit.finish()
}

#[track_caller]
fn check(home: &AuthSnapshot, policies: [&Policy; 2]) {
    let mut edit = home.edit();
    for (id, policy) in ["g", "h"].into_iter().zip(policies) {
        edit.set_group(Group::new(id, id, policy.clone()));
    }
    let home = edit.finish();
    let ann = danger::user_principal(&"u".into(), None);
    let rights = home.rights(&ann);
    for (entity_id, at) in [(NAMED, AT), (OTHER, Whereabouts::default())] {
        let granted = rights.granted(entity_id);
        for permission in Permission::ALL {
            let expected = policies.iter().any(|policy| reference::check(policy, entity_id, at, permission));
            assert_eq!(granted.contains(permission), expected, "{permission} on {entity_id}: {policies:?}");
            assert!(expected || !rights.everywhere(permission), "{permission} everywhere: {policies:?}");
        }
    }
}

/// All rules with all exceptions at one level; at all levels where `DOORWARD_CHECKS` asks for ten million.
#[test]
fn every_policy_with_its_exceptions() {
    let levels = if setting("DOORWARD_CHECKS", 0) >= 10_000_000 { 7 } else { 1 };
    let home = home();
    let nothing = Policy::default();
    let mut n_policies = 0u32;
    for except in (0..N_RULES).filter(|number| n_levels(*number) <= levels) {
        for grants in 0..N_RULES {
            check(&home, [&policy(grants, except), &nothing]);
            n_policies += 1;
        }
    }
    println!("{n_policies} policies");
}

/// All pairs of policies that grant at one level and except at one.
#[test]
fn every_pair_of_simple_policies() {
    let home = home();
    let simple: Vec<usize> = (0..N_RULES).filter(|number| n_levels(*number) <= 1).collect();
    assert_eq!(simple.len(), 14);
    let policies: Vec<Policy> =
        simple.iter().flat_map(|grants| simple.iter().map(|except| policy(*grants, *except))).collect();
    for (n, a) in policies.iter().enumerate() {
        for b in policies.iter().skip(n) {
            check(&home, [a, b]);
            let merged = merge([a, b]);
            for permission in Permission::ALL {
                let granted = |policy| reference::check(policy, NAMED, AT, permission);
                assert_eq!(granted(&merged), granted(a) || granted(b), "{permission}: {a} and {b}");
            }
        }
    }
}
