//! A token with a policy of its own never does more than that, nor more than its user.

use auth_core::{
    Action, AuthSnapshot, Group, Need, Permission, Permissions, Policy, Principal, Reason, User, Whereabouts,
    principal::danger,
};

struct Administer;

impl Action for Administer {
    const NAME: &'static str = "Administer";

    fn need(&self) -> Need<'_> {
        Need::Admin
    }
}

struct OwnAccount;

impl Action for OwnAccount {
    const NAME: &'static str = "OwnAccount";

    fn need(&self) -> Need<'_> {
        Need::OwnAccount
    }
}

fn home() -> AuthSnapshot {
    let mut edit = AuthSnapshot::default().edit();
    Group::system_groups().into_iter().for_each(|group| edit.set_group(group));
    let lights = Policy::parse(r#"{"entities":{"domains":{"light":{"read":true,"control":true}}}}"#).unwrap();
    edit.set_group(Group::new("lights", "Lights", lights.clone()));
    edit.set_user(User { is_owner: true, ..User::new("ann", "Ann") });
    edit.set_user(User { group_ids: vec![Group::READ_ONLY.into()], ..User::new("ben", "Ben") });
    edit.set_user(User { group_ids: vec![Group::ADMIN.into()], ..User::new("dan", "Dan") });
    for entity in ["light.a", "lock.a"] {
        edit.place_entity(entity, Whereabouts::default());
    }
    edit.set_token_policy(&"narrow".into(), &lights);
    edit.set_token_policy(&"nothing".into(), &Policy::default());
    edit.finish()
}

fn by(user: &str, token: &str) -> Principal {
    danger::user_principal(&user.into(), Some(&token.into()))
}

#[track_caller]
fn check(user: &str, token: &str, light: u8, lock: u8) {
    let home = home();
    let principal = by(user, token);
    let rights = home.rights(&principal);
    for (entity, bits) in [("light.a", light), ("lock.a", lock)] {
        let expected = Permissions::from_bits(bits);
        assert_eq!(rights.granted(entity), expected, "{entity}");
        let number = home.directory().entity(entity).unwrap();
        assert_eq!(rights.granted_by_number(number), expected, "{entity}");
        for permission in Permission::ALL {
            assert_eq!(rights.visible(permission).contains(number), expected.contains(permission));
            assert_eq!(rights.explain(entity, permission).is_granted(), expected.contains(permission));
        }
    }
    assert_eq!(rights.everywhere(Permission::Read), lock & 1 != 0);
}

#[test]
fn what_both_allow() {
    check("ann", "plain", 7, 7);
    check("ann", "narrow", 3, 0);
    check("ann", "nothing", 0, 0);
    check("ben", "plain", 1, 1);
    check("ben", "narrow", 1, 0);
    check("dan", "narrow", 3, 0);
    check("nobody", "narrow", 0, 0);
}

#[test]
fn administers_nothing() {
    let home = home();
    for (user, token, expected) in [
        ("ann", "plain", true),
        ("ann", "narrow", false),
        ("dan", "plain", true),
        ("dan", "narrow", false),
        ("ben", "plain", false),
    ] {
        let principal = by(user, token);
        let rights = home.rights(&principal);
        assert_eq!((rights.is_admin(), rights.manages_entries_of("mqtt")), (expected, expected), "{user} {token}");
        assert_eq!(rights.is_owner(), user == "ann" && expected);
        assert_eq!(rights.is_narrowed(), token == "narrow");
        assert!(rights.is_active());
        assert_eq!(rights.user().map(|user| user.id.as_str()), Some(user));
        // Nor may it make itself other tokens, or change the password.
        assert_eq!(home.authorize(principal.clone(), OwnAccount).is_ok(), token == "plain", "{user} {token}");
        assert_eq!(home.authorize(principal, Administer).is_ok(), expected);
    }
}

#[test]
fn says_that_the_token_is_in_the_way() {
    let home = home();
    let dan = by("dan", "narrow");
    let reason = home.rights(&dan).explain("lock.a", Permission::Control).reason;
    assert_eq!(reason, Reason::Narrowed);
    let ben = by("ben", "narrow");
    let refused = home.rights(&ben).explain("light.a", Permission::Control).to_string();
    assert!(refused.starts_with("denied: no rule gives control on `light.a`"), "{refused}");
    // Denied by both: a rule in a group would not help.
    assert_eq!(home.rights(&ben).explain("lock.a", Permission::Control).reason, Reason::Narrowed);
}

#[test]
fn by_a_token_that_is_gone_nothing_can_be_done() {
    let mut edit = home().edit();
    edit.remove_token(&"narrow".into());
    edit.remove_token(&"plain".into());
    let home = edit.finish();
    for user in ["ann", "dan", "ben"] {
        let principal = by(user, "narrow");
        let rights = home.rights(&principal);
        let seen = ["light.a", "lock.a", "light.of_nobody"].map(|id| rights.granted(id));
        assert!(!rights.is_admin() && seen.iter().all(|granted| granted.is_empty()), "{user}: {seen:?}");
        assert!(rights.visible(Permission::Read).is_empty());
    }
    // Of a token without a policy nothing is known: whose it is decides.
    assert!(home.rights(&by("dan", "plain")).is_admin());
}
