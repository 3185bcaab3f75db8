//! An OpenID Connect provider that says what the test wants it to say, with keys of its own.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    digest, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use super::cloud::receive;

pub(crate) const CLIENT_ID: &str = "hub";
pub(crate) const CLIENT_SECRET: &str = "hush hush/hush";

/// How a token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signed {
    #[default]
    Rightly,
    /// Not at all: `alg` is `none`.
    Not,
    /// With the client's secret.
    ByTheClientsSecret,
    /// With the key that everybody can read, as if it were a secret.
    ByThePublicKey,
    /// By another key under the name of the right one.
    ByAnother,
    /// Rightly, and then the claims were changed.
    AndChanged,
}

/// What the provider does and has seen.
pub(crate) struct State {
    pub(crate) signed: Signed,
    /// What it says at the user info endpoint; no such endpoint without.
    pub(crate) user_info: Option<Value>,
    /// What its metadata says besides.
    pub(crate) metadata: Value,
    /// What the token endpoint answers instead: status, type and body.
    pub(crate) instead: Option<(u16, &'static str, String)>,
    /// The status of the user info endpoint, if it is in trouble.
    pub(crate) user_info_status: u16,
    pub(crate) has_id_token: bool,
    key: EcdsaKeyPair,
    kid: String,
    /// The codes that can be used.
    codes: Vec<Given>,
    n_codes: usize,
    /// The client has no secret.
    pub(crate) is_public: bool,
    pub(crate) n_discoveries: usize,
    pub(crate) n_tokens: usize,
    /// What was not as it should be.
    pub(crate) complaints: Vec<String>,
    /// The tokens that it gave.
    pub(crate) given: Vec<String>,
}

/// A code, and what it was given for.
struct Given {
    code: String,
    challenge: String,
    callback: String,
    claims: Value,
}

/// A running provider; ends with its test.
pub(crate) struct Identity {
    pub(crate) issuer: String,
    state: Arc<Mutex<State>>,
    ends: Arc<AtomicBool>,
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
}

impl Identity {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0")
    }

    pub(crate) fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            signed: Signed::Rightly,
            user_info: None,
            metadata: json!({}),
            instead: None,
            user_info_status: 200,
            has_id_token: true,
            key: new_key(),
            kid: "first".to_owned(),
            codes: Vec::new(),
            n_codes: 0,
            is_public: false,
            n_discoveries: 0,
            n_tokens: 0,
            complaints: Vec::new(),
            given: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let ends = Arc::<AtomicBool>::default();
        let (shared, until, at) = (Arc::clone(&state), Arc::clone(&ends), issuer.clone());
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                if until.load(Ordering::Acquire) {
                    return;
                }
                let (state, at) = (Arc::clone(&shared), at.clone());
                std::thread::spawn(move || _ = serve(socket.unwrap(), &state, &at));
            }
        });
        Self { issuer, state, ends }
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(crate) fn get<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap())
    }

    /// Takes other keys.
    pub(crate) fn rotate(&self, kid: &str) {
        self.set(|state| (state.key, state.kid) = (new_key(), kid.to_owned()));
    }

    /// Gives a code for what a browser was sent with. Its token says these claims besides the usual ones, or instead; `null`
    /// takes one out.
    pub(crate) fn code(&self, challenge: &str, callback: &str, claims: Value) -> String {
        let mut state = self.state.lock().unwrap();
        state.n_codes += 1;
        let code = format!("code-{}", state.n_codes);
        let (challenge, callback) = (challenge.to_owned(), callback.to_owned());
        state.codes.push(Given { code: code.clone(), challenge, callback, claims });
        code
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        _ = TcpStream::connect(self.issuer.trim_start_matches("http://"));
        let complaints = self.get(|state| state.complaints.clone());
        assert!(std::thread::panicking() || complaints.is_empty(), "{complaints:?}");
    }
}

fn serve(mut socket: TcpStream, state: &Mutex<State>, issuer: &str) -> std::io::Result<()> {
    let Some((head, body)) = receive(&mut socket)? else { return Ok(()) };
    let (status, kind, text) = answer(&head, &body, &mut state.lock().unwrap(), issuer);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", text.len());
    write!(socket, "{head}Connection: close\r\n\r\n{text}")
}

