//! Who somebody is here, and in which groups, by what their provider says.

use serde_json::{Value, json};

use super::flow::{Home, MAPPED};
use crate::{
    cli::{done, refused},
    support::Ws,
};

fn groups(home: &Home, name: &str) -> Vec<String> {
    let user = home.user(name);
    let ids = user["group_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn groups_follow_the_claims_at_each_login() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let login = |groups: Value| home.sign_in(&json!({"sub": "s-1", "groups": groups})).unwrap();
    let token = login(json!(["swimmers", "unheard of"]));
    // What the mapping does not name is left alone.
    assert_eq!(groups(&home, "gus"), ["guests", "family", "pool"]);
    let record = home.recorded("acts", "update_user", "done");
    assert_eq!(record["detail"]["group_ids"]["to"], json!(["guests", "family", "pool"]), "{record}");
    assert_eq!(record["detail"]["provider"], "corp");
    login(json!(["staff", "bosses"]));
    assert_eq!(groups(&home, "gus"), ["guests", "family", "system-admin"]);
    let mut gus = Ws::open(&home.server.address, &token);
    assert_eq!(gus.result("auth/current_user", json!({}))["is_admin"], true);
    // Taken away at the next login, in the sessions of before as well.
    login(json!([]));
    assert_eq!(groups(&home, "gus"), ["guests"]);
    assert_eq!(gus.refused("doorward/users/list", json!({})), "unauthorized");
    home.sign_in(&json!({"sub": "s-1"})).unwrap();
    assert_eq!(groups(&home, "gus"), ["guests"]);
}

#[test]
fn a_group_that_nobody_has_made_has_no_members() {
    let home = Home::new("groups_claim = \"groups\"\n[single_sign_on.groups]\nstaff = [\"later\", \"pool\"]");
    home.link("s-1");
    home.sign_in(&json!({"sub": "s-1", "groups": ["staff"]})).unwrap();
    assert_eq!(groups(&home, "gus"), ["guests", "pool"]);
    assert!(home.server.log().contains("names a group that is not there"), "{}", home.server.log());
}

#[test]
fn the_owner_stays_the_owner() {
    let home = Home::new(MAPPED);
    home.link_to(&home.user("Ann")["id"], "boss");
    let token = home.sign_in(&json!({"sub": "boss", "groups": ["swimmers"]})).unwrap();
    assert_eq!(groups(&home, "Ann"), ["system-admin"]);
    let me = Ws::open(&home.server.address, &token).result("auth/current_user", json!({}));
    assert_eq!(me["is_owner"], true);
}

#[test]
fn somebody_unknown_is_told_how_to_be_linked_and_nothing_is_made() {
    let home = Home::new(MAPPED);
    let before = home.n_users();
    let stranger =
        json!({"sub": "s-9", "groups": ["bosses"], "name": "gus", "preferred_username": "gus", "email": "gus@x"});
    let (status, text) = home.sign_in(&stranger).unwrap_err();
    assert_eq!(status, 403);
    assert!(text.contains(&format!("issuer: {}\n", home.provider.issuer)) && text.contains("subject: s-9\n"), "{text}");
    assert_eq!(home.n_users(), before);
    assert_eq!(home.owner().result("doorward/identities/list", json!({})), json!([]));
    let record = home.recorded("refused", "login", "denied");
    assert_eq!((&record["detail"]["subject"], &record["on"]), (&json!("s-9"), &Value::Null));

    let id = home.link("s-9");
    let gus = home.user("gus")["id"].clone();
    let token = home.sign_in(&stranger).unwrap();
    assert_eq!(home.recorded("acts", "link_any_identity", "done")["on"], gus);
    let list = home.owner().result("doorward/identities/list", json!({}));
    assert_eq!(list, json!([{"id": id, "user_id": gus, "issuer": home.provider.issuer, "subject": "s-9"}]));
    // Letter for letter, and nobody's twice.
    assert_eq!(home.sign_in(&json!({"sub": "S-9"})).unwrap_err().0, 403);
    let again = json!({"user_id": home.user("Ann")["id"], "issuer": home.provider.issuer, "subject": "s-9"});
    assert_eq!(home.owner().refused("doorward/identities/link", again), "invalid_format");
    // What began with a link ends with it, and the password goes on.
    let mut session = Ws::open(&home.server.address, &token);
    home.owner().result("doorward/identities/unlink", json!({"identity_id": id}));
    session.until_closed();
    assert_eq!(home.server.request("GET", "/api/").token(&token).send().status, 401);
    assert_eq!(home.sign_in(&stranger).unwrap_err().0, 403);
    assert!(crate::import::log_in(&home.server, "gus", "guest").is_ok());
    assert_eq!(home.recorded("acts", "unlink_identity", "done")["detail"]["subject"], "s-9");
}

#[test]
fn links_are_made_at_the_machine_as_well() {
    let Home { provider, mut server, ann, data } = Home::new(MAPPED);
    let at = data.0.to_str().unwrap();
    let account = ["--issuer", provider.issuer.as_str(), "--subject", "s-1"];
    let run = |place: [&str; 2], command: &str, more: &[&str]| {
        let arguments = [&["user", command], &place[..], more].concat();
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_doorward"));
        process.args(arguments).env("DOORWARD_TOKEN", &ann).output().unwrap()
    };
    let url = format!("http://{}", server.address);
    let id = done(&run(["--url", &url], "link", &[&["gus"][..], &account].concat()));
    let list = done(&run(["--url", &url], "links", &[]));
    assert!(list.starts_with(id.trim()) && list.ends_with(&format!("{}\ts-1\n", provider.issuer)), "{list}");
    refused(&run(["--url", &url], "link", &[&["ann"][..], &account].concat()), "linked already");
    server.kill();
    done(&run(["--data", at], "unlink", &[id.trim()]));
    assert_eq!(done(&run(["--data", at], "links", &[])), "");
    // Whoever sits at the machine can also give the owner a way in.
    done(&run(["--data", at], "link", &[&["ann"][..], &account].concat()));
    refused(&run(["--data", at], "unlink", &["none"]), "no such link");
}

#[test]
fn only_the_owner_links_whoever_can_sign_in() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let token = home.sign_in(&json!({"sub": "s-1", "groups": ["bosses"]})).unwrap();
    let mut gus = Ws::open(&home.server.address, &token);
    let ann = home.user("Ann")["id"].clone();
    let link =
        |user: &Value, subject: &str| json!({"user_id": user, "issuer": home.provider.issuer, "subject": subject});
    assert_eq!(gus.refused("doorward/identities/link", link(&ann, "s-2")), "unauthorized");
    let owners = home.link_to(&ann, "s-3");
    assert_eq!(gus.refused("doorward/identities/unlink", json!({"identity_id": owners})), "unauthorized");
    // An administrator links their own user, and whoever cannot sign in yet; nobody becomes somebody else by it.
    let own = gus.result("auth/current_user", json!({}))["id"].clone();
    gus.result("doorward/identities/link", link(&own, "s-2"));
    let new = gus.result("doorward/users/create", json!({"name": "Eve", "group_ids": ["system-users"]}))["id"].clone();
    gus.result("doorward/identities/link", link(&new, "s-6"));
    assert_eq!(gus.refused("doorward/identities/link", link(&new, "s-7")), "unauthorized");
    let made = json!({"name": "Bob", "username": "bob", "password": "x", "group_ids": ["system-users"]});
    let bob = gus.result("doorward/users/create", made)["id"].clone();
    assert_eq!(gus.refused("doorward/identities/link", link(&bob, "s-7")), "unauthorized");
    home.link_to(&bob, "s-7");
    assert_eq!(gus.refused("doorward/identities/unlink", json!({"identity_id": "none"})), "not_found");
    assert_eq!(gus.refused("doorward/identities/link", link(&json!("none"), "s-4")), "not_found");
    // Programs have tokens.
    let program = gus.result("doorward/service_accounts/create", json!({"name": "p", "group_ids": []}));
    assert_eq!(gus.refused("doorward/identities/link", link(&program["id"], "s-4")), "invalid_format");
    let bad = json!({"user_id": ann, "issuer": "not an address", "subject": "s-5"});
    assert_eq!(home.owner().refused("doorward/identities/link", bad), "invalid_format");
}

