//! Sends recorded exchanges to the home that was recorded, and compares what comes back.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
    vec,
};

use serde_json::{Value, json};

use super::super::{Reference, is_id};
use crate::{
    frontend::files::package,
    import,
    support::{Answer, Request, Server, Temporary, Ws},
};

/// What is wrong with a malformed message is said in the words of whoever checks it: see `docs/differences.md`.
const VALIDATORS: [&str; 2] = ["Message format incorrect: ", "Auth message incorrectly formatted: "];

/// Where the recorded home was.
const HOST: &str = "127.0.0.1:18124";

pub(super) struct Player {
    pub(super) server: Server,
    _dir: Temporary,
    reference: Reference,
    lines: vec::IntoIter<Value>,
    n_played: usize,
    logins: Value,
    /// Tokens of those who signed in on the way.
    tokens: HashMap<String, String>,
    /// What the last login or refresh gave.
    pub(super) access: String,
    refresh: String,
    /// The flow that was started in the exchange before.
    begun: Option<String>,
    sockets: HashMap<String, Socket>,
    /// The signature that was made last.
    signature: String,
    /// Tokens that were made and are to be deleted.
    made: VecDeque<String>,
}

struct Socket {
    ws: Ws,
    last_id: u64,
}

impl Player {
    pub(super) fn new(lines: Vec<Value>) -> Self {
        let dir = import::imported();
        // The page to log in on is the frontend's: of the package that the recorded home had.
        let page = lines
            .iter()
            .find(|line| line["request"]["path"].as_str().is_some_and(|path| path.starts_with("/auth/authorize?")));
        let files = dir.0.join("frontend");
        package(&files, frontend::VERSION, page.and_then(|line| line["response"]["body"].as_str()));
        Self {
            server: Server::serve(&dir.0, &["--frontend", files.to_str().unwrap()]),
            _dir: dir,
            reference: Reference {
                n: 0,
                ids: HashMap::new(),
                words: &[],
                passes: |_, name, value| name == "lc" && value.is_number(),
            },
            lines: lines.into_iter(),
            n_played: 0,
            logins: import::read("logins.json"),
            tokens: HashMap::new(),
            access: String::new(),
            refresh: String::new(),
            begun: None,
            sockets: HashMap::new(),
            signature: String::new(),
            made: VecDeque::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Value> {
        let line = self.lines.next()?;
        self.reference.n = line["n"].as_u64().unwrap();
        Some(line)
    }

    pub(super) const fn n(&self) -> u64 {
        self.reference.n
    }

    #[track_caller]
    pub(super) fn end(self, n_expected: usize) {
        assert_eq!(self.n_played, n_expected, "exchanges were left out");
    }

    /// Returns the token that somebody uses.
    pub(super) fn token(&self, user: &str) -> String {
        let issued = || self.logins[user]["token"].as_str().unwrap_or_else(|| panic!("who is {user}?"));
        self.tokens.get(user).cloned().unwrap_or_else(|| issued().to_owned())
    }

    pub(super) fn play(&mut self, line: &Value) {
        let user = line["user"].as_str().unwrap();
        let (request, expected) = (&line["request"], &line["response"]);
        self.begun = None;
        match line["transport"].as_str().unwrap() {
            "rest" => self.rest(user, request, expected),
            _ if user == "anonymous" => self.handshake(line),
            _ if request.get("_listen").is_some() => self.compare(user, expected),
            _ => self.command(user, request, expected),
        }
        self.n_played += 1;
    }

    fn rest(&mut self, user: &str, request: &Value, expected: &Value) {
        self.begin_unrecorded(request["path"].as_str().unwrap());
        let end = Instant::now() + Duration::from_secs(20);
        let is_signed = request["path"].as_str().unwrap().contains("authSig");
        let mut answer = self.send(user, request);
        while Instant::now() < end {
            // What was signed for a second is good for that second. After wrong passwords we have people wait a while.
            let is_early = answer.status == 200 && is_signed && expected["status"] == 401;
            if !is_early && answer.status != 429 {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
            answer = self.send(user, request);
        }
        let n = self.n();
        assert_eq!(u64::from(answer.status), expected["status"].as_u64().unwrap(), "{n}: {}", answer.text());
        for (name, value) in expected["headers"].as_object().unwrap() {
            let value = value.as_str().unwrap();
            assert_eq!(answer.header(name).unwrap_or_default(), value, "{n}: {name}: {}", answer.head);
        }
        match &expected["body"] {
            Value::String(text) => assert_eq!(&answer.text(), text, "{n}"),
            body => self.reference.alike(body, &serde_json::from_slice(&answer.body).unwrap()),
        }
        self.remember(user, request, &answer);
    }

    fn send(&self, user: &str, request: &Value) -> Answer {
        let mut recorded = request.clone();
        let path = request["path"].as_str().unwrap().replace("<jwt>", &self.signature);
        recorded["path"] = self.filled(&path).into();
        let mut sent = self.reference.request(&self.server, &recorded).for_host(HOST);
        if let Some(form) = request["form"].as_object() {
            let pair = |(name, value): (&String, &Value)| format!("{name}={}", self.filled(value.as_str().unwrap()));
            sent = sent.form(&form.iter().map(pair).collect::<Vec<_>>().join("&"));
        }
        match request["headers"].as_object() {
            Some(headers) => headers.iter().fold(sent, |sent, (name, value)| self.with_header(sent, name, value)),
            None if request["auth"] == "none" => sent,
            None => sent.token(&self.token(user)),
        }
        .send()
    }

    fn with_header(&self, sent: Request, name: &str, value: &Value) -> Request {
        // The body has said its own already.
        if name == "Content-Type" { sent } else { sent.header(name, &self.filled(value.as_str().unwrap())) }
    }

    /// Returns a text with tokens of ours where the recording has only their names.
    fn filled(&self, text: &str) -> String {
        let text = text.replace("<jwt>", &self.access).replace("<hex128>", &self.refresh);
        let named = text.split_once("<token:").and_then(|(_, rest)| rest.split_once('>')).map(|(user, _)| user);
        match named {
            Some(user) => text.replace(&format!("<token:{user}>"), &self.token(user)),
            None => self.reference.ours(&text),
        }
    }

    /// Keeps what later exchanges speak of.
    fn remember(&mut self, user: &str, request: &Value, answer: &Answer) {
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return };
        match request["path"].as_str().unwrap() {
            "/auth/login_flow" => self.begun = body["flow_id"].as_str().map(str::to_owned),
            "/auth/token" if answer.status == 200 => {
                self.access = body["access_token"].as_str().unwrap().to_owned();
                if let Some(refresh) = body["refresh_token"].as_str() {
                    self.refresh = refresh.to_owned();
                }
                self.tokens.insert(user.to_owned(), self.access.clone());
            }
            _ => {}
        }
    }

    /// Starts the flow that a recorded request goes on with, where its start was not recorded.
    fn begin_unrecorded(&mut self, path: &str) {
        let Some(id) = path.strip_prefix("/auth/login_flow/").filter(|id| !self.reference.ids.contains_key(*id)) else {
            return;
        };
        let flow_id = self.start();
        self.reference.ids.insert(id.to_owned(), flow_id);
    }

    fn start(&self) -> String {
        let client = format!("http://{HOST}/");
        let start = json!({"client_id": client, "handler": ["homeassistant", null], "redirect_uri": client});
        let started = self.server.request("POST", "/auth/login_flow").for_host(HOST).json(&start).send().json();
        started["flow_id"].as_str().unwrap().to_owned()
    }

    /// Gets the code that a recorded request redeems: from the flow that was just started, or from one of its own.
    pub(super) fn log_in_unrecorded(&mut self, user: &str, line: &Value) {
        let flow_id = self.begun.take().unwrap_or_else(|| self.start());
        let password = self.logins[user]["password"].as_str().unwrap();
        let step = json!({"client_id": format!("http://{HOST}/"), "username": user, "password": password});
        let path = format!("/auth/login_flow/{flow_id}");
        let code = self.server.request("POST", &path).for_host(HOST).json(&step).send().json();
        let code = code["result"].as_str().unwrap_or_else(|| panic!("{}: {code}", self.n())).to_owned();
        let request = &line["request"];
        let theirs = [&request["form"]["code"], &request["json"]["code"]].into_iter().find_map(Value::as_str).unwrap();
        self.reference.ids.insert(theirs.to_owned(), code);
    }

    /// Opens a socket with what the last login gave.
    pub(super) fn open(&mut self, user: &str) {
        let ws = Ws::open(&self.server.address, &self.access);
        self.tokens.insert(user.to_owned(), self.access.clone());
        self.sockets.insert(user.to_owned(), Socket { ws, last_id: 0 });
    }

    /// The messages before somebody is known.
    fn handshake(&mut self, line: &Value) {
        let token = format!("Bearer {}", self.token("kitchen"));
        let is_bearer = line["note"].as_str().is_some_and(|note| note.starts_with("a bearer"));
        let headers: &[_] = if is_bearer { &[("Authorization", token.as_str())] } else { &[] };
        let mut ws = Ws::connect_with(&self.server.address, headers);
        let mut expected: VecDeque<_> = line["response"]["messages"].as_array().unwrap().iter().collect();
        let first = ws.next().unwrap();
        self.reference.same("", expected.pop_front().unwrap(), &first);
        match line["request"]["_raw"].as_str() {
            Some("binary frame") => ws.send_binary(b"\x00\x01"),
            Some(raw) => ws.send_text(&self.filled(raw)),
            // Whoever is logged in gets an answer to this.
            None if is_bearer => {
                ws.send(&json!({"id": 1, "type": "ping"}));
                assert_eq!(ws.next().unwrap()["type"], "auth_invalid");
                return;
            }
            None => {}
        }
        for message in expected {
            match message["_closed"].as_str() {
                Some(_) => assert_eq!(ws.until_closed().map(u64::from), message["code"].as_u64(), "{}", self.n()),
                None => {
                    let ours = ws.next().unwrap_or_else(|| panic!("{}: closed", self.n()));
                    self.reference.alike(message, &ours);
                }
            }
        }
    }

    fn command(&mut self, user: &str, request: &Value, expected: &Value) {
        let id = request["id"].as_u64().unwrap();
        if self.sockets.get(user).is_none_or(|socket| socket.last_id >= id) {
            let ws = Ws::open(&self.server.address, &self.token(user));
            self.sockets.insert(user.to_owned(), Socket { ws, last_id: 0 });
        }
        let mut sent = request.clone();
        if let Some(theirs) = sent["refresh_token_id"].as_str()
            && is_id(theirs)
            && !self.reference.ids.contains_key(theirs)
            && let Some(ours) = self.made.pop_front()
        {
            self.reference.ids.insert(theirs.to_owned(), ours);
        }
        sent = self.reference.ours_in(&sent);
        let socket = self.sockets.get_mut(user).unwrap();
        socket.last_id = id;
        socket.ws.send(&sent);
        self.compare(user, expected);
        let result = self.sockets[user].ws.received.last().unwrap();
        let result: Value = serde_json::from_str(result).unwrap();
        match request["type"].as_str().unwrap() {
            "auth/long_lived_access_token" if result["success"] == true => {
                self.made.push_back(super::tokens::issuer(result["result"].as_str().unwrap()));
            }
            "auth/sign_path" if result["success"] == true => {
                let path = result["result"]["path"].as_str().unwrap();
                self.signature = path.split_once("authSig=").unwrap().1.to_owned();
            }
            _ => {}
        }
    }

    /// Compares what comes over somebody's socket, message by message.
    fn compare(&mut self, user: &str, expected: &Value) {
        let n = self.n();
        let ws = &mut self.sockets.get_mut(user).unwrap().ws;
        for message in expected["messages"].as_array().unwrap() {
            if message["_closed"].is_string() {
                assert_eq!(ws.until_closed().map(u64::from), message["code"].as_u64(), "{n}: {:?}", ws.received.last());
                continue;
            }
            let ours = ws.next().unwrap_or_else(|| panic!("{n}: closed"));
            self.reference.alike(message, &ours);
        }
    }

    /// Sets a state as its owner, who is an administrator.
    pub(super) fn write_state(&self, entity_id: &str, state: &Value) {
        let path = format!("/api/states/{entity_id}");
        let answer = self.server.request("POST", &path).token(&self.token("owner")).json(state).send();
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
    }

    /// Makes the account that is then taken away bit by bit.
    pub(super) fn make_temp(&mut self) {
        let mut owner = Ws::open(&self.server.address, &self.token("owner"));
        let user = owner.result("config/auth/create", json!({"name": "Temp", "group_ids": ["system-users"]}));
        let id = user["user"]["id"].as_str().unwrap().to_owned();
        let login = json!({"user_id": id, "username": "temp", "password": "temp-pass"});
        owner.result("config/auth_provider/homeassistant/create", login);
        self.reference.ids.insert("083d538710004b65ad64280f4fb44f17".to_owned(), id);
    }

    /// Lets somebody hear of every change of an entity.
    pub(super) fn subscribe(&mut self, user: &str) {
        let socket = self.sockets.get_mut(user).unwrap();
        socket.ws.result("subscribe_entities", json!({}));
        socket.last_id = 1;
        socket.ws.event(1, |event| event.get("a").is_some());
    }

    /// Somebody is told at once what they may no longer see.
    pub(super) fn loses_all_but(&mut self, user: &str, entity_id: &str) {
        let lost = self.sockets.get_mut(user).unwrap().ws.next().unwrap();
        let lost = lost["event"]["r"].as_array().unwrap();
        assert!(lost.len() > 100 && !lost.contains(&json!(entity_id)), "{lost:?}");
    }

    pub(super) fn turn_lights_off(&self) {
        let light = json!({"state": "off", "attributes": {
            "min_color_temp_kelvin": 2000, "max_color_temp_kelvin": 6535, "supported_color_modes": ["color_temp", "hs"],
            "color_mode": null, "brightness": null, "color_temp_kelvin": null, "hs_color": null, "rgb_color": null,
            "xy_color": null, "friendly_name": "Kitchen Lights", "supported_features": 0}});
        self.write_state("light.ceiling_lights", &light);
        self.write_state("light.kitchen_lights", &light);
    }
}

impl Reference {
    /// Compares one answer or message.
    fn alike(&mut self, theirs: &Value, ours: &Value) {
        let mut theirs = theirs.clone();
        let said = &ours["error"]["message"];
        if theirs["error"]["code"] == "invalid_format" && said.as_str().is_some_and(|text| !text.is_empty()) {
            theirs["error"]["message"] = said.clone();
        }
        for words in VALIDATORS {
            let has = |message: &Value| message["message"].as_str().is_some_and(|text| text.starts_with(words));
            if has(&theirs) && has(ours) {
                theirs["message"] = ours["message"].clone();
            }
        }
        // Ours are by id, theirs in the order in which they were made.
        if let Some(users) =
            theirs.get_mut("result").and_then(Value::as_array_mut).filter(|list| list[0]["group_ids"].is_array())
        {
            users.sort_by_key(|user| user["id"].to_string());
        }
        // Of programs' tokens we say when they were last used, and from where.
        let lists = theirs.get_mut("result").and_then(Value::as_array_mut).zip(ours["result"].as_array());
        for (theirs, ours) in lists.into_iter().flat_map(|(theirs, ours)| theirs.iter_mut().zip(ours)) {
            if theirs["type"] == "long_lived_access_token" && theirs["last_used_ip"].is_null() {
                theirs["last_used_at"] = ours["last_used_at"].clone();
                theirs["last_used_ip"] = ours["last_used_ip"].clone();
            }
        }
        self.same("", &theirs, ours);
    }
}
