//! Any order of changes, and after each all the ways to ask give the reference's answer.
//!
//! `cargo xtask fuzz engine` runs this for ten million checks; `DOORWARD_CHECKS` and `DOORWARD_SEED` say how many and
//! which.

use std::collections::BTreeMap;

use auth_core::{
    AuthSnapshot, EntityNo, EntitySet, Group, GroupId, Permission, Policy, Principal, Reason, Remedy, User,
    principal::danger, reference,
};
use policy_merge::{Names, Rule, Rules, merge};

use crate::{
    rng::Rng,
    small_world::{self, ENTITIES, Spot},
};

const GROUPS: [&str; 4] = ["g0", "g1", "g2", "g3"];
const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];

/// What has been done, in plain maps, beside the snapshot it was done to.
struct Model {
    snapshot: AuthSnapshot,
    places: BTreeMap<&'static str, Spot>,
    policies: BTreeMap<&'static str, Policy>,
    members: BTreeMap<&'static str, Vec<&'static str>>,
    tokens: BTreeMap<&'static str, Policy>,
    /// Sets from earlier, with what was in them by name at that time.
    kept: Vec<(EntitySet, Vec<(EntityNo, String)>)>,
    /// Numbers of entities that have been removed since.
    dead: Vec<EntityNo>,
    policy: fn(&mut Rng) -> Policy,
    n_checks: u64,
}

impl Model {
    /// Policies are plain in half of all worlds, and many areas and domains come before those of the world in a third.
    fn new(rng: &mut Rng) -> Self {
        let mut edit = AuthSnapshot::default().edit();
        if rng.one_in(3) {
            edit.set_group(Group::new("crowd", "Crowd", small_world::policy_of_a_crowd(rng)));
        }
        Self {
            snapshot: edit.finish(),
            places: BTreeMap::new(),
            policies: BTreeMap::new(),
            members: BTreeMap::new(),
            tokens: BTreeMap::new(),
            kept: Vec::new(),
            dead: Vec::new(),
            policy: if rng.one_in(2) { small_world::plain_policy } else { small_world::policy },
            n_checks: 0,
        }
    }

    fn step(&mut self, rng: &mut Rng) {
        let mut edit = self.snapshot.edit();
        for _ in 0..=rng.below(3) {
            match rng.below(10) {
                0..4 => {
                    let (entity, spot) = (rng.pick(&ENTITIES), Spot::random(rng));
                    edit.place_entity(entity, spot.whereabouts());
                    self.places.insert(entity, spot);
                }
                4 => {
                    let entity = rng.pick(&ENTITIES);
                    self.dead.extend(self.snapshot.directory().entity(entity));
                    edit.remove_entity(entity);
                    self.places.remove(entity);
                }
                5..7 => {
                    let (group, policy) = (rng.pick(&GROUPS), (self.policy)(rng));
                    edit.set_group(Group::new(group, group, policy.clone()));
                    self.policies.insert(group, policy);
                }
                7 => {
                    let group = rng.pick(&GROUPS);
                    edit.remove_group(&group.into());
                    self.policies.remove(group);
                }
                8 => {
                    let user = rng.pick(&USERS);
                    if rng.one_in(5) {
                        edit.remove_user(&user.into());
                        self.members.remove(user);
                    } else {
                        let groups: Vec<_> = (0..rng.below(4)).map(|_| rng.pick(&GROUPS)).collect();
                        let group_ids = groups.iter().copied().map(GroupId::from).collect();
                        edit.set_user(User { group_ids, ..User::new(user, user) });
                        self.members.insert(user, groups);
                    }
                }
                _ => {
                    let token = rng.pick(&USERS);
                    if rng.one_in(3) {
                        edit.remove_token(&token.into());
                        self.tokens.entry(token).and_modify(|policy| *policy = Policy::default());
                    } else {
                        let policy = (self.policy)(rng);
                        edit.set_token_policy(&token.into(), &policy);
                        self.tokens.insert(token, policy);
                    }
                }
            }
        }
        if rng.one_in(6) {
            edit.set_group(Group::new("strangers", "Strangers", small_world::policy_of_strangers(rng)));
        }
        let before = self.snapshot.epoch();
        self.snapshot = edit.finish();
        assert!(self.snapshot.epoch() > before);
        for no in &self.dead {
            let name = self.snapshot.directory().entity_id(*no);
            assert_eq!(name, None, "the number of a removed entity is nobody's, not even its own when it comes back");
        }
        if rng.one_in(4) {
            // A change that is thrown away leaves no trace in what the snapshots share.
            let mut fork = self.snapshot.edit();
            fork.place_entity(rng.pick(&ENTITIES), Spot::random(rng).whereabouts());
            fork.set_group(Group::new(rng.pick(&GROUPS), "fork", (self.policy)(rng)));
            let fork = fork.finish();
            for user in USERS {
                _ = fork.rights(&principal(user, None)).visible(Permission::Read).len();
            }
        }
    }