#[test]
fn links_and_what_follows_from_them_are_on_disk() {
    let mut home = Home::new(MAPPED);
    home.link("s-1");
    home.sign_in(&json!({"sub": "s-1", "groups": ["staff"]})).unwrap();
    home.power_cut();
    assert_eq!(groups(&home, "gus"), ["guests", "family"]);
    home.sign_in(&json!({"sub": "s-1", "groups": ["staff"]})).unwrap();
    // With its user a link goes.
    let gus = home.user("gus")["id"].clone();
    home.owner().result("doorward/users/delete", json!({"user_id": gus}));
    assert_eq!(home.owner().result("doorward/identities/list", json!({})), json!([]));
    home.power_cut();
    assert_eq!(home.owner().result("doorward/identities/list", json!({})), json!([]));
    assert_eq!(home.sign_in(&json!({"sub": "s-1"})).unwrap_err().0, 403);
}

#[test]
fn users_are_made_where_that_is_wanted() {
    let home = Home::new(&format!("create_users = true\n{MAPPED}"));
    let before = home.n_users();
    let bea = json!({"sub": "s-2", "name": "Bea", "groups": ["staff"]});
    let token = home.sign_in(&bea).unwrap();
    let me = Ws::open(&home.server.address, &token).result("auth/current_user", json!({}));
    assert_eq!((&me["name"], &me["is_owner"], &me["is_admin"]), (&json!("Bea"), &json!(false), &json!(false)));
    assert_eq!(groups(&home, "Bea"), ["family"]);
    let record = home.recorded("acts", "create_user", "done");
    assert_eq!(record["detail"]["subject"], "s-2");
    home.sign_in(&bea).unwrap();
    assert_eq!(home.n_users(), before + 1, "the second time it is the same user");
    // One called like somebody is not that somebody.
    home.sign_in(&json!({"sub": "s-3", "name": "Ann"})).unwrap();
    assert_eq!(home.n_users(), before + 2);
    // Two tabs of one new account make one user.
    let visits: Vec<_> = (0..4).map(|_| home.leave()).collect();
    let codes: Vec<_> =
        visits.iter().map(|left| home.at_provider(left, &json!({"sub": "s-4", "name": "Cleo"}))).collect();
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let back = visits.iter().zip(&codes).map(|(left, code)| scope.spawn(|| home.come_back(left, code).status));
        back.collect::<Vec<_>>().into_iter().map(|tab| tab.join().unwrap()).collect()
    });
    assert_eq!(statuses, [302; 4]);
    assert_eq!(home.n_users(), before + 3);
}

