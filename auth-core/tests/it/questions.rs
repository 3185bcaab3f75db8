//! Who may, and what may they.

use auth_core::{
    AuthSnapshot, Group, Permission, Permissions, Policy, Reason, Remedy, User, Whereabouts, principal::danger,
};

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
    let kitchen = Policy::parse(r#"{"entities":{"area_ids":{"kitchen":{"read":true,"control":true}}}}"#).unwrap();
    edit.set_group(Group::new("kitchen", "Kitchen", kitchen));
    let user = |id: &str, group: &str| User { group_ids: vec![group.into()], ..User::new(id, id) };
    edit.set_user(User { is_owner: true, ..user("ann", "none") });
    edit.set_user(user("ben", "kitchen"));
    edit.set_user(user("cleo", Group::READ_ONLY));
    edit.set_user(user("dan", Group::ADMIN));
    edit.set_user(User { is_active: false, ..user("eve", Group::ADMIN) });
    for (entity, area) in [("light.sink", "kitchen"), ("light.bed", "bedroom")] {
        edit.place_entity(entity, Whereabouts { area_id: Some(area), ..Whereabouts::default() });
    }
    edit.finish()
}

#[test]
fn who_can_names_everybody_and_the_reason() {
    let home = home();
    let who = |entity: &str, permission| {
        let answer = home.who_can(entity, permission);
        answer.iter().map(|(user, why)| format!("{}: {why}", user.id)).collect::<Vec<_>>()
    };
    let (owner, admin) = (
        "ann: granted: the owner may do everything",
        "dan: granted by group `Administrators`: entities gives {read, control, edit}",
    );
    assert_eq!(
        who("light.sink", Permission::Control),
        [owner, "ben: granted by group `Kitchen`: area_ids.kitchen gives {read, control}", admin]
    );
    assert_eq!(
        who("light.bed", Permission::Read),
        [owner, "cleo: granted by group `Read Only`: all gives {read}", admin]
    );
    assert_eq!(who("light.nowhere", Permission::Edit), [owner, admin]);
}

#[test]
fn what_can_lists_everything() {
    let home = home();
    let what = |user: &str| {
        let reach = home.what_can(&user.into());
        let lists = reach
            .entities
            .each_ref()
            .map(|set| set.iter().map(|no| home.directory().entity_id(no).unwrap()).collect::<Vec<_>>().join(" "));
        (reach.is_owner, reach.is_admin, reach.everywhere, lists.join("; "))
    };
    let all = "light.sink light.bed; light.sink light.bed; light.sink light.bed".to_owned();
    let read = Permissions::NONE.with(Permission::Read);
    assert_eq!(what("ann"), (true, true, Permissions::ALL, all.clone()));
    assert_eq!(what("dan"), (false, true, Permissions::ALL, all));
    assert_eq!(what("ben"), (false, false, Permissions::NONE, "light.sink; light.sink; ".to_owned()));
    assert_eq!(what("cleo"), (false, false, read, "light.sink light.bed; ; ".to_owned()));
    assert_eq!(what("eve"), (false, false, Permissions::NONE, "; ; ".to_owned()));
    assert_eq!(what("nobody"), what("eve"));
}

#[test]
fn a_snapshot_answers_about_itself() {
    let home = home();
    assert_eq!(home.group("kitchen").map(|group| group.name.as_str()), Some("Kitchen"));
    assert_eq!(home.group("none"), None);
    let groups: Vec<_> = home.groups().map(|group| group.id.as_str()).collect();
    assert_eq!(groups, ["kitchen", Group::ADMIN, Group::READ_ONLY, Group::USER], "by id");
    assert!(!home.has_conditions());
    // Only a rule for everything counts, as Home Assistant has it.
    for (user, expected) in [("ann", Some(false)), ("ben", Some(false)), ("cleo", Some(true)), ("nobody", None)] {
        assert_eq!(home.access_all(&user.into(), Permission::Read), expected, "{user}");
    }
    assert_eq!(home.access_all(&"cleo".into(), Permission::Control), Some(false));
    let next = home.edit().finish();
    assert!(next.epoch().number() > home.epoch().number() && home.epoch().number() > 0);
    let gone = auth_core::principal::danger::user_principal(&"eve".into(), None);
    assert!(home.rights(&gone).user().is_none(), "not while inactive");
}

/// Beside an exception by its own id, a rule for the entity would grant nothing.
#[test]
fn a_refusal_names_a_group_in_which_a_rule_would_help() {
    let remedy = |policies: [&str; 2]| {
        let mut edit = AuthSnapshot::default().edit();
        for (id, policy) in ["a", "b"].into_iter().zip(policies) {
            edit.set_group(Group::new(id, id, Policy::parse(policy).unwrap()));
        }
        edit.set_user(User { group_ids: vec!["a".into(), "b".into()], ..User::new("ben", "Ben") });
        edit.place_entity("lock.front", Whereabouts::default());
        let home = edit.finish();
        let ben = danger::user_principal(&"ben".into(), None);
        match home.rights(&ben).explain("lock.front", Permission::Control).reason {
            Reason::NoRule { remedy: Remedy::Add(group), .. } => group.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let by_id = r#"{"entities": {"all": true, "except": {"entity_ids": {"lock.front": true}}}}"#;
    let by_domain = r#"{"entities": {"all": true, "except": {"domains": {"lock": true}}}}"#;
    assert_eq!(remedy(["{}", "{}"]), "a");
    assert_eq!(remedy([by_id, "{}"]), "b");
    assert_eq!(remedy(["{}", by_id]), "a");
    assert_eq!(remedy([by_domain, by_id]), "a");
    assert_eq!(remedy([by_domain, "{}"]), "a");
    assert_eq!(remedy([by_id, by_domain]), "b");
    assert_eq!(remedy([by_id, by_id]), "a", "where there is no other");
}
