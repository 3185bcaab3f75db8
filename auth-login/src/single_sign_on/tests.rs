use std::collections::BTreeSet;

use auth_core::{Condition, GroupId, Timestamp};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use crate::{
    client::{ClientRules, Origin},
    entropy::tests::Seeded,
    login_flow::{Caller, FlowError, StartRequest},
};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CLIENT: &str = "https://x.example/";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn rules() -> ProviderRules {
    let family = ("family".to_owned(), vec![GroupId::from("family"), "guests".into()]);
    let boss = ("boss".to_owned(), vec![GroupId::from("system-admin")]);
    ProviderRules {
        id: "corp".to_owned(),
        name: "Corp".to_owned(),
        issuer: "https://id.example".to_owned(),
        groups_claim: Some("groups".to_owned()),
        groups: GroupMapping::new([family, boss].into()),
        name_claim: "name".to_owned(),
        create_users: false,
        second_factor: false,
    }
}

fn user(groups: &[&str]) -> User {
    User { group_ids: groups.iter().map(|id| (*id).into()).collect(), ..User::new("u", "Ann") }
}

#[track_caller]
fn check_groups(before: &[&str], claims: Value, after: &[&str]) {
    let mut user = user(before);
    rules().apply_groups(&mut user, &map(claims));
    assert_eq!(user.group_ids.iter().map(GroupId::as_str).collect::<Vec<_>>(), after);
}

#[test]
fn claims_give_and_take_the_groups_of_the_mapping_and_no_others() {
    check_groups(&[], json!({"groups": ["family"]}), &["family", "guests"]);
    check_groups(&["pool", "family"], json!({"groups": ["family", "other"]}), &["pool", "family", "guests"]);
    check_groups(&["pool", "family", "guests", "system-admin"], json!({"groups": []}), &["pool"]);
    check_groups(&["system-admin", "pool"], json!({}), &["pool"]);
    check_groups(&[], json!({"groups": "boss"}), &["system-admin"]);
    // A group's own id means nothing, and neither does what is no text.
    check_groups(&[], json!({"groups": ["system-admin", "guests", 1, null, ["boss"], {"boss": true}]}), &[]);
    check_groups(&["guests"], json!({"groups": {"family": true}}), &[]);
    check_groups(&[], json!({"groups": "family boss"}), &[]);
    check_groups(&[], json!({"groups": ["Family", " family"]}), &[]);
}

#[test]
fn without_a_claim_groups_are_left_alone_and_the_owner_always_is() {
    let mut ann = user(&["family", "pool"]);
    let without = ProviderRules { groups_claim: None, ..rules() };
    without.apply_groups(&mut ann, &map(json!({"groups": ["boss"]})));
    assert_eq!(ann, user(&["family", "pool"]));
    let mut owner = User { is_owner: true, ..user(&["system-admin"]) };
    rules().apply_groups(&mut owner, &map(json!({"groups": ["family"]})));
    assert_eq!(owner, User { is_owner: true, ..user(&["system-admin"]) });
}

#[test]
fn when_a_membership_counts_stays_as_it_was_said() {
    let until = Condition { until: Some(NOW), ..Condition::default() };
    let conditions = [("family".into(), until.clone()), ("pool".into(), until)];
    let mut ann = User { conditions: conditions.into(), ..user(&["family", "pool"]) };
    let before = ann.conditions.clone();
    // Left and joined again by the claims alone: nobody gets rid of a limit that way.
    for groups in [json!(["family"]), json!([]), json!(["family"])] {
        rules().apply_groups(&mut ann, &map(json!({"groups": groups})));
        assert_eq!(ann.conditions, before);
    }
}

#[test]
fn claims_are_found_by_name_and_by_path() {
    let claims = map(json!({"realm_access": {"roles": ["a", "b"]}, "https://x/groups": ["c"], "": ["d"], "a/b": "e"}));
    for (name, expected) in [
        ("/realm_access/roles", &["a", "b"][..]),
        ("https://x/groups", &["c"]),
        ("/a~1b", &["e"]),
        ("realm_access", &[]),
        ("/realm_access/none", &[]),
        ("/none/roles", &[]),
        ("realm_access/roles", &[]),
    ] {
        assert_eq!(claim_values(&claims, name), expected.iter().copied().collect::<BTreeSet<_>>(), "{name}");
    }
}

