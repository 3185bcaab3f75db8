//! The compiled form agrees with the slow reference on everything, before and after any change.

use std::{collections::BTreeMap, sync::Arc};

use auth_core::{
    AuthSnapshot, Group, GroupId, Permission, Permissions, Policy, User,
    principal::danger,
    reference::{self, Whereabouts},
};
use policy_merge::{Entities, Names, Rule, merge};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};

const ENTITIES: [&str; 5] = ["light.a", "light.b", "lock.a", "nodot", ".x"];
const DEVICES: [&str; 3] = ["d1", "d2", ""];
const AREAS: [&str; 2] = ["kitchen", "hall"];

fn rule<T: std::fmt::Debug + Clone + 'static>(inner: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Rule<T>> {
    prop_oneof![1 => Just(Rule::Everything), 9 => inner.prop_map(Rule::Only)].boxed()
}

fn permissions() -> BoxedStrategy<Rule<Permissions>> {
    rule((0u8..8).prop_map(Permissions::from_bits))
}

fn names(from: &'static [&'static str]) -> BoxedStrategy<Option<Rule<Names>>> {
    let name = proptest::sample::select(from).prop_map(Arc::from);
    option::of(rule(btree_map(name, permissions(), 0..3).prop_map(BTreeMap::from_iter))).boxed()
}

fn policy() -> impl Strategy<Value = Policy> {
    let entities = (
        names(&ENTITIES),
        names(&DEVICES),
        names(&AREAS),
        names(&["light", "lock", "nodot", ""]),
        option::weighted(0.2, permissions()),
    )
        .prop_map(|(entity_ids, device_ids, area_ids, domains, all)| Entities {
            entity_ids,
            device_ids,
            area_ids,
            domains,
            all,
        });
    option::weighted(0.9, rule(entities)).prop_map(|entities| Policy { entities })
}

type Place = (usize, Option<usize>, Option<usize>);

fn place() -> impl Strategy<Value = Place> {
    (0..ENTITIES.len(), option::of(0..DEVICES.len()), option::of(0..AREAS.len()))
}

#[derive(Clone, Debug)]
enum Step {
    Move(Place),
    Remove(usize),
    Group(usize, Policy),
    Members(Vec<usize>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => place().prop_map(Step::Move),
        1 => (0..ENTITIES.len()).prop_map(Step::Remove),
        3 => (0usize..3, policy()).prop_map(|(group, policy)| Step::Group(group, policy)),
        2 => vec(0usize..4, 0..4).prop_map(Step::Members),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn compiled_agrees_with_reference(steps in vec(step(), 1..20)) {
        let principal = danger::user_principal(&"u".into(), None);
        let mut snapshot = AuthSnapshot::default();
        let mut places: BTreeMap<&str, (Option<&str>, Option<&str>)> = BTreeMap::new();
        let mut policies: BTreeMap<String, Policy> = BTreeMap::new();
        let mut members: Vec<String> = Vec::new();
        let user = |members: &[String]| User { group_ids: members.iter().map(GroupId::new).collect(), ..User::new("u", "U") };
        for step in steps {
            let mut edit = snapshot.edit();
            match step {
                Step::Move((entity, device, area)) => {
                    let place = (device.map(|d| DEVICES[d]), area.map(|a| AREAS[a]));
                    edit.place_entity(ENTITIES[entity], place.0, place.1);
                    places.insert(ENTITIES[entity], place);
                }
                Step::Remove(entity) => {
                    edit.remove_entity(ENTITIES[entity]);
                    places.remove(ENTITIES[entity]);
                }
                Step::Group(group, policy) => {
                    let id = format!("g{group}");
                    edit.set_group(Group::new(id.as_str(), &id, policy.clone()));
                    policies.insert(id, policy);
                }
                Step::Members(groups) => {
                    members = groups.into_iter().map(|g| format!("g{g}")).collect();
                    edit.set_user(user(&members));
                }
            }
            let before = snapshot.epoch();
            snapshot = edit.finish();
            prop_assert!(snapshot.epoch() > before);

            let merged = merge(members.iter().filter_map(|id| policies.get(id)));
            let rights = snapshot.rights(&principal);
            for permission in Permission::ALL {
                let mut all = true;
                for entity_id in ENTITIES.into_iter().chain(["light.unheard_of"]) {
                    let (device_id, area_id) = places.get(entity_id).copied().unwrap_or_default();
                    let expected = reference::check(&merged, entity_id, Whereabouts { device_id, area_id }, permission);
                    prop_assert_eq!(rights.check(entity_id, permission), expected, "{} {} {:?}", entity_id, permission, merged);
                    let explanation = rights.explain(entity_id, permission);
                    prop_assert_eq!(explanation.is_granted(), expected, "{}", explanation);
                    all &= expected;
                }
                if let Some(table) = snapshot.table_of(&"u".into()) {
                    prop_assert_eq!(table.access_all(permission), reference::access_all(&merged, permission));
                }
                prop_assert!(!rights.everywhere(permission) || all);
            }
        }
    }
}
