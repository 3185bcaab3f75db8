//! Doorward's own page, as a browser without JavaScript sees it.

mod access;
mod bounds;
mod guest;
mod login;
mod shown;
mod step_up;

use serde_json::{Value, json};

use crate::support::{Answer, Ws};

/// Returns the id of a demo's user.
pub(crate) fn id_of(owner: &mut Ws, name: &str) -> String {
    let users = owner.result("doorward/users/list", json!({}));
    let found = users.as_array().unwrap().iter().find(|user| user["name"] == name).cloned();
    found.unwrap_or_else(|| panic!("no {name} in {users}"))["id"].as_str().unwrap().to_owned()
}

/// Returns what somebody is logged in with on this page.
fn sessions(owner: &mut Ws, user_id: &str) -> Vec<Value> {
    let tokens = owner.result("doorward/tokens/list", json!({}));
    let on_page = |token: &&Value| {
        token["user_id"] == user_id && token["client_id"].as_str().is_some_and(|client| client.ends_with("/doorward"))
    };
    tokens.as_array().unwrap().iter().filter(on_page).cloned().collect()
}

#[track_caller]
fn assert_has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

/// The login page, and nothing of the home.
#[track_caller]
fn assert_login(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").unwrap().starts_with("/doorward/login"), "{}", answer.head);
    assert_eq!(answer.text(), "");
}
