//! Second factors: set up on the profile page, asked for at login, lost, used up.

use std::time::{SystemTime, UNIX_EPOCH};

use auth_core::Timestamp;
use auth_login::totp::{TotpSecret, TotpStep};
use serde_json::{Value, json};

use crate::{
    import::log_in,
    support::{Server, Ws},
};

/// A login that has begun.
pub(crate) struct Login<'a> {
    server: &'a Server,
    client_id: String,
    path: String,
}

impl<'a> Login<'a> {
    pub(crate) fn begin(server: &'a Server) -> Self {
        let client_id = format!("http://{}/", server.address);
        let start = json!({"client_id": client_id, "handler": ["homeassistant", null], "redirect_uri": client_id});
        let flow = server.request("POST", "/auth/login_flow").json(&start).send().json();
        let path = format!("/auth/login_flow/{}", flow["flow_id"].as_str().unwrap());
        Self { server, client_id, path }
    }

    pub(crate) fn step(&self, mut members: Value) -> (u16, Value) {
        members["client_id"] = json!(self.client_id);
        let answer = self.server.request("POST", &self.path).json(&members).send();
        (answer.status, answer.json())
    }

    /// Gives the code of a login that is done, and returns the status of the answer.
    pub(crate) fn token_status(&self, done: &Value) -> u16 {
        let code = done["result"].as_str().unwrap_or_else(|| panic!("{done}"));
        let form = format!("grant_type=authorization_code&code={code}&client_id={}", self.client_id);
        self.server.request("POST", "/auth/token").form(&form).send().status
    }