fn answer(head: &str, body: &str, state: &mut State, issuer: &str) -> (u16, &'static str, String) {
    let json = |value: Value| (200, "application/json", value.to_string());
    let path = head.split(' ').nth(1).unwrap_or_default();
    match path {
        "/.well-known/openid-configuration" => {
            state.n_discoveries += 1;
            let mut metadata = json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                // What it says here must not decide what is believed.
                "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            });
            if state.user_info.is_some() {
                metadata["userinfo_endpoint"] = json!(format!("{issuer}/userinfo"));
            }
            merge(&mut metadata, &state.metadata);
            json(metadata)
        }
        "/jwks" => {
            let (x, y) = state.key.public_key().as_ref()[1..].split_at(32);
            let [x, y] = [x, y].map(|half| URL_SAFE_NO_PAD.encode(half));
            let key = json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": state.kid, "x": x, "y": y});
            json(json!({"keys": [key]}))
        }
        "/token" => token(head, body, state, issuer),
        "/userinfo" => {
            if !head.contains("earer access-") {
                state.complaints.push("user info without a token".to_owned());
            }
            let (_, kind, text) = json(state.user_info.clone().unwrap_or_default());
            (state.user_info_status, kind, text)
        }
        _ => (404, "text/plain", path.to_owned()),
    }
}

fn token(head: &str, body: &str, state: &mut State, issuer: &str) -> (u16, &'static str, String) {
    state.n_tokens += 1;
    if let Some(instead) = &state.instead {
        return instead.clone();
    }
    let field = |name: &str| {
        let value = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
        Some(value.replace("%3A", ":").replace("%2F", "/"))
    };
    let refused = |state: &mut State, why: &str| {
        state.complaints.push(why.to_owned());
        (400, "application/json", json!({"error": "invalid_grant"}).to_string())
    };
    // As RFC 6749 has it: each half form-encoded first.
    let basic = STANDARD.encode(format!("{CLIENT_ID}:hush+hush%2Fhush"));
    let proves = head.lines().any(|line| line.eq_ignore_ascii_case(&format!("authorization: Basic {basic}")));
    let is_right = if state.is_public { field("client_id").as_deref() == Some(CLIENT_ID) } else { proves };
    if !is_right || state.is_public && head.to_lowercase().contains("authorization:") {
        return refused(state, &format!("the client does not prove itself: {head}"));
    }
    let code = field("code").unwrap_or_default();
    let Some(at) = state.codes.iter().position(|given| given.code == code) else {
        return (400, "application/json", json!({"error": "invalid_grant"}).to_string());
    };
    let given = state.codes.remove(at);
    let hash = digest::digest(&digest::SHA256, field("code_verifier").unwrap_or_default().as_bytes());
    if URL_SAFE_NO_PAD.encode(hash) != given.challenge {
        return refused(state, "the verifier is another");
    }
    if field("redirect_uri").as_deref() != Some(&given.callback) {
        return refused(state, "the callback is another");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"iss": issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300});
    merge(&mut claims, &given.claims);
    let mut answer = json!({
        "access_token": format!("access-{}", state.n_tokens), "token_type": "Bearer", "expires_in": 300,
    });
    if state.has_id_token {
        let token = sign(&claims, state);
        state.given.push(token.clone());
        answer["id_token"] = json!(token);
    }
    (200, "application/json", answer.to_string())
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        match value {
            Value::Null => _ = into.as_object_mut().unwrap().remove(name),
            value => into[name] = value.clone(),
        }
    }
}

fn sign(claims: &Value, state: &State) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed_by = |alg: &str, signature: &dyn Fn(&[u8]) -> Vec<u8>| {
        let text = format!("{}.{}", part(&json!({"alg": alg, "kid": state.kid, "typ": "JWT"})), part(claims));
        let signature = signature(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let by_key = |key: &EcdsaKeyPair, text: &[u8]| key.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec();
    let by_secret =
        |secret: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text).as_ref().to_vec();
    match state.signed {
        Signed::Rightly => signed_by("ES256", &|text| by_key(&state.key, text)),
        Signed::Not => signed_by("none", &|_| Vec::new()),
        Signed::ByTheClientsSecret => signed_by("HS256", &|text| by_secret(CLIENT_SECRET.as_bytes(), text)),
        Signed::ByThePublicKey => signed_by("HS256", &|text| by_secret(state.key.public_key().as_ref(), text)),
        Signed::ByAnother => signed_by("ES256", &|text| by_key(&new_key(), text)),
        Signed::AndChanged => {
            let right = signed_by("ES256", &|text| by_key(&state.key, text));
            let mut claims = claims.clone();
            claims["groups"] = json!(["bosses"]);
            let parts: Vec<_> = right.split('.').collect();
            format!("{}.{}.{}", parts[0], part(&claims), parts[2])
        }
    }
}