    fn verify(&mut self, rng: &mut Rng) {
        let (mut sets, mut n_checks) = (Vec::new(), 0);
        for user in USERS {
            let policies: Vec<_> =
                self.members.get(user).into_iter().flatten().filter_map(|group| self.policies.get(group)).collect();
            let merged = merge(policies.iter().copied());
            let token = rng.one_in(4).then(|| rng.pick(&USERS));
            let narrowed = token.and_then(|token| self.tokens.get(token));
            let principal = principal(user, token);
            let rights = self.snapshot.rights(&principal);
            for permission in Permission::ALL {
                let mut all = true;
                let visible = (!rng.one_in(3)).then(|| rights.visible(permission));
                for entity_id in ENTITIES.into_iter().chain(["light.unheard_of"]) {
                    let spot = self.places.get(entity_id);
                    let unplaced = Spot::default();
                    let at = spot.unwrap_or(&unplaced).whereabouts();
                    let of = |policy: &Policy| reference::check(policy, entity_id, at, permission);
                    let any = policies.iter().any(|policy| of(policy));
                    assert_eq!(of(&merged), any, "a merge grants what any of its parts grants: {merged}");
                    let expected = any && self.members.contains_key(user) && narrowed.is_none_or(of);
                    let what = || format!("{permission} on {entity_id} at {at:?} for {user}, {merged}, {narrowed:?}");
                    assert_eq!(rights.check(entity_id, permission), expected, "{}", what());
                    let explanation = rights.explain(entity_id, permission);
                    assert_eq!(explanation.is_granted(), expected, "{}: {explanation}", what());
                    if let Reason::NoRule { remedy: Remedy::Add(group), .. } = &explanation.reason {
                        self.verify_remedy(group, entity_id, permission);
                    }
                    let number = self.snapshot.directory().entity(entity_id);
                    assert_eq!(number.is_some(), spot.is_some(), "{entity_id}");
                    if let Some(number) = number {
                        assert_eq!(rights.granted_by_number(number).contains(permission), expected, "{}", what());
                        if let Some(visible) = &visible {
                            assert_eq!(visible.contains(number), expected, "{}", what());
                            n_checks += 1;
                        }
                    }
                    all &= expected;
                    n_checks += 4;
                }
                assert!(!rights.everywhere(permission) || all);
                if let Some(all) = self.snapshot.access_all(&user.into(), permission) {
                    assert_eq!(all, reference::access_all(&merged, permission));
                }
                if let Some(visible) = visible {
                    for dead in &self.dead {
                        assert!(!visible.contains(*dead), "the number of a removed entity is in no set");
                        assert!(rights.granted_by_number(*dead).is_empty());
                    }
                    sets.push(visible);
                }
            }
        }
        self.n_checks += n_checks;
        sets.into_iter().for_each(|set| self.keep(set));
    }

    /// A rule for the entity in the group that was named flips the refusal, and is the smallest there is.
    fn verify_remedy(&self, group: &GroupId, entity_id: &str, permission: Permission) {
        let before = self.policies.get(group.as_str()).unwrap();
        let names = Names::from([(entity_id.into(), Rule::Only([permission].into_iter().collect()))]);
        let rule = Policy::from(Rules { entity_ids: Some(Rule::Only(names)), ..Rules::default() });
        let after = merge([before, &rule]);
        for other in ENTITIES.into_iter().chain([entity_id]) {
            let at = self.places.get(other).cloned().unwrap_or_default();
            for asked in Permission::ALL {
                let granted = |policy| reference::check(policy, other, at.whereabouts(), asked);
                let meant = (other, asked) == (entity_id, permission);
                assert_eq!(granted(&after), granted(before) || meant, "{asked} on {other} in {after}");
            }
        }
    }

    /// A set stays what it was, and says what came and went since.
    fn keep(&mut self, visible: EntitySet) {
        let directory = self.snapshot.directory();
        let listed: Vec<_> = visible.iter().map(|no| (no, directory.entity_id(no).unwrap().to_owned())).collect();
        assert_eq!(listed.len(), visible.len());
        assert_eq!(visible.to_vec(), listed.iter().map(|(no, _)| *no).collect::<Vec<_>>());
        assert_eq!(listed.is_empty(), visible.is_empty());
        for (before, was) in &self.kept {
            assert_eq!(before.iter().collect::<Vec<_>>(), was.iter().map(|(no, _)| *no).collect::<Vec<_>>());
            let mut appeared: Vec<_> = visible.difference(before).collect();
            let mut expected: Vec<_> = listed.iter().filter(|entry| !was.contains(entry)).map(|(no, _)| *no).collect();
            appeared.sort_unstable();
            expected.sort_unstable();
            assert_eq!(appeared, expected);
            let mut vanished: Vec<_> = before.difference(&visible).collect();
            let mut expected: Vec<_> = was.iter().filter(|entry| !listed.contains(entry)).map(|(no, _)| *no).collect();
            vanished.sort_unstable();
            expected.sort_unstable();
            assert_eq!(vanished, expected);
        }
        self.kept.insert(0, (visible, listed));
        self.kept.truncate(4);
    }
}