#[test]
fn who_is_admitted() {
    let here = ip("192.0.2.1");
    let check = |rules: &ProviderRules, user: Option<(&User, bool)>, expected| {
        assert_eq!(rules.admit(user, here), expected);
    };
    let creating = ProviderRules { create_users: true, ..rules() };
    let trusted = ProviderRules { second_factor: true, ..rules() };
    let ann = user(&[]);
    check(&rules(), None, Err(Refusal::Unknown));
    check(&creating, None, Ok(Admission::New));
    check(&rules(), Some((&ann, false)), Ok(Admission::User));
    check(&rules(), Some((&ann, true)), Err(Refusal::SecondFactor));
    check(&trusted, Some((&ann, true)), Ok(Admission::User));
    let inactive = User { is_active: false, ..ann.clone() };
    check(&creating, Some((&inactive, false)), Err(Refusal::Standing("User is not active")));
    let local = User { local_only: true, ..ann.clone() };
    check(&rules(), Some((&local, false)), Err(Refusal::Standing("User cannot authenticate remotely")));
    assert_eq!(rules().admit(Some((&local, false)), ip("10.0.0.1")), Ok(Admission::User));
    let program = User { is_service: true, ..ann.clone() };
    check(&rules(), Some((&program, false)), Err(Refusal::NotAPerson));
    let system = User { system_generated: true, ..ann };
    check(&rules(), Some((&system, false)), Err(Refusal::NotAPerson));
}

#[test]
fn new_users_are_called_what_the_claims_say() {
    let name = |claims| rules().name_of(&map(claims), "sub-1");
    assert_eq!(name(json!({"name": " Ann ", "preferred_username": "ann"})), "Ann");
    assert_eq!(name(json!({"name": "  ", "preferred_username": "ann"})), "ann");
    assert_eq!(name(json!({"name": 1})), "sub-1");
    assert_eq!(name(json!({"name": "a\u{1b}[31m\nb"})), "a[31mb");
    assert_eq!(name(json!({"name": "x".repeat(5000)})).len(), 100);
}

#[test]
fn claims_are_wanted_that_something_follows_from() {
    let wanted = |rules: &ProviderRules| rules.wanted_claims().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(wanted(&rules()), ["groups"]);
    assert_eq!(wanted(&ProviderRules { create_users: true, ..rules() }), ["groups", "name"]);
    assert_eq!(wanted(&ProviderRules { groups_claim: None, ..rules() }), [""; 0]);
}

fn request<'a>(redirect_uri: &'a str, challenge: Option<&'a str>) -> StartRequest<'a> {
    StartRequest {
        client_id: CLIENT,
        handler: ("oidc", Some("corp")),
        redirect_uri,
        response_type: Some("code"),
        code_challenge: challenge,
        code_challenge_method: challenge.map(|_| "S256"),
    }
}

fn asked(redirect_uri: &str, state: Option<&str>) -> Result<Asked, FlowError> {
    let caller = Caller { ip: ip("192.0.2.1"), own: None };
    let trusted = [Origin::parse(CLIENT.trim_end_matches('/')).unwrap()];
    Asked::check(&request(redirect_uri, None), state, caller, (&ClientRules::new(), &trusted))
}

#[test]
fn a_page_that_nobody_has_trusted_gets_nobodys_code() {
    let hub = Origin::parse("https://hub.example").unwrap();
    let check = |client_id: &str, redirect_uri: &str, trusted: &[Origin]| {
        let request = StartRequest { client_id, ..request(redirect_uri, None) };
        let caller = Caller { ip: ip("192.0.2.1"), own: Some(&hub) };
        Asked::check(&request, None, caller, (&ClientRules::new(), trusted)).map(drop)
    };
    assert_eq!(check("https://hub.example/", "https://hub.example/?auth=1", &[]), Ok(()));
    assert_eq!(check("https://hub.example:443/", "https://hub.example:443/", &[]), Ok(()));
    assert_eq!(check("https://home-assistant.io/iOS", "homeassistant://auth-callback", &[]), Ok(()));
    let refused = Err(FlowError::InvalidRedirect);
    assert_eq!(check("https://home-assistant.io/iOS", "https://home-assistant.io/x", &[]), refused);
    assert_eq!(check("https://evil.example/", "https://evil.example/loot", &[]), refused);
    assert_eq!(check("http://hub.example/", "http://hub.example/", &[]), refused);
    assert_eq!(check("https://hub.example:8443/", "https://hub.example:8443/", &[]), refused);
    let trusted = [Origin::parse("https://board.example").unwrap()];
    assert_eq!(check("https://board.example/", "https://board.example/in", &trusted), Ok(()));
    assert_eq!(check("https://evil.example/", "https://evil.example/loot", &trusted), refused);
}