    /// Gives the code of a login that is done, for an access token.
    pub(crate) fn redeem(&self, done: &Value) -> String {
        let code = done["result"].as_str().unwrap_or_else(|| panic!("{done}"));
        let form = format!("grant_type=authorization_code&code={code}&client_id={}", self.client_id);
        let tokens = self.server.request("POST", "/auth/token").form(&form).send().json();
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    fn password(&self, user: &str) -> Value {
        self.step(json!({"username": user, "password": format!("{user}-pass")})).1
    }

    pub(crate) fn code(&self, code: &str) -> (u16, Value) {
        self.step(json!({"code": code}))
    }
}

fn now() -> Timestamp {
    let secs = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_secs(i64::try_from(secs).unwrap())
}

/// Returns the code of this half minute, or of one before or after it.
pub(crate) fn code(secret: &str, steps: i64) -> String {
    TotpSecret::parse(secret).unwrap().code(TotpStep::at(now().plus_secs(30 * steps)))
}

/// Opens a WebSocket with a session of a demo's user that began with a login.
pub(crate) fn logged_in(server: &Server, user: &str) -> Ws {
    logged_in_with(server, user, &format!("{user}-pass"))
}

pub(crate) fn logged_in_with(server: &Server, user: &str, password: &str) -> Ws {
    Ws::open(&server.address, &log_in(server, user, password).unwrap())
}

/// Sets a factor up. Returns its secret and the recovery codes.
pub(crate) fn enrol(user: &mut Ws) -> (String, Vec<String>) {
    let form = user.result("auth/setup_mfa", json!({"mfa_module_id": "totp"}));
    let secret = form["description_placeholders"]["code"].as_str().unwrap().to_owned();
    loop {
        let flow = json!({"flow_id": form["flow_id"], "user_input": {"code": code(&secret, 0)}});
        let done = user.result("auth/setup_mfa", flow);
        // The half minute may have ended in between.
        if done["type"] == "create_entry" {
            let codes = done["data"]["recovery_codes"].as_array().unwrap();
            return (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect());
        }
    }
}

#[test]
fn the_profile_page_sets_a_factor_up() {
    let server = Server::demo();
    let mut kitchen = logged_in(&server, "kitchen");
    let modules = |ws: &mut Ws| ws.result("auth/current_user", json!({}))["mfa_modules"].clone();
    assert_eq!(modules(&mut kitchen), json!([{"id": "totp", "name": "Authenticator app", "enabled": false}]));
    assert_eq!(kitchen.refused("auth/setup_mfa", json!({"mfa_module_id": "sms"})), "no_module");
    assert_eq!(kitchen.refused("auth/setup_mfa", json!({})), "invalid_format");
    let form = kitchen.result("auth/setup_mfa", json!({"mfa_module_id": "totp"}));
    assert_eq!((&form["type"], &form["step_id"], &form["errors"]), (&json!("form"), &json!("init"), &json!({})));
    let shown = &form["description_placeholders"];
    assert!(shown["qr_code"].as_str().unwrap().contains("<svg"));
    let url = format!("otpauth://totp/Home%20Assistant:kitchen?secret={}&", shown["code"].as_str().unwrap());
    assert!(shown["url"].as_str().unwrap().starts_with(&url), "{shown}");
    let wrong = json!({"flow_id": form["flow_id"], "user_input": {"code": "000000"}});
    assert_eq!(kitchen.result("auth/setup_mfa", wrong)["errors"]["base"], "invalid_code");
    // Until it is proved, nothing has changed; nobody else goes on with it.
    assert_eq!(Login::begin(&server).password("kitchen")["type"], "create_entry");
    let mut other = server.ws_as("reader");
    let stolen = json!({"flow_id": form["flow_id"], "user_input": {"code": "000000"}});
    assert_eq!(other.refused("auth/setup_mfa", stolen), "not_found");

    let (secret, codes) = enrol(&mut kitchen);
    assert_eq!(codes.len(), 10);
    assert_eq!(modules(&mut kitchen)[0]["enabled"], true);
    assert_eq!(kitchen.refused("auth/setup_mfa", json!({"mfa_module_id": "totp"})), "not_allowed");
    // A token that lies about in a program changes nothing of how its user logs in.
    let mut program = server.ws_as("kitchen");
    assert_eq!(program.refused("auth/depose_mfa", json!({"mfa_module_id": "totp"})), "not_allowed");
    assert_eq!(program.refused("doorward/recovery_codes/renew", json!({})), "not_allowed");
    assert_eq!(Login::begin(&server).password("kitchen")["step_id"], "mfa");
    assert_eq!(kitchen.result("auth/depose_mfa", json!({"mfa_module_id": "totp"})), "done");
    assert_eq!(program.refused("auth/setup_mfa", json!({"mfa_module_id": "totp"})), "not_allowed");
    assert_eq!(Login::begin(&server).password("kitchen")["type"], "create_entry");
    assert!(!server.log().contains(&secret));
}

#[test]
fn a_login_needs_the_code_once_each() {
    let server = Server::demo();
    let (secret, codes) = enrol(&mut logged_in(&server, "reader"));
    let login = Login::begin(&server);
    let form = login.password("reader");
    assert_eq!((&form["step_id"], &form["errors"]), (&json!("mfa"), &json!({})), "{form}");
    assert_eq!(form["description_placeholders"]["mfa_module_id"], "totp");
    assert_eq!(login.code("").1["errors"]["base"], "invalid_code");
    // Neither both at once nor the first step again.
    assert_eq!(login.step(json!({"username": "reader", "password": "reader-pass", "code": "1"})).0, 400);
    assert_eq!(login.step(json!({"username": "reader", "password": "reader-pass"})).0, 400);
    let next = code(&secret, 1);
    let (status, done) = login.code(&next);
    assert_eq!((status, &done["type"]), (200, &json!("create_entry")), "{done}");
    let form = format!(
        "grant_type=authorization_code&code={}&client_id={}",
        done["result"].as_str().unwrap(),
        login.client_id
    );
    assert_eq!(server.request("POST", "/auth/token").form(&form).send().status, 200);
    assert_eq!(login.code(&next).0, 404, "the flow is gone");

    // The same code again, whoever has seen it.
    let login = Login::begin(&server);
    login.password("reader");
    assert_eq!(login.code(&next).1["errors"]["base"], "invalid_code");
    assert_eq!(login.code(&codes[2].to_uppercase()).1["type"], "create_entry");
    let login = Login::begin(&server);
    login.password("reader");
    assert_eq!(login.code(&codes[2]).1["errors"]["base"], "invalid_code", "used up");
    assert_eq!(login.code(&codes[3]).1["type"], "create_entry");

    // A phone that is lost.
    let mut admin = server.ws_as("admin");
    let users = admin.result("doorward/users/list", json!({}));
    let id_of = |name: &str| {
        let user = users.as_array().unwrap().iter().find(|user| user["username"] == name).unwrap();
        (user["id"].clone(), user["has_second_factor"].clone())
    };
    assert_eq!(id_of("reader").1, true);
    let mut reader = server.ws_as("reader");
    assert_eq!(
        reader.refused("doorward/users/remove_second_factor", json!({"user_id": id_of("reader").0})),
        "unauthorized"
    );
    admin.result("doorward/users/remove_second_factor", json!({"user_id": id_of("reader").0}));
    assert_eq!(Login::begin(&server).password("reader")["type"], "create_entry");
    assert_eq!(
        admin.refused("doorward/users/remove_second_factor", json!({"user_id": id_of("reader").0})),
        "not_found"
    );
    enrol(&mut logged_in(&server, "owner"));
    let owners = json!({"user_id": id_of("owner").0});
    assert_eq!(admin.refused("doorward/users/remove_second_factor", owners), "unauthorized");

    let list = admin.result("doorward/audit/list", json!({"user": id_of("reader").0, "limit": 100}));
    let actions: Vec<_> = list["records"].as_array().unwrap().iter().map(|r| r["action"].as_str().unwrap()).collect();
    for wanted in ["prove_factor", "use_recovery_code", "remove_factor_of", "login"] {
        assert!(actions.contains(&wanted), "{wanted} in {actions:?}");
    }
    let text = list.to_string();
    assert!(!text.contains(&secret) && !text.contains(&codes[2]) && !text.contains(&codes[5]));
}

#[test]
fn codes_cannot_be_guessed() {
    let server = Server::demo();
    enrol(&mut logged_in(&server, "areas"));
    let login = Login::begin(&server);
    login.password("areas");
    let mut seen = Vec::new();
    for _ in 0..12 {
        let (status, answer) = login.code("000000");
        seen.push(match status {
            429 => "wait",
            404 => "gone",
            _ if answer["type"] == "abort" => "abort",
            _ => "again",
        });
    }
    // The password and four codes, then waiting, as for wrong passwords.
    assert_eq!(seen[..4], ["again"; 4], "{seen:?}");
    assert!(seen[4..].iter().all(|what| ["wait", "abort", "gone"].contains(what)), "{seen:?}");
    // A right password does not start anew.
    let (status, _) = Login::begin(&server).step(json!({"username": "areas", "password": "areas-pass"}));
    assert_eq!(status, 429);
    // Somebody else at the same address waits for the address alone, which is free for a while.
    drop(server);
}

#[test]
fn a_factor_and_what_was_used_of_it_survive_a_restart() {
    let dir = crate::cli::home("{}");
    let data = dir.0.to_str().unwrap();
    let (secret, codes, used) = {
        let server = Server::serve(&dir.0, &[]);
        let (secret, codes) = enrol(&mut Ws::open(&server.address, &log_in(&server, "ann", "secret").unwrap()));
        let login = Login::begin(&server);
        login.step(json!({"username": "ann", "password": "secret"}));
        let used = code(&secret, 1);
        assert_eq!(login.code(&used).1["type"], "create_entry");
        (secret, codes, used)
    };
    let server = Server::serve(&dir.0, &[]);
    let login = Login::begin(&server);
    assert_eq!(login.step(json!({"username": "ann", "password": "secret"})).1["step_id"], "mfa");
    assert_eq!(login.code(&used).1["errors"]["base"], "invalid_code");
    assert_eq!(login.code(&codes[0]).1["type"], "create_entry");
    drop(server);
    assert!(!std::fs::read(dir.0.join("home.db")).unwrap().windows(19).any(|w| w == codes[1].as_bytes()));
    crate::cli::done(&crate::support::server::doorward(&["user", "reset-mfa", "--data", data, "ann"]));
    let server = Server::serve(&dir.0, &[]);
    let login = Login::begin(&server);
    assert_eq!(login.step(json!({"username": "ann", "password": "secret"})).1["type"], "create_entry");
    drop(secret);
}

#[test]
fn no_detour_leads_round_a_factor_of_ones_own() {
    let server = Server::demo();
    let mut before = logged_in(&server, "owner");
    let own = before.result("auth/current_user", json!({}))["id"].clone();
    // A login that was done while the password was enough, and is kept for later.
    let login = Login::begin(&server);
    let done = login.password("owner");
    let mut second = logged_in(&server, "owner");
    let form = second.result("auth/setup_mfa", json!({"mfa_module_id": "totp"}));
    let (secret, _) = enrol(&mut logged_in(&server, "owner"));
    assert_eq!(login.token_status(&done), 400, "it showed no second factor");
    // Whoever comes second does not replace what the first has set up.
    let other = form["description_placeholders"]["code"].as_str().unwrap().to_owned();
    let prove = json!({"flow_id": form["flow_id"], "user_input": {"code": code(&other, 0)}});
    let refused = second.refused("auth/setup_mfa", prove);
    assert!(["not_found", "not_allowed"].contains(&refused.as_str()), "{refused}");
    // The administrators' command is for others.
    let theirs = json!({"user_id": own});
    assert_eq!(before.refused("doorward/users/remove_second_factor", theirs.clone()), "step_up_required");
    let mut program = server.ws_as("owner");
    assert_eq!(program.refused("doorward/users/remove_second_factor", theirs.clone()), "not_allowed");
    assert_eq!(
        program.refused(
            "doorward/identities/link",
            json!({
                "user_id": own, "issuer": "https://id.example", "subject": "thief",
            })
        ),
        "not_allowed"
    );
    before.result("doorward/step_up/show", json!({"code": code(&secret, 1)}));
    before.result("doorward/users/remove_second_factor", theirs);
}