fn principal(user: &str, token: Option<&str>) -> Principal {
    danger::user_principal(&user.into(), token.map(Into::into).as_ref())
}

#[expect(clippy::disallowed_methods, reason = "the test's own settings")]
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?}")))
}

#[test]
fn every_way_to_ask_gives_the_reference_answer() {
    let (wanted, seed) = (setting("DOORWARD_CHECKS", 300_000), setting("DOORWARD_SEED", 1));
    let mut n_checks = 0;
    let mut round = seed;
    while n_checks < wanted {
        let mut rng = Rng::new(round);
        let mut model = Model::new(&mut rng);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..40 {
                model.step(&mut rng);
                model.verify(&mut rng);
            }
        }));
        assert!(outcome.is_ok(), "failed with DOORWARD_SEED={round}");
        n_checks += model.n_checks;
        round += 1;
    }
    println!("{n_checks} checks in {} rounds, seeds {seed} to {}", round - seed, round - 1);
}

#[test]
fn numbers_are_given_out_again_without_their_rights() {
    let mut snapshot = AuthSnapshot::default();
    let mut edit = snapshot.edit();
    edit.set_group(Group::new(
        "g",
        "G",
        Policy::parse(r#"{"entities":{"entity_ids":{"light.named":true},"device_ids":{"d":true}}}"#).unwrap(),
    ));
    edit.set_user(User { group_ids: vec!["g".into()], ..User::new("u", "U") });
    snapshot = edit.finish();
    let ann = principal("u", None);
    let mut numbers: Vec<EntityNo> = Vec::new();
    for n in 0..5_000 {
        let name = format!("light.l{n}");
        let (device, label) = (format!("d{n}"), format!("label{n}"));
        let at = |device, labels| auth_core::Whereabouts {
            device_id: Some(device),
            label_ids: labels,
            ..Default::default()
        };
        let mut edit = snapshot.edit();
        edit.place_entity(&name, at(if n % 2 == 0 { "d" } else { &device }, &[&label]));
        snapshot = edit.finish();
        let rights = snapshot.rights(&ann);
        assert_eq!(rights.visible(Permission::Read).len(), usize::from(n % 2 == 0));
        let number = snapshot.directory().entity(&name).unwrap();
        assert!(!numbers.contains(&number), "a number that was given out again is another one");
        numbers.push(number);
        let mut edit = snapshot.edit();
        edit.remove_entity(&name);
        snapshot = edit.finish();
        assert!(snapshot.rights(&ann).visible(Permission::Read).is_empty());
        assert!(snapshot.rights(&ann).check("light.named", Permission::Read));
        assert!(!snapshot.rights(&ann).check(&name, Permission::Read));
    }
    // Nothing that is gone takes room for ever.
    let highest = numbers.iter().max().unwrap();
    assert!(format!("{highest:?}").contains("generation: "));
    let distinct = numbers.iter().map(|no| format!("{no:?}").split(',').next().unwrap().to_owned());
    let distinct = distinct.collect::<std::collections::BTreeSet<_>>().len();
    assert!(distinct < 2_000, "{distinct} numbers for one entity at a time");
}

#[test]
fn a_policy_of_everything_but_is_what_people_ask_for() {
    let policy = Policy::parse(
        r#"{"entities":{"all":true,"entity_ids":{"lock.shed":true},"except":{"domains":{"lock":true}}}}"#,
    )
    .unwrap();
    assert!(matches!(&policy.entities, Some(Rule::Only(_))));
    let mut edit = AuthSnapshot::default().edit();
    edit.set_group(Group::new("g", "Guests", policy));
    edit.set_user(User { group_ids: vec!["g".into()], ..User::new("u", "U") });
    let snapshot = edit.finish();
    let ann = principal("u", None);
    let rights = snapshot.rights(&ann);
    for (entity_id, expected) in [("light.a", true), ("lock.front", false), ("lock.shed", true)] {
        assert_eq!(rights.check(entity_id, Permission::Control), expected, "{entity_id}");
    }
    assert_eq!(
        rights.explain("lock.front", Permission::Control).to_string(),
        "denied: no rule gives control on `lock.front` (device: none, area: none) in Guests; group `Guests`: all gives \
         {read, control, edit}, but except.domains.lock takes it out; smallest rule that would: entity_ids.lock.front: \
         {control} in group `g`"
    );
}