#[test]
fn where_the_answer_goes_is_looked_at_first() {
    for elsewhere in ["https://evil.example/", "https://x.example:444/", "http://x.example/", "javascript:alert(1)", ""]
    {
        assert_eq!(asked(elsewhere, None).unwrap_err(), FlowError::InvalidRedirect, "{elsewhere}");
    }
    let long = |length: usize| format!("{CLIENT}{}", "x".repeat(length - CLIENT.len()));
    assert!(asked(&long(2048), Some(&"s".repeat(2048))).is_ok());
    assert_eq!(asked(&long(2049), None).unwrap_err(), FlowError::Malformed("redirect_uri"));
    assert_eq!(asked(CLIENT, Some(&"s".repeat(2049))).unwrap_err(), FlowError::Malformed("state"));
    let answer = |redirect_uri: &str, state| asked(redirect_uri, state).unwrap().answer("c0de");
    assert_eq!(answer("https://x.example/cb", None), "https://x.example/cb?code=c0de");
    assert_eq!(
        answer("https://x.example/?a=1", Some("s&t=é#")),
        "https://x.example/?a=1&code=c0de&state=s%26t%3D%C3%A9%23"
    );
    let grant = asked(CLIENT, None).unwrap().grant("c".into());
    assert_eq!((grant.client_id.as_str(), grant.redirect_uri.as_deref()), (CLIENT, Some(CLIENT)));
}

/// A book with what opens and closes visits.
struct World {
    visits: Visits,
    entropy: Seeded,
}

impl World {
    fn new() -> Self {
        Self { visits: Visits::new(), entropy: Seeded(1) }
    }

    fn open(&mut self, ip_text: &str, now: Timestamp) -> Secrets {
        let secrets = Secrets::new(&mut self.entropy);
        let what = (asked(CLIENT, None).unwrap(), "https://hub.example/auth/oidc/corp/callback".to_owned());
        self.visits.open("corp", what, &secrets, ip(ip_text), now);
        secrets
    }

    fn close(&mut self, secrets: &Secrets, now: Timestamp) -> Result<Visit, VisitError> {
        self.visits.close("corp", secrets.state.expose_secret(), Some(secrets.browser.expose_secret()), now)
    }
}

#[test]
fn a_visit_ends_once_in_its_own_browser_and_at_its_own_provider() {
    let mut world = World::new();
    let (mine, theirs) = (world.open("192.0.2.1", NOW), world.open("192.0.2.2", NOW));
    let state = mine.state.expose_secret();
    let others = [None, Some(""), Some(theirs.browser.expose_secret()), Some(state)];
    for browser in others {
        assert_eq!(world.visits.close("corp", state, browser, NOW).unwrap_err(), VisitError::OtherBrowser);
    }
    let cookie = Some(mine.browser.expose_secret());
    assert_eq!(world.visits.close("other", state, cookie, NOW).unwrap_err(), VisitError::Unknown);
    assert_eq!(world.visits.close("corp", "none", cookie, NOW).unwrap_err(), VisitError::Unknown);
    let visit = world.close(&mine, NOW).unwrap();
    assert_eq!(visit.nonce.expose_secret(), mine.nonce.expose_secret());
    assert_eq!(visit.verifier.expose_secret(), mine.verifier.expose_secret());
    assert_eq!(world.close(&mine, NOW).unwrap_err(), VisitError::Unknown, "once");
    assert!(world.close(&theirs, NOW).is_ok());
    assert!(!format!("{visit:?}{mine:?}").contains(mine.nonce.expose_secret()));
}

