//! What makes a page large or a save come late: names of any length, two who save at once.

use serde_json::{Value, json};

use super::id_of;
use crate::support::{Server, browser::Browser, browser::fields};

#[test]
fn nobody_makes_names_that_fill_the_pages_of_administrators() {
    let server = Server::demo();
    let (mut owner, mut kitchen) = (server.ws_as("owner"), server.ws_as("kitchen"));
    let (long, user_id) = ("x".repeat(256), id_of(&mut owner, "Kitchen"));
    let mut refused = |command: &str, members: Value| {
        let answer = owner.call(command, members);
        let said = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(said.contains("at most 255 bytes"), "{command}: {answer}");
    };
    refused("doorward/users/create", json!({"name": long}));
    refused("doorward/users/create", json!({"name": "x", "username": long, "password": "secret"}));
    refused("doorward/users/update", json!({"user_id": user_id, "name": long}));
    refused("doorward/groups/set", json!({"group_id": "long", "name": long}));
    refused("doorward/service_accounts/create", json!({"name": long}));
    refused("doorward/tokens/create", json!({"user_id": user_id, "name": long}));
    for (name, icon) in [(&*long, "x"), ("x", &*long)] {
        let members = json!({"client_name": name, "client_icon": icon, "lifespan": 1});
        let answer = kitchen.call("auth/long_lived_access_token", members);
        assert!(answer["error"]["message"].as_str().unwrap().contains("at most 255 bytes"), "{answer}");
    }
    let browser = Browser::logged_in(&server, "admin");
    for page in ["people", "groups", "tokens", "audit"] {
        assert!(!browser.page(&format!("/doorward/{page}")).contains(&long), "{page}");
    }
    // As long as one may be.
    owner.result("doorward/users/update", json!({"user_id": user_id, "name": "x".repeat(255)}));
}

#[test]
fn of_two_who_save_at_once_one_is_told_of_the_other() {
    let server = Server::demo();
    let mut browsers = [Browser::logged_in(&server, "owner"), Browser::logged_in(&server, "admin")];
    for round in 0..8 {
        let page = browsers[0].page("/doorward/groups/kitchen-light");
        let was = fields(&page).into_iter().find(|(name, _)| name == "was").unwrap().1;
        let statuses = std::thread::scope(|scope| {
            let saves = browsers.iter_mut().enumerate().map(|(n, browser)| {
                let json = format!(r#"{{"entities":{{"entity_ids":{{"light.r{round}_{n}":true}}}}}}"#);
                let was = was.as_str();
                scope.spawn(move || {
                    let form = [("name", "Kitchen light"), ("do", "save-json"), ("json", json.as_str()), ("was", was)];
                    browser.post("/doorward/groups/kitchen-light", &form).status
                })
            });
            let saves: Vec<_> = saves.collect();
            let mut statuses: Vec<_> = saves.into_iter().map(|save| save.join().unwrap()).collect();
            statuses.sort_unstable();
            statuses
        });
        assert_eq!(statuses, [303, 409], "round {round}");
    }
}

#[test]
fn programs_say_which_policy_they_change() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let set =
        |policy: Value, before: Value| json!({"group_id": "kitchen-light", "policy": policy, "policy_before": before});
    let (one, two) = (json!({"entities": {"domains": {"light": true}}}), json!({"entities": {}}));
    let answer = owner.call("doorward/groups/set", set(one.clone(), two.clone()));
    assert!(answer["error"]["message"].as_str().unwrap().contains("another by now"), "{answer}");
    let groups = owner.result("doorward/groups/list", json!({}));
    let group = groups.as_array().unwrap().iter().find(|group| group["id"] == "kitchen-light").unwrap();
    assert_ne!(group["policy"], one);
    let set_now = set(one.clone(), group["policy"].clone());
    assert_eq!(owner.result("doorward/groups/set", set_now)["policy"], one);
}
