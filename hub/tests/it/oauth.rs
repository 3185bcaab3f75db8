//! The sentence that the project started from, over the wire: the token endpoint answers 401 to a refresh, the entry is
//! in `setup_error`, and exactly one reauthentication is open.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Answer, Server, Temporary, Ws, cloud::Cloud, server::doorward};

const FLOW: &str = "/api/config/config_entries/flow";

/// A served home with an owner, beside a cloud.
struct Home {
    cloud: Cloud,
    data: Temporary,
    server: Server,
    token: String,
}

fn make_owner(data: &Path) -> String {
    let data = data.to_str().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    let command = command.args(["user", "create", "--data", data, "owner", "--group", "system-admin"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(b"owner-pass\n").unwrap();
    assert!(process.wait().unwrap().success());
    let made = doorward(&["token", "create", "--data", data, "--user", "owner", "--name", "test"]);
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

impl Home {
    fn new() -> Self {
        let data = Temporary::new();
        let token = make_owner(&data.0);
        let home = Self { cloud: Cloud::start(), server: Server::serve(&data.0, &[]), data, token };
        let credential = json!({"domain": "rest_oauth", "client_id": "hub", "client_secret": "hush-hush"});
        let made = home.ws().result("application_credentials/create", credential);
        assert!(!made.to_string().contains("hush-hush"));
        home
    }

    fn ws(&self) -> Ws {
        Ws::open(&self.server.address, &self.token)
    }

    /// Pulls the plug and starts the hub again.
    fn power_cut(&mut self) {
        self.server.kill();
        self.server = Server::serve(&self.data.0, &[]);
    }

    fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let base = format!("http://{}", self.server.address);
        let request = self.server.request(method, path).token(&self.token).header("HA-Frontend-Base", &base);
        match body {
            Some(body) => request.json(&body).send(),
            None => request.send(),
        }
    }

    /// Comes back from the cloud's page to the hub, as a browser does.
    fn come_back(&self, external: &Value) -> Answer {
        let url = external["url"].as_str().unwrap_or_else(|| panic!("no page: {external}"));
        let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();
        self.server.request("GET", &format!("/auth/external/callback?state={state}&code=yes")).send()
    }

    /// Signs in with the flow that shows a page elsewhere; returns what it comes to.
    fn sign_in(&self, external: &Value) -> Value {
        let back = self.come_back(external);
        assert_eq!((back.status, back.text().as_str()), (200, "<script>window.close()</script>"));
        let flow = format!("{FLOW}/{}", external["flow_id"].as_str().unwrap());
        self.send("GET", &flow, None).json()
    }

    /// Adds the entry; returns its id.
    fn add(&self) -> String {
        let form = self.send("POST", FLOW, Some(json!({"handler": "rest_oauth"}))).json();
        let url = &self.cloud.url;
        let input = json!({
            "name": "Meter", "authorize_url": format!("{url}/authorize"), "token_url": format!("{url}/token"),
            "resource_url": format!("{url}/resource"), "account_path": "account.id", "local": true,
            "sensors": "Power = power W",
        });
        let external = self.send("POST", &format!("{FLOW}/{}", form["flow_id"].as_str().unwrap()), Some(input)).json();
        assert_eq!(external["type"], "external", "{external}");
        let made = self.sign_in(&external);
        assert_eq!(made["type"], "create_entry", "{made}");
        made["result"]["entry_id"].as_str().unwrap().to_owned()
    }

    fn reload(&self, entry_id: &str) {
        let path = format!("/api/config/config_entries/entry/{entry_id}/reload");
        assert_eq!(self.send("POST", &path, None).status, 200);
    }

    fn entry(&self, entry_id: &str) -> Value {
        self.ws().result("config_entries/get_single", json!({"entry_id": entry_id}))["config_entry"].clone()
    }

    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(25);
        while !is_so() {
            assert!(Instant::now() < end, "waited in vain: {what}\n{}", self.server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn until_state(&self, entry_id: &str, state: &str) {
        self.until(state, || self.entry(entry_id)["state"] == state);
    }

    /// Returns the one flow that is in progress.
    fn only_flow(&self, entry_id: &str) -> String {
        let flows = self.ws().result("config_entries/flow/progress", json!({}));
        assert_eq!(flows.as_array().unwrap().len(), 1, "{flows}");
        assert_eq!(flows[0]["context"]["source"], "reauth");
        assert_eq!(flows[0]["context"]["entry_id"], entry_id);
        flows[0]["flow_id"].as_str().unwrap().to_owned()
    }

    fn refused(&self, entry_id: &str) -> String {
        self.until_state(entry_id, "setup_error");
        let entry = self.entry(entry_id);
        assert_eq!(entry["error_reason_translation_key"], "oauth2_helper_reauth_required", "{entry}");
        self.until("a flow", || self.ws().result("config_entries/flow/progress", json!({})) != json!([]));
        self.only_flow(entry_id)
    }

    /// Answers the reauthentication up to the page elsewhere.
    fn begin_reauth(&self, flow_id: &str) -> Value {
        self.send("POST", &format!("{FLOW}/{flow_id}"), Some(json!({}))).json()
    }

    fn is_mended(&self, entry_id: &str) {
        self.until_state(entry_id, "loaded");
        assert_eq!(self.ws().result("config_entries/flow/progress", json!({})), json!([]));
        assert_eq!(self.ws().result("repairs/list_issues", json!({})), json!({"issues": []}));
        let entries = self.ws().result("config_entries/get", json!({}));
        assert_eq!(entries.as_array().unwrap().len(), 1, "no second entry");
        let n_reads = self.cloud.get(|cloud| cloud.n_reads);
        self.until("a value, read with the new token", || {
            self.cloud.get(|cloud| cloud.n_reads) > n_reads || self.power() == "42"
        });
        assert_eq!(self.cloud.get(|cloud| cloud.n_replays), 0, "a refresh token was used twice");
    }

    fn power(&self) -> String {
        let states = self.ws().result("get_states", json!({}));
        let state = states.as_array().unwrap().iter().find(|s| s["entity_id"].as_str().unwrap().ends_with("power"));
        state.and_then(|state| state["state"].as_str().map(str::to_owned)).unwrap_or_default()
    }
}

#[test]
fn a_refused_refresh_is_setup_error_and_one_reauthentication() {
    let home = Home::new();
    let id = home.add();
    home.until_state(&id, "loaded");
    home.cloud.set(|cloud| cloud.refuses = Some(401));
    home.reload(&id);
    let flow = home.refused(&id);
    let issues = home.ws().result("repairs/list_issues", json!({}));
    assert_eq!(issues["issues"][0]["issue_id"], format!("config_entry_reauth_rest_oauth_{id}"));

    // Ten at once.
    std::thread::scope(|scope| {
        (0..10).for_each(|_| _ = scope.spawn(|| home.reload(&id)));
    });
    let again = home.refused(&id);
    assert_ne!(flow, again, "a reload ends the flow, and its refusal starts another");

    home.cloud.set(|cloud| cloud.refuses = None);
    let done = home.sign_in(&home.begin_reauth(&again));
    assert_eq!((&done["type"], &done["reason"]), (&json!("abort"), &json!("reauth_successful")), "{done}");
    home.is_mended(&id);
    // Nothing of it is in the log, nor anywhere that clients see.
    let log = home.server.log();
    assert!(!log.contains("refresh-") && !log.contains("access-") && !log.contains("hush-hush"), "{log}");
}

#[test]
fn the_plug_is_pulled_between_each_two_steps() {
    let mut home = Home::new();
    let id = home.add();
    home.cloud.set(|cloud| cloud.refuses = Some(401));
    home.power_cut();
    let first = home.refused(&id);
    home.power_cut();
    let second = home.refused(&id);
    assert_ne!(first, second);
    assert_eq!(home.begin_reauth(&first)["message"], "Invalid flow specified");
    let external = home.begin_reauth(&second);
    home.power_cut();
    let stale = home.come_back(&external);
    assert_eq!((stale.status, stale.text().as_str()), (400, "Invalid state"), "signed by a hub that is no more");
    let external = home.begin_reauth(&home.refused(&id));
    assert_eq!(home.come_back(&external).status, 200);
    home.power_cut();
    let external = home.begin_reauth(&home.refused(&id));
    // Good for a while: a token that is rotated while the plug is pulled is lost, as with any server that gives no grace.
    home.cloud.set(|cloud| (cloud.refuses, cloud.expires_in) = (None, 3600));
    assert_eq!(home.sign_in(&external)["reason"], "reauth_successful");
    home.power_cut();
    home.is_mended(&id);
}

#[test]
fn an_ignored_issue_is_ignored_until_it_is_settled() {
    let mut home = Home::new();
    let id = home.add();
    home.until_state(&id, "loaded");
    let is_ignored = |home: &Home| home.ws().result("repairs/list_issues", json!({}))["issues"][0]["ignored"].clone();
    home.cloud.set(|cloud| cloud.refuses = Some(401));
    home.reload(&id);
    home.refused(&id);
    assert_eq!(is_ignored(&home), false);
    let issue_id = format!("config_entry_reauth_rest_oauth_{id}");
    let wish = json!({"domain": "homeassistant", "issue_id": issue_id, "ignore": true});
    home.ws().result("repairs/ignore_issue", wish);
    home.power_cut();
    let flow = home.refused(&id);
    assert_eq!(is_ignored(&home), true, "it is the same issue");
    home.cloud.set(|cloud| (cloud.refuses, cloud.expires_in) = (None, 3600));
    assert_eq!(home.sign_in(&home.begin_reauth(&flow))["reason"], "reauth_successful");
    home.is_mended(&id);

    home.cloud.set(|cloud| (cloud.refuses, cloud.resource_refuses) = (Some(401), true));
    home.reload(&id);
    home.refused(&id);
    assert_eq!(is_ignored(&home), false, "it is a new one");
    home.power_cut();
    home.refused(&id);
    assert_eq!(is_ignored(&home), false);
}

#[test]
fn refused_at_run_time_the_entry_stays_loaded() {
    let home = Home::new();
    home.cloud.set(|cloud| cloud.expires_in = 3600);
    let id = home.add();
    home.until("a value", || home.power() == "42");
    let options = home.send("POST", "/api/config/config_entries/options/flow", Some(json!({"handler": id}))).json();
    let path = format!("/api/config/config_entries/options/flow/{}", options["flow_id"].as_str().unwrap());
    let input = json!({"scan_interval": 10, "sensors": "Power = power W"});
    let n_reads = home.cloud.get(|cloud| cloud.n_reads);
    assert_eq!(home.send("POST", &path, Some(input)).json()["type"], "create_entry");
    // It is reloaded with its new options.
    home.until("a value", || home.cloud.get(|cloud| cloud.n_reads) > n_reads && home.entry(&id)["state"] == "loaded");
    home.cloud.set(|cloud| (cloud.refuses, cloud.resource_refuses) = (Some(401), true));
    home.until("a flow", || home.ws().result("config_entries/flow/progress", json!({})) != json!([]));
    let flow = home.only_flow(&id);
    assert_eq!(home.entry(&id)["state"], "loaded");
    home.cloud.set(|cloud| (cloud.refuses, cloud.resource_refuses) = (None, false));
    assert_eq!(home.sign_in(&home.begin_reauth(&flow))["reason"], "reauth_successful");
    home.is_mended(&id);
}

#[test]
fn a_cloud_that_has_a_bad_moment_is_tried_again() {
    let home = Home::new();
    let id = home.add();
    for status in [500, 429, 408, 302] {
        home.cloud.set(|cloud| cloud.refuses = Some(status));
        home.reload(&id);
        home.until_state(&id, "setup_retry");
        assert_eq!(home.ws().result("config_entries/flow/progress", json!({})), json!([]), "{status}");
    }
    home.cloud.set(|cloud| cloud.refuses = None);
    home.is_mended(&id);
}

#[test]
fn a_state_opens_one_flow_once() {
    let home = Home::new();
    let form = home.send("POST", FLOW, Some(json!({"handler": "rest_oauth"}))).json();
    let url = &home.cloud.url;
    let input = json!({
        "name": "Meter", "authorize_url": format!("{url}/authorize"), "token_url": format!("{url}/token"),
        "resource_url": format!("{url}/resource"), "local": true, "sensors": "Power = power W",
    });
    let path = format!("{FLOW}/{}", form["flow_id"].as_str().unwrap());
    let external = home.send("POST", &path, Some(input)).json();
    let get = |query: &str| {
        let answer = home.server.request("GET", &format!("/auth/external/callback{query}")).send();
        (answer.status, answer.text())
    };
    assert_eq!(get(""), (200, "Missing state parameter".into()));
    for forged in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJmbG93X2lkIjoieCJ9."] {
        assert_eq!(get(&format!("?state={forged}&code=1")), (400, "Invalid state".into()));
    }
    let state = external["url"].as_str().unwrap().split("state=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(get(&format!("?state={state}")), (200, "Missing code or error parameter".into()));
    // What a caller posts is not what the page came back with.
    assert_eq!(home.send("POST", &path, Some(json!({"code": "mine"}))).json()["type"], "external");
    let state = home.send("GET", &path, None).json()["url"].as_str().unwrap().to_owned();
    let state = state.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert_eq!(get(&format!("?state={state}&code=1")).0, 200);
    assert_eq!(get(&format!("?state={state}&code=1")), (400, "Invalid state".into()), "once");
    assert_eq!(home.send("GET", &path, None).json()["type"], "create_entry");
    assert_eq!(get(&format!("?state={state}&code=1")), (400, "Invalid state".into()));
}
