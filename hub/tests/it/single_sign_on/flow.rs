//! A home beside a provider, and the way of a browser between them.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    cli::{done, home},
    support::{
        Answer, Request, Server, Temporary, Ws,
        identity::{CLIENT_ID, CLIENT_SECRET, Identity},
        server::doorward,
    },
};

/// A client elsewhere, whose answer goes to its own server; the pair of RFC 7636, appendix B.
pub(super) const CLIENT: &str = "https://app.example/";
pub(super) const REDIRECT: &str = "https://app.example/back?page=1";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A home with the owner `ann`, `gus` in the group `guests`, and the groups `family` and `pool`.
pub(super) struct Home {
    pub(super) provider: Identity,
    pub(super) server: Server,
    pub(super) ann: String,
    pub(super) data: Temporary,
}

/// A browser that was sent to a provider.
pub(super) struct Left {
    /// Which.
    id: String,
    pub(super) page: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) cookie: String,
    /// What the cookie is said to be besides name and value.
    pub(super) attributes: String,
}

/// What `corp` is configured with if nothing else is said.
pub(super) const MAPPED: &str = r#"
    groups_claim = "groups"
    [single_sign_on.groups]
    staff = ["family"]
    swimmers = ["pool", "family"]
    bosses = ["system-admin"]
"#;

pub(super) fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).unwrap()
}

pub(super) fn query_of(address: &str) -> BTreeMap<String, String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (decode(name), decode(value)));
    query.split('&').filter_map(pair).collect()
}

