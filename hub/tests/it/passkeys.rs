//! Passkeys: added on top of an authenticator app, shown at the login and for what needs it lately.

use serde_json::{Value, json};

use crate::{
    cli::{done, home, refused},
    import::log_in,
    second_factor::{Login, code, enrol},
    support::{Server, Temporary, Ws, authenticator::Authenticator, server::doorward},
};

pub(crate) const ORIGIN: &str = "https://home.example";

pub(crate) fn serve(dir: &Temporary) -> Server {
    let file = dir.0.join("doorward.toml");
    std::fs::write(&file, format!("[passkeys]\norigin = \"{ORIGIN}\"\n")).unwrap();
    Server::serve(&dir.0, &["--config", file.to_str().unwrap()])
}

/// Adds a passkey of Ann's, who has an authenticator app. Returns her session, the passkey and the app's secret.
fn add(server: &Server) -> (Ws, Authenticator, String) {
    let mut ann = Ws::open(&server.address, &log_in(server, "ann", "secret").unwrap());
    assert_eq!(ann.refused("doorward/passkeys/register", json!({})), "not_found", "an app first");
    let (secret, _) = enrol(&mut ann);
    let options = ann.result("doorward/passkeys/register", json!({}));
    assert_eq!(options["publicKey"]["authenticatorSelection"]["userVerification"], "required", "{options}");
    let mut passkey = Authenticator::new(ORIGIN);
    let credential = passkey.create(&options);
    let added = ann.result("doorward/passkeys/add", json!({"name": "phone", "credential": credential}));
    assert_eq!((&added["name"], &added["id"]), (&json!("phone"), &credential["id"]));
    // Each question is answered once.
    assert_eq!(ann.refused("doorward/passkeys/add", json!({"name": "phone", "credential": credential})), "not_found");
    (ann, passkey, secret)
}

/// Gives the right password, and returns the login and what is asked of a passkey.
fn half_way(server: &Server) -> (Login<'_>, Value) {
    let login = Login::begin(server);
    let form = login.step(json!({"username": "ann", "password": "secret"})).1;
    assert_eq!((&form["step_id"], &form["data_schema"][0]["name"]), (&json!("mfa"), &json!("code")), "{form}");
    (login, form["passkey"].clone())
}

