//! Signing in with a provider that somebody else wrote: npm's `oidc-provider` under Node, over real HTTP.
//!
//! `cargo xtask test` installs it and runs these.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]
#![expect(dead_code, reason = "what helps other tests is shared with them")]

mod browser;
mod node;
#[path = "../it/support/mod.rs"]
mod support;

use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use browser::{Browser, End};
use node::{Kind, Node};
use serde_json::{Value, json};
use support::{Server, Temporary, Ws, server::doorward};

const SECRET: &str = "a secret of: the tests";
const MAPPED: &str =
    "groups_claim = \"groups\"\n[single_sign_on.groups]\nstaff = [\"family\"]\nbosses = [\"system-admin\"]";

struct Home {
    node: Node,
    server: Server,
    owner: String,
    _data: Temporary,
}

fn run(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    let mut process = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Home {
    /// Returns a home with an owner and the group `family`, beside a provider.
    fn new(kind: Kind<'_>, more: &str) -> Self {
        let (mut node, data) = (Node::start(kind), Temporary::new());
        let at = data.0.to_str().unwrap().to_owned();
        run(&["user", "create", "--data", &at, "owner", "--group", "system-admin"], "secret\n");
        let owner = run(&["token", "create", "--data", &at, "--user", "owner", "--name", "test"], "");
        let policy = data.0.join("policy.json");
        std::fs::write(&policy, r#"{"entities": {"domains": {"light": true}}}"#).unwrap();
        run(&["group", "set", "--data", &at, "family", "--policy", policy.to_str().unwrap()], "");
        let config = data.0.join("doorward.toml");
        let secret = data.0.join("secret");
        std::fs::write(&secret, SECRET).unwrap();
        let file = kind.secret.map(|_| format!("client_secret_file = {secret:?}\n")).unwrap_or_default();
        let issuer = &node.issuer;
        let text = format!(
            "[http]\ncors_allowed_origins = [\"https://app.example\"]\n[[single_sign_on]]\nid = \"node\"\nissuer = \"{issuer}\"\nlocal = true\nclient_id = \"hub\"\n{file}{more}\n"
        );
        std::fs::write(&config, text).unwrap();
        assert!(doorward(&["check-config", "--config", config.to_str().unwrap()]).status.success());
        let server = Server::serve(&data.0, &["--config", config.to_str().unwrap()]);
        let callback = format!("http://{}/auth/oidc/node/callback", server.address);
        node.tell(&json!({"redirect_uris": [callback]}));
        Self { node, server, owner, _data: data }
    }

    fn groups(&mut self, of: Value) {
        self.node.tell(&json!({"groups": of}));
    }

    /// Signs in at a client; returns where the browser is in the end.
    fn visit(&self, browser: &mut Browser, login: &str) -> End {
        let client = "https%3A%2F%2Fapp.example%2F";
        let path =
            format!("/auth/oidc/node/start?response_type=code&client_id={client}&redirect_uri={client}&state=mine");
        browser.open(&format!("http://{}{path}", self.server.address), login)
    }

    /// Signs in, to an access token; else what the browser shows.
    fn sign_in(&self, browser: &mut Browser, login: &str) -> Result<String, (u16, String)> {
        let end = self.visit(browser, login);
        if let Some(answer) = end.answer {
            return Err((answer.status, answer.text()));
        }
        let code = end.url.strip_prefix("https://app.example/?code=").unwrap_or_else(|| panic!("{}", end.url));
        let code = code.strip_suffix("&state=mine").unwrap();
        let form = format!("grant_type=authorization_code&code={code}&client_id=https%3A%2F%2Fapp.example%2F");
        let tokens = self.server.request("POST", "/auth/token").form(&form).send().json();
        Ok(tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned())
    }

    fn me(&self, token: &str) -> Value {
        Ws::open(&self.server.address, token).result("auth/current_user", json!({}))
    }

    fn groups_of(&self, name: &str) -> Value {
        let users = Ws::open(&self.server.address, &self.owner).result("doorward/users/list", json!({}));
        let user = users.as_array().unwrap().iter().find(|user| user["name"] == name).cloned();
        user.map(|user| user["group_ids"].clone()).unwrap_or_default()
    }
}

/// A whole life of an account: made, promoted, dismissed.
#[track_caller]
fn check(kind: Kind<'_>) {
    let mut home = Home::new(kind, &format!("create_users = true\n{MAPPED}"));
    let mut browser = Browser::default();
    home.groups(json!({"ada": ["staff", "others"]}));
    let token = home.sign_in(&mut browser, "ada").unwrap();
    let ada = "ada of the tests";
    assert_eq!(home.me(&token)["name"], ada);
    assert_eq!(home.groups_of(ada), json!(["family"]));
    assert_eq!(browser.n_cookies(&home.server.address), 0, "the hub leaves no cookie behind");
    home.groups(json!({"ada": ["bosses"]}));
    home.sign_in(&mut browser, "ada").unwrap();
    assert_eq!(home.groups_of(ada), json!(["system-admin"]));
    assert_eq!(home.me(&token)["is_admin"], true);
    home.groups(json!({}));
    home.sign_in(&mut browser, "ada").unwrap();
    assert_eq!(home.groups_of(ada), json!([]));
    assert_eq!(home.me(&token)["is_admin"], false);
    // Somebody else is another user.
    let token = home.sign_in(&mut Browser::default(), "eve").unwrap();
    assert_eq!(home.me(&token)["name"], "eve of the tests");
}

#[test]
fn a_client_with_a_secret_and_groups_in_the_token() {
    check(Kind { secret: Some(SECRET), in_token: true, port: None });
}

#[test]
fn a_public_client_and_groups_at_the_user_info_endpoint() {
    check(Kind::default());
}

#[test]
fn an_account_that_nobody_has_linked_is_let_in_once_it_is() {
    let home = Home::new(Kind::default(), MAPPED);
    let (status, text) = home.sign_in(&mut Browser::default(), "ada").unwrap_err();
    assert!(status == 403 && text.contains("subject: ada\n"), "{status} {text}");
    let mut owner = Ws::open(&home.server.address, &home.owner);
    let user = owner.result("doorward/users/create", json!({"name": "A"}));
    let link = json!({"user_id": user["id"], "issuer": home.node.issuer, "subject": "ada"});
    owner.result("doorward/identities/link", link);
    let token = home.sign_in(&mut Browser::default(), "ada").unwrap();
    assert_eq!(home.me(&token)["id"], user["id"]);
    assert_eq!(home.sign_in(&mut Browser::default(), "eve").unwrap_err().0, 403);
}

#[test]
fn a_provider_that_is_killed_and_comes_back_with_other_keys() {
    let mut home = Home::new(Kind::default(), &format!("create_users = true\n{MAPPED}"));
    home.sign_in(&mut Browser::default(), "ada").unwrap();
    let port = home.node.port();
    let callback = format!("http://{}/auth/oidc/node/callback", home.server.address);
    home.node.kill();
    let end = Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(home.server.request("GET", "/auth/oidc").send().status, 200);
    home.node = Node::start(Kind { port: Some(port), ..Kind::default() });
    home.node.tell(&json!({"redirect_uris": [callback]}));
    home.sign_in(&mut Browser::default(), "ada").unwrap();
}