pub(super) fn header(answer: &Answer, name: &str) -> Option<String> {
    let mut lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

/// Writes the configuration of `corp`, and returns its path.
pub(super) fn configure(data: &Temporary, issuer: &str, more: &str) -> String {
    let secret = data.0.join("corp.secret");
    std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).unwrap();
    let file = data.0.join("doorward.toml");
    let origin = CLIENT.trim_end_matches('/');
    let text = format!(
        "[http]\ntrusted_proxies = [\"127.0.0.9\"]\ncors_allowed_origins = [\"{origin}\"]\n[[single_sign_on]]\nid = \"corp\"\nname = \"Corp & Co\"\n\
         issuer = \"{issuer}\"\nlocal = true\nclient_id = \"{CLIENT_ID}\"\nclient_secret_file = {secret:?}\n{more}\n"
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

impl Home {
    pub(super) fn new(more: &str) -> Self {
        Self::beside(Identity::start(), more)
    }

    pub(super) fn beside(provider: Identity, more: &str) -> Self {
        Self::with_log(provider, more, "warn")
    }

    pub(super) fn with_log(provider: Identity, more: &str, log: &str) -> Self {
        let data = home("{}");
        let at = data.0.to_str().unwrap();
        for group in ["family", "pool"] {
            let policy = data.0.join("guests.json");
            done(&doorward(&["group", "set", "--data", at, group, "--policy", policy.to_str().unwrap()]));
        }
        let config = configure(&data, &provider.issuer, more);
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", at, "--config", &config];
        let server = Server::start_with(&arguments, &data.0, &[("RUST_LOG", log)]);
        // A session, not a program's token: those change nothing of how their user signs in.
        let ann = crate::import::log_in(&server, "ann", "secret").unwrap();
        Self { provider, server, ann, data }
    }

    /// Pulls the plug and starts the hub again.
    pub(super) fn power_cut(&mut self) {
        self.server.kill();
        let config = self.data.0.join("doorward.toml");
        self.server = Server::serve(&self.data.0, &["--config", config.to_str().unwrap()]);
    }

    pub(super) fn owner(&self) -> Ws {
        Ws::open(&self.server.address, &self.ann)
    }

    pub(super) fn user(&self, name: &str) -> Value {
        let users = self.owner().result("doorward/users/list", json!({}));
        users.as_array().unwrap().iter().find(|user| user["name"] == name).cloned().unwrap_or(Value::Null)
    }

    pub(super) fn n_users(&self) -> usize {
        self.owner().result("doorward/users/list", json!({})).as_array().unwrap().len()
    }

    /// Links an account to `gus`; returns the link's id.
    pub(super) fn link(&self, subject: &str) -> String {
        self.link_to(&self.user("gus")["id"], subject)
    }

    pub(super) fn link_to(&self, user_id: &Value, subject: &str) -> String {
        let link = json!({"user_id": user_id, "issuer": self.provider.issuer, "subject": subject});
        let made = self.owner().result("doorward/identities/link", link);
        made["id"].as_str().unwrap().to_owned()
    }

    pub(super) fn start_path(redirect: &str, more: &str) -> String {
        format!(
            "/auth/oidc/corp/start?response_type=code&client_id={}&redirect_uri={}&state=s%26%3D%20t\
             &code_challenge={CHALLENGE}&code_challenge_method=S256{more}",
            encode(CLIENT),
            encode(redirect),
        )
    }

    pub(super) fn start(&self) -> Answer {
        self.server.request("GET", &Self::start_path(REDIRECT, "")).send()
    }

    /// Begins a login, to the point where the browser is at the provider.
    pub(super) fn leave(&self) -> Left {
        Left::of(&self.start())
    }

    /// The provider's part: gives a code, whose token will say this.
    pub(super) fn at_provider(&self, left: &Left, claims: &Value) -> String {
        left.at(&self.provider, claims)
    }

    /// Comes back with a code.
    pub(super) fn come_back(&self, left: &Left, code: &str) -> Answer {
        self.back(left, &format!("&code={code}")).header("Cookie", &left.cookie).send()
    }

    pub(super) fn back(&self, left: &Left, more: &str) -> Request {
        let path = format!("/auth/oidc/{}/callback?state={}{more}", left.id, left.query["state"]);
        self.server.request("GET", &path)
    }

    /// A whole login, to an access token; else what the browser shows in the end.
    pub(super) fn sign_in(&self, claims: &Value) -> Result<String, (u16, String)> {
        let left = self.leave();
        let code = self.at_provider(&left, claims);
        self.redeem(&self.come_back(&left, &code))
    }

    pub(super) fn redeem(&self, back: &Answer) -> Result<String, (u16, String)> {
        if back.status != 302 {
            return Err((back.status, back.text()));
        }
        let location = header(back, "location").unwrap();
        assert!(location.starts_with(&format!("{REDIRECT}&code=")), "{location}");
        let query = query_of(&location);
        assert_eq!(query["state"], "s&= t");
        let form = format!(
            "grant_type=authorization_code&code={}&client_id={}&code_verifier={VERIFIER}",
            query["code"],
            encode(CLIENT)
        );
        let tokens = self.server.request("POST", "/auth/token").form(&form).send();
        let token = tokens.json()["access_token"].as_str().map(str::to_owned);
        token.ok_or_else(|| (tokens.status, tokens.text()))
    }

    /// Returns the newest audit record that is like this.
    pub(super) fn recorded(&self, trail: &str, action: &str, outcome: &str) -> Value {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        loop {
            let found = self.owner().result("doorward/audit/list", json!({"trail": trail, "limit": 200}));
            let records = found["records"].as_array().unwrap_or_else(|| panic!("{found}")).clone();
            let is_it = |record: &&Value| record["action"] == action && record["outcome"] == outcome;
            if let Some(record) = records.iter().find(is_it) {
                return record.clone();
            }
            assert!(std::time::Instant::now() < end, "no {action} {outcome} in {found}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

impl Left {
    /// A provider's part: gives a code, whose token will say this.
    pub(super) fn at(&self, provider: &Identity, claims: &Value) -> String {
        let mut claims = claims.clone();
        if claims.get("nonce").is_none() {
            claims["nonce"] = json!(self.query["nonce"]);
        }
        provider.code(&self.query["code_challenge"], &self.query["redirect_uri"], claims)
    }

    #[track_caller]
    pub(super) fn of(start: &Answer) -> Self {
        assert_eq!(start.status, 302, "{}", start.text());
        let page = header(start, "location").unwrap();
        let cookie = header(start, "set-cookie").unwrap();
        let (cookie, attributes) = cookie.split_once("; ").unwrap();
        let query = query_of(&page);
        let id = query["redirect_uri"].rsplit('/').nth(1).unwrap().to_owned();
        Self { id, query, page, cookie: cookie.to_owned(), attributes: attributes.to_owned() }
    }
}

#[test]
fn a_browser_goes_there_and_back() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let listed = home.server.request("GET", "/auth/oidc").send().json();
    let shown = json!({"id": "corp", "name": "Corp & Co", "start": "/auth/oidc/corp/start"});
    assert_eq!(listed, json!({"providers": [shown]}));
    // Home Assistant's page has no step that leaves it.
    let page = home.server.request("GET", "/auth/providers").send().json();
    assert_eq!(page["providers"].as_array().unwrap().len(), 1);

    let left = home.leave();
    assert!(left.page.starts_with(&format!("{}/authorize?", home.provider.issuer)), "{}", left.page);
    let said = |name: &str| left.query[name].as_str();
    assert_eq!((said("response_type"), said("client_id"), said("scope")), ("code", CLIENT_ID, "openid profile"));
    assert_eq!(said("code_challenge_method"), "S256");
    assert_eq!(said("redirect_uri"), format!("http://{}/auth/oidc/corp/callback", home.server.address));
    let secrets = [said("state"), said("nonce"), left.cookie.split_once('=').unwrap().1];
    for secret in secrets {
        assert_eq!(secret.len(), 64);
    }
    assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2] && secrets[0] != secrets[2]);
    assert_eq!(URL_SAFE_NO_PAD.decode(said("code_challenge")).unwrap().len(), 32);
    assert_ne!(said("code_challenge"), CHALLENGE, "the provider gets the hub's own");
    assert_eq!(left.attributes, "Path=/; Max-Age=600; HttpOnly; SameSite=Lax");

    let code = home.at_provider(&left, &json!({"sub": "s-1"}));
    let back = home.come_back(&left, &code);
    assert_eq!(header(&back, "cache-control").as_deref(), Some("no-store"));
    assert!(header(&back, "set-cookie").unwrap().contains("=; Path=/; Max-Age=0; "), "the cookie has done its work");
    let token = home.redeem(&back).unwrap();
    let mut gus = Ws::open(&home.server.address, &token);
    let me = gus.result("auth/current_user", json!({}));
    assert_eq!((&me["name"], &me["is_admin"]), (&json!("gus"), &json!(false)));
    let providers: Vec<_> = me["credentials"].as_array().unwrap().iter().map(|c| &c["auth_provider_type"]).collect();
    assert_eq!(providers, ["homeassistant", "oidc"]);
    let sessions = gus.result("auth/refresh_tokens", json!({}));
    assert!(sessions.as_array().unwrap().iter().any(|token| token["auth_provider_type"] == "oidc"), "{sessions}");
    let record = home.recorded("access", "login", "done");
    assert_eq!((&record["detail"]["provider"], &record["detail"]["subject"]), (&json!("corp"), &json!("s-1")));
}

#[test]
fn over_tls_the_cookie_is_this_hosts_alone() {
    let home = Home::new(MAPPED);
    let file = home.data.0.join("doorward.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("127.0.0.9", "127.0.0.1");
    std::fs::write(&file, text).unwrap();
    drop(home.server);
    let server = Server::serve(&home.data.0, &["--config", file.to_str().unwrap()]);
    let start = server.request("GET", &Home::start_path(REDIRECT, ""));
    let left = Left::of(&start.header("X-Forwarded-For", "192.0.2.7").header("X-Forwarded-Proto", "https").send());
    assert!(left.cookie.starts_with("__Host-doorward-sign-on-"), "{}", left.cookie);
    assert_eq!(left.attributes, "Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(left.query["redirect_uri"], format!("https://{}/auth/oidc/corp/callback", server.address));
}
