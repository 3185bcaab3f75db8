//! The laws on random policies.

use std::{collections::BTreeMap, sync::Arc};

use policy_merge::{Dialect, Entities, Join, Names, Permissions, Policy, Rule, Rules, diff, merge};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};

fn rule<T: std::fmt::Debug + Clone + 'static>(inner: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Rule<T>> {
    prop_oneof![1 => Just(Rule::Everything), 4 => inner.prop_map(Rule::Only)].boxed()
}

fn permissions() -> BoxedStrategy<Rule<Permissions>> {
    rule((0u8..8).prop_map(Permissions::from_bits))
}

fn names() -> BoxedStrategy<Option<Rule<Names>>> {
    let name = prop_oneof![Just("light.a"), Just("light"), Just("kitchen"), Just(""), Just("ä\0\""), Just("__proto__")];
    option::of(rule(btree_map(name.prop_map(Arc::from), permissions(), 0..4).prop_map(BTreeMap::from_iter))).boxed()
}

fn rules() -> impl Strategy<Value = Rules> {
    (names(), names(), names(), names(), names(), names(), option::of(permissions())).prop_map(
        |(entity_ids, device_ids, area_ids, label_ids, floor_ids, domains, all)| Rules {
            entity_ids,
            device_ids,
            area_ids,
            label_ids,
            floor_ids,
            domains,
            all,
        },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    let entities = (rules(), vec((rules(), rules()), 0..3)).prop_map(|(grants, parts)| {
        let mut entities = Entities::new(grants, Rules::default());
        for (grants, except) in parts {
            entities.join(&Entities::new(grants, except));
        }
        entities
    });
    option::of(rule(entities)).prop_map(|entities| Policy { entities })
}

proptest! {
    #[test]
    fn merge_is_a_join(a in policy(), b in policy(), c in policy()) {
        prop_assert_eq!(merge([&a, &b]), merge([&b, &a]));
        prop_assert_eq!(merge([&merge([&a, &b]), &c]), merge([&a, &merge([&b, &c])]));
        prop_assert_eq!(merge([&a, &a]), a.clone());
        prop_assert_eq!(merge([&a, &Policy::default()]), a.clone());
        // An upper bound: merging one of the parts in again adds nothing.
        let mut both = merge([&a, &b]);
        both.join(&a);
        prop_assert_eq!(both, merge([&a, &b]));
    }

    #[test]
    fn parse_reads_what_print_wrote(a in policy()) {
        prop_assert_eq!(Policy::parse(&a.to_string()).unwrap(), a.clone());
        prop_assert_eq!(Policy::from_value(&a.to_value()).unwrap(), a.clone());
        // Home Assistant's dialect reads what it can be told, and nothing else.
        let theirs = Policy::parse_as(Dialect::HomeAssistant, &a.to_string());
        match a.to_home_assistant() {
            Ok(value) => {
                prop_assert_eq!(Policy::from_value_as(Dialect::HomeAssistant, &value).unwrap(), a.clone());
                prop_assert_eq!(theirs.unwrap(), a);
            }
            Err(_) => prop_assert!(theirs.is_err()),
        }
    }

    #[test]
    fn no_difference_means_equal(a in policy(), b in policy()) {
        prop_assert_eq!(diff(&a, &b).is_empty(), a == b);
        prop_assert!(diff(&a, &a).is_empty());
    }

    #[test]
    fn no_text_makes_a_panic(text in ".{0,200}") {
        _ = Policy::parse(&text);
    }

    #[test]
    fn no_json_makes_a_panic_and_no_false_passes(
        value in prop_oneof![Just("true"), Just("false"), Just("null"), Just("1"), Just("{}"), Just("[]"), Just("\"x\"")],
        place in 0usize..4,
    ) {
        let text = match place {
            0 => format!(r#"{{"entities":{value}}}"#),
            1 => format!(r#"{{"entities":{{"domains":{value}}}}}"#),
            2 => format!(r#"{{"entities":{{"domains":{{"light":{value}}}}}}}"#),
            _ => format!(r#"{{"entities":{{"all":{{"read":{value}}}}}}}"#),
        };
        let fine = matches!(value, "true" | "null") || (value == "{}" && place < 3);
        prop_assert_eq!(Policy::parse(&text).is_ok(), fine, "{}", text);
    }
}