#[test]
fn what_the_token_does_not_say_the_provider_is_asked_for() {
    let provider = crate::support::identity::Identity::start();
    provider.set(|state| state.user_info = Some(json!({"sub": "s-1", "groups": ["swimmers"], "name": "Gus"})));
    let home = Home::beside(provider, MAPPED);
    home.link("s-1");
    let who = json!({"sub": "s-1"});
    home.sign_in(&who).unwrap();
    assert_eq!(groups(&home, "gus"), ["guests", "family", "pool"]);
    // What the token says counts.
    home.sign_in(&json!({"sub": "s-1", "groups": ["staff"]})).unwrap();
    assert_eq!(groups(&home, "gus"), ["guests", "family"]);
    // About somebody else, or in trouble: nobody signs in, and nothing changes.
    home.provider.set(|state| state.user_info = Some(json!({"sub": "s-2", "groups": ["bosses"]})));
    let (status, text) = home.sign_in(&who).unwrap_err();
    assert!(status == 403 && text.contains("about somebody else"), "{status} {text}");
    home.provider.set(|state| (state.user_info, state.user_info_status) = (Some(json!({})), 500));
    assert_eq!(home.sign_in(&who).unwrap_err().0, 502);
    assert_eq!(groups(&home, "gus"), ["guests", "family"]);
}