#[test]
fn a_passkey_opens_the_door_and_only_as_it_was_asked_for() {
    let dir = home("{}");
    let server = serve(&dir);
    let (mut ann, mut passkey, secret) = add(&server);
    let (login, asked) = half_way(&server);
    let (status, done) = login.step(json!({"passkey": passkey.get(&asked)}));
    assert_eq!((status, &done["type"]), (200, &json!("create_entry")), "{done}");
    let list = ann.result("doorward/passkeys/list", json!({}));
    assert_eq!(list["available"], true);
    assert!(list["passkeys"][0]["last_used_at"].is_string(), "{list}");

    // An answer to another question, a page of another name, nobody verified, a copy of the key, another key.
    let refused = |login: &Login<'_>, shown: Value| {
        let (status, form) = login.step(json!({"passkey": shown}));
        assert_eq!((status, &form["errors"]["base"]), (200, &json!("invalid_code")), "{form}");
        form["passkey"].clone()
    };
    let (login, asked) = half_way(&server);
    let right = passkey.get(&asked);
    let asked = refused(&login, passkey.get(&half_way(&server).1));
    // Four wrong ones are free, as of passwords; a right login clears them.
    assert_eq!(login.step(json!({"passkey": passkey.get(&asked)})).1["type"], "create_entry");
    let (login, _) = half_way(&server);
    let asked = refused(&login, right);
    assert_eq!(login.step(json!({"passkey": "nonsense"})).0, 400);
    assert_eq!(login.step(json!({"passkey": passkey.get(&asked)})).1["type"], "create_entry");
    let (login, asked) = half_way(&server);
    passkey.origin = "https://evil.example".to_owned();
    let asked = refused(&login, passkey.get(&asked));
    passkey.origin = ORIGIN.to_owned();
    assert_eq!(login.step(json!({"passkey": passkey.get(&asked)})).1["type"], "create_entry");
    let (login, asked) = half_way(&server);
    passkey.verifies = false;
    let asked = refused(&login, passkey.get(&asked));
    passkey.verifies = true;
    assert_eq!(login.step(json!({"passkey": passkey.get(&asked)})).1["type"], "create_entry");
    let (login, asked) = half_way(&server);
    passkey.forget_last_use();
    let asked = refused(&login, passkey.get(&asked));
    refused(&login, Authenticator::new(ORIGIN).get(&asked));
    // A second one, under a name of its own; the browser is told of the first.
    let options = ann.result("doorward/passkeys/register", json!({}));
    assert_eq!(options["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1, "{options}");
    let credential = Authenticator::new(ORIGIN).create(&options);
    ann.result("doorward/passkeys/add", json!({"name": "key", "credential": credential}));
    assert_eq!(ann.refused("doorward/passkeys/remove", json!({"passkey_id": "none"})), "not_found");
    ann.result("doorward/passkeys/remove", json!({"passkey_id": credential["id"]}));
    assert_eq!(ann.result("doorward/passkeys/list", json!({}))["passkeys"].as_array().unwrap().len(), 1);
    // The app's code does as well, as on pages that know no passkeys.
    assert_eq!(login.code(&code(&secret, 1)).1["type"], "create_entry");
    assert!(!server.log().contains("panicked"));
}

#[test]
fn a_passkey_is_shown_for_what_is_dangerous_and_survives_a_restart() {
    let dir = home("{}");
    let mut server = serve(&dir);
    let (mut ann, mut passkey, _) = add(&server);
    ann.result("doorward/step_up/set", json!({"required": true, "minutes": 5}));
    let data = dir.0.to_str().unwrap();
    _ = server.terminate(std::time::Duration::from_secs(10));
    let token = done(&doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "x"]));
    let server = serve(&dir);
    let mut token = Ws::open(&server.address, token.trim());
    assert_eq!(token.refused("doorward/groups/set", json!({"group_id": "x"})), "step_up_required");
    let asked = token.result("doorward/passkeys/challenge", json!({}));
    // What another session asked for does not help this one.
    let mut other = Ws::open(&server.address, &log_in_with(&server, &mut passkey));
    let others = other.result("doorward/passkeys/challenge", json!({}));
    let shown = passkey.get(&others);
    assert_eq!(token.refused("doorward/step_up/show", json!({"passkey": shown})), "invalid_code");
    let asked_again = token.result("doorward/passkeys/challenge", json!({}));
    assert_ne!(asked, asked_again);
    token.result("doorward/step_up/show", json!({"passkey": passkey.get(&asked_again)}));
    token.result("doorward/groups/set", json!({"group_id": "x"}));
    assert_eq!(token.refused("doorward/step_up/show", json!({})), "invalid_format");

    // A program's token neither adds nor removes; taking the second factor away takes passkeys along.
    assert_eq!(token.refused("doorward/passkeys/register", json!({})), "not_allowed");
    other.result("auth/depose_mfa", json!({"mfa_module_id": "totp"}));
    assert_eq!(other.result("doorward/passkeys/list", json!({}))["passkeys"], json!([]));
    assert!(log_in(&server, "ann", "secret").is_ok());
    let trail = other.result("doorward/audit/list", json!({"trail": "access"})).to_string();
    assert!(trail.contains("add_passkey") && trail.contains("\"phone\""), "{trail}");
}

fn log_in_with(server: &Server, passkey: &mut Authenticator) -> String {
    let (login, asked) = half_way(server);
    let done = login.step(json!({"passkey": passkey.get(&asked)})).1;
    login.redeem(&done)
}

#[test]
fn a_hub_that_was_told_no_origin_takes_none_and_says_so() {
    let dir = home("{}");
    let server = Server::serve(&dir.0, &[]);
    let mut ann = Ws::open(&server.address, &log_in(&server, "ann", "secret").unwrap());
    assert_eq!(ann.result("doorward/passkeys/list", json!({})), json!({"available": false, "passkeys": []}));
    let answer = ann.call("doorward/passkeys/register", json!({}));
    assert!(answer["error"]["message"].as_str().unwrap().contains("names no origin"), "{answer}");
    drop(server);
    let file = dir.0.join("doorward.toml");
    for (origin, says) in [
        ("http://home.example", "is not https"),
        ("https://192.0.2.1", "is an address"),
        ("https://home.example/path", "is no origin"),
        ("home", "is no origin"),
    ] {
        std::fs::write(&file, format!("[passkeys]\norigin = \"{origin}\"\n")).unwrap();
        refused(&doorward(&["check-config", "--config", file.to_str().unwrap()]), says);
    }
}
