//! Where Home Assistant lets a restricted user past their policy, each way tried here. The names are the rows of the
//! recording: A reads what the policy forbids, B controls it, D is what a policy allows and must work.
//!
//! `kitchen` may read and control one light, `nobody` has no group at all. Whatever they are sent is searched, byte by
//! byte, for what only others may see.

mod control;
mod read;
mod stream;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, Weak},
};

use serde_json::{Value, json};

use crate::{
    import::log_in,
    support::{Answer, Server, Ws},
};

/// The one entity that `kitchen` may read.
const OWN: &str = "light.kitchen_lights";

/// A demo home with two users more.
struct House {
    server: Server,
    nobody: String,
    secrets: Secrets,
}

/// What the restricted users must not be sent.
struct Secrets {
    /// Nobody but those who may read everything.
    all: BTreeSet<String>,
    /// What of that belongs to the one light.
    kitchen: BTreeSet<String>,
    /// The ids of the restricted users, whom they may know themselves.
    users: HashMap<String, String>,
}

impl House {
    fn new() -> Self {
        let server = Server::demo();
        let mut owner = server.ws_as("owner");
        let nobody = add_user(&server, &mut owner, "Nobody At All", "nobody");
        add_user(&server, &mut owner, "Zacharias Distinctive", "zacharias");
        let secrets = Secrets::seen_by(&mut owner);
        Self { server, nobody, secrets }
    }

    /// Returns the house that all tests share which leave it as it is.
    fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<House>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let house = Arc::new(Self::new());
            *shared = Arc::downgrade(&house);
            house
        })
    }

    fn token(&self, user: &str) -> String {
        if user == "nobody" { self.nobody.clone() } else { self.server.token(user) }
    }

    fn ws(&self, user: &str) -> Ws {
        Ws::open(&self.server.address, &self.token(user))
    }

    fn send(&self, user: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = self.server.request(method, path).token(&self.token(user));
        match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        }
    }

    /// Calls a service over both roads; it must be refused, and for an entity that is not there in the same words.
    #[track_caller]
    fn refused(&self, user: &str, domain: &str, service: &str, data: &Value) {
        let path = format!("/api/services/{domain}/{service}");
        let answer = self.send(user, "POST", &path, Some(data));
        assert!([400, 401].contains(&answer.status), "{user} {path} {data}: {} {}", answer.status, answer.text());
        let mut ws = self.ws(user);
        let call = json!({"domain": domain, "service": service, "service_data": data});
        let code = ws.refused("call_service", call);
        assert!(
            ["home_assistant_error", "invalid_format", "not_found"].contains(&code.as_str()),
            "{user} {path} {data}: {code}"
        );
    }

    /// Every state but for times and what changes by itself, as the owner sees it.
    fn states(&self) -> Vec<String> {
        let live = ["sensor", "binary_sensor", "event", "timer", "device_tracker", "person", "weather", "calendar"];
        let states = self.send("owner", "GET", "/api/states", None).json();
        let lasting = states.as_array().unwrap().iter().filter(|state| {
            let domain = state["entity_id"].as_str().unwrap().split('.').next().unwrap();
            !live.contains(&domain)
        });
        lasting.map(|s| format!("{} {} {}", s["entity_id"], s["state"], steady(&s["attributes"]))).collect()
    }

    /// Looks through what somebody was sent in answer to `asked`.
    #[track_caller]
    fn check(&self, user: &str, asked: &str, received: &str) {
        self.secrets.check(user, asked, received);
    }
}

/// Attributes that do not change by themselves.
fn steady(attributes: &Value) -> Value {
    let own =
        ["media_position", "media_position_updated_at", "current_temperature", "current_humidity", "battery_level"];
    let mut attributes = attributes.clone();
    own.iter().for_each(|name| _ = attributes.as_object_mut().unwrap().shift_remove(*name));
    attributes
}

/// Makes a user without groups through the API and logs them in.
fn add_user(server: &Server, owner: &mut Ws, name: &str, username: &str) -> String {
    let made = owner.result("config/auth/create", json!({"name": name, "group_ids": []}));
    let login = json!({"user_id": made["user"]["id"], "username": username, "password": "a good password"});
    owner.result("config/auth_provider/homeassistant/create", login);
    log_in(server, username, "a good password").unwrap()
}

impl Secrets {
    /// Collects what is distinctive in everything that the owner sees: ids, names, texts.
    fn seen_by(owner: &mut Ws) -> Self {
        let mut all = BTreeSet::new();
        // What belongs to the one light: its entity, its device, their area, floor and label.
        let mut own = String::new();
        for state in owner.result("get_states", json!({})).as_array().unwrap() {
            if state["entity_id"] == OWN {
                own.push_str(&state.to_string());
            }
            all.insert(text(&state["entity_id"]));
            all.insert(text(&state["attributes"]["friendly_name"]));
            collect(&state["state"], &mut all);
            collect(&state["attributes"], &mut all);
        }
        let lists = [
            ("entity", "entity_id", OWN, &["entity_id", "unique_id", "id", "name", "original_name"][..]),
            ("device", "name", "Kitchen Lights", &["id", "name", "name_by_user", "model"]),
            ("area", "area_id", "kitchen", &["area_id", "name", "icon"]),
            ("floor", "floor_id", "ground_floor", &["floor_id", "name", "icon"]),
            ("label", "label_id", "night_light", &["label_id", "name", "icon"]),
        ];
        for (registry, key, mine, members) in lists {
            for entry in owner.result(&format!("config/{registry}_registry/list"), json!({})).as_array().unwrap() {
                if entry[key] == mine {
                    own.push_str(&entry.to_string());
                }
                all.extend(members.iter().map(|member| text(&entry[*member])));
            }
        }
        let mut users = HashMap::new();
        for user in owner.result("config/auth/list", json!({})).as_array().unwrap() {
            all.insert(text(&user["id"]));
            users.insert(text(&user["username"]), text(&user["id"]));
        }
        all.insert("Zacharias Distinctive".to_owned());
        all.insert("zacharias".to_owned());
        // Short words say nothing; numbers and dates may be anybody's; these occur in what everybody is sent.
        let common =
            ["unknown", "unavailable", "Kitchen", "kitchen", "single", "normal", "restart", "display", "notify"];
        all.retain(|text| {
            text.chars().count() >= 6
                && !common.contains(&text.as_str())
                && text.parse::<f64>().is_err()
                && !text.starts_with("20")
        });
        let kitchen = all.iter().filter(|text| own.contains(*text)).cloned().collect();
        Self { all, kitchen, users }
    }

    #[track_caller]
    fn check(&self, user: &str, asked: &str, received: &str) {
        let id = self.users.get(user).map(String::as_str);
        let own = |text: &str| user == "kitchen" && self.kitchen.contains(text) || id == Some(text);
        // What the caller wrote may come back.
        for secret in self.all.iter().filter(|text| !own(text) && !asked.contains(*text)) {
            assert!(!received.contains(secret), "{user} was sent {secret:?} for {asked}: {received:.2000}");
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Collects texts that are no words of the language of attributes.
fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains([' ', '.', ':', '-']) => _ = texts.insert(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        _ => {}
    }
}
