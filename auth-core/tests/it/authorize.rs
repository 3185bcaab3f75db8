//! Who gets a witness, and for what.

use auth_core::{Action, AuthSnapshot, EntityId, Group, Need, Permission, Policy, Principal, User, principal::danger};

struct Request {
    need: &'static str,
    entities: Vec<EntityId>,
}

impl Action for Request {
    const NAME: &'static str = "Request";

    fn need(&self) -> Need<'_> {
        match self.need {
            "authenticated" => Need::Authenticated,
            "own" => Need::OwnAccount,
            "admin" => Need::Admin,
            "owner" => Need::Owner,
            "integration" => Need::Integration("mqtt"),
            _ => Need::Entities(&self.entities, Permission::Control),
        }
    }
}

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    for group in Group::system_groups() {
        edit.set_group(group);
    }
    let lamp = Policy::parse(r#"{"entities":{"entity_ids":{"light.a":{"control":true}}}}"#).unwrap();
    edit.set_group(Group::new("lamp", "Lamp", lamp));
    let user = |id: &str, group: &str| User { group_ids: vec![group.into()], ..User::new(id, id) };
    edit.set_user(User { is_owner: true, ..user("owner", "none") });
    edit.set_user(user("admin", Group::ADMIN));
    edit.set_user(user("user", Group::USER));
    edit.set_user(user("lamp", "lamp"));
    edit.set_user(User { is_active: false, ..user("gone", Group::ADMIN) });
    edit.set_user(User { is_active: false, is_owner: true, ..user("gone_owner", Group::ADMIN) });
    edit.finish()
}

#[track_caller]
fn check(who: &str, allowed: &[&str]) {
    let principal = || -> Principal {
        match who {
            "hub" => danger::system_principal("test"),
            "mqtt" | "zha" => danger::integration_principal(who),
            id => danger::user_principal(&id.into(), None),
        }
    };
    let home = home();
    for need in ["authenticated", "own", "admin", "owner", "integration", "none", "lamp", "both"] {
        let entities = match need {
            "lamp" => vec!["light.a".parse().unwrap()],
            "both" => vec!["light.a".parse().unwrap(), "light.b".parse().unwrap()],
            _ => Vec::new(),
        };
        let outcome = home.authorize(principal(), Request { need, entities });
        assert_eq!(outcome.is_ok(), allowed.contains(&need), "{who}: {need}");
        if let (Err(refusal), "lamp" | "both") = (&outcome, need) {
            assert_eq!(refusal.to_string(), "Unauthorized");
            assert_eq!(refusal.user_id.as_ref(), principal().user_id());
        }
    }
}

#[test]
fn every_standing_gets_what_it_should() {
    check("hub", &["authenticated", "admin", "owner", "integration", "none", "lamp", "both"]);
    check("owner", &["authenticated", "own", "admin", "owner", "integration", "none", "lamp", "both"]);
    check("admin", &["authenticated", "own", "admin", "integration", "none", "lamp", "both"]);
    check("user", &["authenticated", "own", "none", "lamp", "both"]);
    check("lamp", &["authenticated", "own", "none", "lamp"]);
    check("mqtt", &["authenticated", "integration", "none"]);
    check("zha", &["authenticated", "none"]);
    check("gone", &[]);
    check("gone_owner", &[]);
    check("nobody", &[]);
}

#[test]
fn a_refusal_names_what_was_missing() {
    let request = Request { need: "", entities: vec!["light.a".parse().unwrap(), "light.b".parse().unwrap()] };
    let refusal = home().authorize(danger::user_principal(&"lamp".into(), None), request).map(drop).unwrap_err();
    assert_eq!(refusal.entity_id.unwrap().as_str(), "light.b");
    assert_eq!(refusal.permission, Some(Permission::Control));
    assert_eq!(refusal.perm_category, Some("entities"));
}

#[test]
fn what_a_thrown_away_state_decided_is_decided_again() {
    let base = home();
    let lamp = || danger::user_principal(&"lamp".into(), None);
    let request = || Request { need: "admin", entities: Vec::new() };
    let mut edit = base.edit();
    edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("lamp", "Lamp") });
    let thrown_away = edit.finish();
    let mut edit = base.edit();
    edit.place_entity("light.a", auth_core::Whereabouts::default());
    let next = edit.finish();
    let witness = thrown_away.authorize(lamp(), request()).unwrap();
    assert!(next.authorize(lamp(), request()).is_err());
    assert!(next.renew(witness).is_err());
}
