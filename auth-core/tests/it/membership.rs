//! Memberships that begin and end: the snapshot says when, and nothing else has to know of time.

use std::collections::BTreeMap;

use auth_core::{AuthSnapshot, Condition, Group, Permission, Policy, Timestamp, User, principal::danger};

fn stay(from: i64, until: i64) -> Condition {
    let (from, until) = (Some(Timestamp::from_secs(from)), Some(Timestamp::from_secs(until)));
    Condition { from, until, ..Condition::default() }
}

fn at(snapshot: &AuthSnapshot, secs: i64) -> AuthSnapshot {
    let mut edit = snapshot.edit();
    edit.set_time(Timestamp::from_secs(secs));
    edit.finish()
}

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
    let domain = |name: &str| Policy::parse(&format!(r#"{{"entities":{{"domains":{{"{name}":true}}}}}}"#)).unwrap();
    edit.set_group(Group::new("lights", "Lights", domain("light")));
    edit.set_group(Group::new("locks", "Locks", domain("lock")));
    let guest = User {
        group_ids: vec!["lights".into(), "locks".into()],
        conditions: BTreeMap::from([("locks".into(), stay(100, 200)), ("elsewhere".into(), stay(1, 2))]),
        ..User::new("guest", "Guest")
    };
    edit.set_user(guest);
    let helper = User {
        group_ids: vec![Group::ADMIN.into()],
        conditions: BTreeMap::from([(Group::ADMIN.into(), stay(150, 160))]),
        ..User::new("helper", "Helper")
    };
    edit.set_user(helper);
    edit.set_user(User { group_ids: vec!["lights".into()], ..User::new("ben", "Ben") });
    edit.finish()
}

#[test]
fn rights_come_and_go_at_the_moments_that_the_snapshot_names() {
    let mut snapshot = at(&home(), 0);
    let (guest, helper) =
        (danger::user_principal(&"guest".into(), None), danger::user_principal(&"helper".into(), None));
    let mut seen = Vec::new();
    loop {
        let rights = snapshot.rights(&guest);
        assert!(rights.check("light.a", Permission::Control));
        let helps = snapshot.rights(&helper);
        // An administrator at times is one at those times only, in every way to ask.
        assert_eq!(helps.is_admin(), helps.check("lock.a", Permission::Read));
        seen.push((snapshot.now().unwrap().as_secs(), rights.check("lock.a", Permission::Control), helps.is_admin()));
        let Some(next) = snapshot.changes_at() else { break };
        snapshot = at(&snapshot, next.as_secs());
    }
    let expected = [(0, false, false), (100, true, false), (150, true, true), (160, true, false), (200, false, false)];
    assert_eq!(seen, expected);
}

#[test]
fn a_condition_can_be_added_and_dropped() {
    let snapshot = at(&home(), 120);
    let mut edit = snapshot.edit();
    edit.remove_user(&"helper".into());
    edit.set_user(User { group_ids: vec!["lights".into()], ..User::new("guest", "Guest") });
    let dropped = edit.finish();
    assert_eq!(dropped.changes_at(), None);
    // Guest and Ben are in the same groups again, and share a table.
    let table = |user: &str| std::sync::Arc::as_ptr(dropped.table_of(&user.into()).unwrap());
    assert_eq!(table("guest"), table("ben"));
    // The snapshot from before is as it was.
    assert_eq!(snapshot.changes_at(), Some(Timestamp::from_secs(150)));
}

#[test]
fn a_clock_that_goes_back_gives_the_answer_of_then() {
    let snapshot = at(&at(&home(), 300), 110);
    let guest = danger::user_principal(&"guest".into(), None);
    assert!(snapshot.rights(&guest).check("lock.a", Permission::Read));
    assert_eq!(snapshot.changes_at(), Some(Timestamp::from_secs(150)));
}

#[test]
fn without_a_clock_no_membership_with_conditions_counts() {
    let snapshot = home();
    let guest = danger::user_principal(&"guest".into(), None);
    let rights = snapshot.rights(&guest);
    assert!(rights.check("light.a", Permission::Read) && !rights.check("lock.a", Permission::Read));
    // Long over, and nobody has said what time it is.
    let mut edit = snapshot.edit();
    let long_ago = Condition { until: Some(Timestamp::from_secs(1_000_000_000)), ..Condition::default() };
    let conditions = BTreeMap::from([("lights".into(), long_ago)]);
    edit.set_user(User { group_ids: vec!["lights".into()], conditions, ..User::new("guest", "Guest") });
    let snapshot = edit.finish();
    assert!(!snapshot.rights(&guest).check("light.a", Permission::Read));
    // Somebody should say so at once.
    assert!(snapshot.changes_at().is_some_and(|at| at < Timestamp::default()));
}