#[test]
fn a_visit_has_ten_minutes_whatever_the_clock_does() {
    let mut world = World::new();
    for (after, is_open) in [(0, true), (599, true), (600, false), (-9, true), (-3600, false)] {
        let secrets = world.open("192.0.2.1", NOW);
        assert_eq!(world.close(&secrets, NOW.plus_secs(after)).is_ok(), is_open, "{after}");
    }
}

#[test]
fn visits_are_bounded_by_address_and_in_all() {
    let mut world = World::new();
    let other = world.open("2001:db8:1::1", NOW);
    let first = world.open("2001:db8::1", NOW);
    // A household's addresses are one.
    for n in 1..MAX_VISITS_PER_ADDRESS {
        world.open(&format!("2001:db8::{n:x}"), NOW);
    }
    assert_eq!(world.visits.n_visits(), MAX_VISITS_PER_ADDRESS + 1);
    world.open("2001:db8::ffff", NOW);
    assert_eq!(world.close(&first, NOW).unwrap_err(), VisitError::Unknown, "the oldest there has gone");
    for n in 0..MAX_VISITS + 5 {
        world.open(&format!("10.0.{}.{}", n / 250, n % 250), NOW);
    }
    assert_eq!(world.visits.n_visits(), MAX_VISITS);
    assert_eq!(world.close(&other, NOW).unwrap_err(), VisitError::Unknown, "the oldest of all has gone");
    world.open("192.0.2.9", NOW.plus_secs(VISIT_SECS));
    assert_eq!(world.visits.n_visits(), 1, "what is too old goes");
}

#[test]
fn an_account_is_one_users() {
    let identity = |id: &str, user: &str, subject: &str| Identity {
        id: id.into(),
        user_id: user.into(),
        issuer: "https://id.example".to_owned(),
        subject: subject.to_owned(),
    };
    let mut book = IdentityBook::new();
    book.insert(identity("1", "ann", "a")).unwrap();
    assert_eq!(book.insert(identity("2", "bob", "a")), Err(IdentityTaken));
    assert_eq!(book.insert(identity("1", "bob", "b")), Err(IdentityTaken));
    // Letter for letter.
    book.insert(identity("2", "bob", "A")).unwrap();
    book.insert(identity("3", "ann", "c")).unwrap();
    assert_eq!(book.find("https://id.example", "a").unwrap().user_id.as_str(), "ann");
    assert!(book.find("https://id.example/", "a").is_none());
    assert_eq!(book.get(&"3".into()).unwrap().subject, "c");
    assert_eq!(book.of_user(&"ann".into()).count(), 2);
    assert_eq!(book.remove(&"1".into()).unwrap().subject, "a");
    assert!(book.find("https://id.example", "a").is_none() && book.get(&"1".into()).is_none());
    book.insert(identity("4", "bob", "a")).unwrap();
    for (issuer, subject) in
        [("id.example", "a"), ("https://id.example", ""), ("https://id.example", "a\nb"), ("", "a")]
    {
        assert!(check_account(issuer, subject).is_err(), "{issuer} {subject:?}");
    }
    assert!(check_account("https://id.example/realms/x", &"s".repeat(255)).is_ok());
    assert!(check_account("https://id.example", &"s".repeat(256)).is_err());
}

proptest! {
    #[test]
    fn a_login_settles_the_groups_of_the_mapping_alone(
        before in proptest::collection::btree_set("family|guests|system-admin|pool|garden", 0..5),
        values in proptest::collection::vec("family|boss|pool|x", 0..4),
    ) {
        let before: Vec<_> = before.iter().map(String::as_str).collect();
        let mut ann = user(&before);
        let claims = map(json!({"groups": values}));
        rules().apply_groups(&mut ann, &claims);
        let has = |id: &str| ann.group_ids.iter().any(|group| group.as_str() == id);
        let said = |value: &str| values.iter().any(|v| v == value);
        prop_assert_eq!(has("family"), said("family"));
        prop_assert_eq!(has("guests"), said("family"));
        prop_assert_eq!(has("system-admin"), said("boss"));
        prop_assert_eq!(has("pool"), before.contains(&"pool"));
        prop_assert_eq!(has("garden"), before.contains(&"garden"));
        let once = ann.clone();
        rules().apply_groups(&mut ann, &claims);
        prop_assert_eq!(ann, once);
    }
}
