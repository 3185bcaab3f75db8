//! Rights that change while others listen: after a change was answered, nobody is sent what they may no longer read.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    import::log_in,
    support::{Server, Ws},
};

/// A client that does nothing but listen, on a thread of its own.
struct Listener {
    who: &'static str,
    received: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<Option<u16>>,
}

impl Listener {
    fn new(server: &Server, who: &'static str, token: &str) -> Self {
        let received = Arc::<Mutex<Vec<String>>>::default();
        let (ready, is_ready) = mpsc::channel();
        let mut ws = Ws::open(&server.address, token);
        let heard = Arc::clone(&received);
        let thread = std::thread::spawn(move || {
            ws.result("subscribe_entities", json!({}));
            ws.result("subscribe_events", json!({"event_type": "state_changed"}));
            ready.send(()).unwrap();
            loop {
                heard.lock().unwrap().append(&mut ws.received);
                if ws.next().is_none() {
                    return ws.closed_with;
                }
            }
        });
        is_ready.recv().unwrap();
        Self { who, received, thread }
    }

    fn has(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.received.lock().unwrap().iter().any(|text| wanted(text))
    }

    /// Waits for a text of a subscription: 1 is the entities', 2 the events'.
    #[track_caller]
    fn wait(&self, id: u64, words: &[&str]) {
        let start = format!("{{\"id\":{id},\"type\":\"event\"");
        let end = Instant::now() + Duration::from_secs(15);
        while !self.has(|text| text.starts_with(&start) && words.iter().all(|word| text.contains(word))) {
            assert!(Instant::now() < end, "{} was not sent {words:?}", self.who);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

struct Churn {
    server: Server,
    listeners: Vec<Listener>,
    n: usize,
}

impl Churn {
    fn of<'a>(&'a self, who: &'a str) -> impl Iterator<Item = &'a Listener> {
        self.listeners.iter().filter(move |listener| listener.who == who)
    }

    fn write(&self, entity_id: &str, marker: &str) {
        let body = json!({"state": "on", "attributes": {"marker": marker}});
        let answer = self.server.send_as("admin", "POST", &format!("/api/states/{entity_id}"), Some(&body));
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
    }

    /// After a change was answered: `who` is sent nothing more of `entity_id`, and was told that it is gone.
    fn withdrawn(&mut self, who: &str, entity_id: &str) {
        self.n += 1;
        let (secret, visible) = (format!("SECRET-{}-", self.n), format!("VISIBLE-{}-", self.n));
        for round in 0..4 {
            self.write(entity_id, &format!("{secret}{round}"));
        }
        self.write("light.kitchen_lights", &visible);
        for listener in self.of(who) {
            listener.wait(1, &[&visible]);
            listener.wait(2, &[&visible]);
            assert!(!listener.has(|text| text.contains(&secret)), "{who} goes on hearing of {entity_id}");
            listener.wait(1, &["{\"r\":[", &format!("\"{entity_id}\"")]);
        }
    }

    /// After a change was answered: `who` is shown `entity_id` with what was written while they could not see it.
    fn granted(&mut self, who: &str, entity_id: &str) {
        self.n += 1;
        let open = format!("OPEN-{}-", self.n);
        for listener in self.of(who) {
            listener.wait(1, &["{\"a\":{", &format!("\"{entity_id}\""), "SECRET"]);
        }
        self.write(entity_id, &open);
        for listener in self.of(who) {
            listener.wait(1, &[&open]);
            listener.wait(2, &[&open]);
        }
    }

    /// After a change was answered: `who` is sent nothing at all, and their sockets are closed.
    fn cut_off(&mut self, who: &str, tokens: &[&str]) {
        self.n += 1;
        let last = format!("SECRET-{}-", self.n);
        self.write("light.kitchen_lights", &last);
        for token in tokens {
            assert_eq!(self.server.request("GET", "/api/").token(token).send().status, 401);
            let mut ws = Ws::connect(&self.server.address);
            ws.next();
            ws.send(&json!({"type": "auth", "access_token": token}));
            assert_eq!(ws.next().unwrap()["type"], "auth_invalid");
            assert_eq!(ws.until_closed(), Some(1000));
        }
        for listener in self.listeners.extract_if(.., |listener| listener.who == who) {
            assert_eq!(listener.thread.join().unwrap(), Some(1000), "{who}");
            assert!(!listener.received.lock().unwrap().iter().any(|text| text.contains(&last)), "{who}");
        }
    }
}

/// Makes a user in a group through the API; returns their id.
fn add_user(owner: &mut Ws, name: &str, group: &str) -> String {
    let made = owner.result("config/auth/create", json!({"name": name, "group_ids": [group]}));
    let id = made["user"]["id"].as_str().unwrap().to_owned();
    let login = json!({"user_id": id, "username": name, "password": "a good password"});
    owner.result("config/auth_provider/homeassistant/create", login);
    id
}

#[test]
fn what_is_withdrawn_is_never_sent_again() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let ids: Vec<_> =
        [("mover", "system-users"), ("tom", "kitchen-light"), ("rex", "kitchen-light"), ("del", "kitchen-area")]
            .map(|(name, group)| add_user(&mut owner, name, group))
            .into();
    let [mover, tom, rex, del] =
        ["mover", "tom", "rex", "del"].map(|name| log_in(&server, name, "a good password").unwrap());
    let rex_again = log_in(&server, "rex", "a good password").unwrap();
    let wish = json!({"client_name": "toms own", "lifespan": 1000});
    let toms_own = Ws::open(&server.address, &tom).result("auth/long_lived_access_token", wish);
    let toms_own = toms_own.as_str().unwrap().to_owned();
    let (areas, kitchen, reader) = (server.token("areas"), server.token("kitchen"), server.token("reader"));
    let tokens = [
        ("areas", &areas, 5),
        ("kitchen", &kitchen, 3),
        ("reader", &reader, 2),
        ("mover", &mover, 3),
        ("tom", &tom, 2),
        ("tom", &toms_own, 1),
        ("rex", &rex, 2),
        ("del", &del, 2),
    ];
    let all = tokens.iter().flat_map(|(who, token, n)| std::iter::repeat_n((*who, *token), *n));
    let listeners: Vec<_> = all.map(|(who, token)| Listener::new(&server, who, token)).collect();
    assert_eq!(listeners.len(), 20);
    let mut churn = Churn { server, listeners, n: 0 };

    // An entity leaves the area, and comes back.
    let counter = "light.kitchen_counter";
    owner.result("config/entity_registry/update", json!({"entity_id": counter, "area_id": "hall"}));
    churn.withdrawn("areas", counter);
    owner.result("config/entity_registry/update", json!({"entity_id": counter, "area_id": null}));
    churn.granted("areas", counter);
    // A device does.
    let radio = "media_player.kitchen_radio";
    let device = owner.result("config/entity_registry/get", json!({"entity_id": radio}))["device_id"].clone();
    owner.result("config/device_registry/update", json!({"device_id": device, "area_id": "bedroom"}));
    churn.withdrawn("areas", radio);
    owner.result("config/device_registry/update", json!({"device_id": device, "area_id": "kitchen"}));
    churn.granted("areas", radio);
    // A user changes groups.
    owner.result("config/auth/update", json!({"user_id": ids[0], "group_ids": ["kitchen-light"]}));
    churn.withdrawn("mover", "lock.front_door");
    owner.result("config/auth/update", json!({"user_id": ids[0], "group_ids": ["system-read-only", "kitchen-light"]}));
    churn.granted("mover", "lock.front_door");
    // A rename: who may read by id may not any more, who may by area still may.
    owner.result("config/entity_registry/update", json!({"entity_id": counter, "new_entity_id": "light.renamed"}));
    churn.write("light.renamed", "SECRET-renamed");
    churn.of("areas").for_each(|listener| listener.wait(1, &["\"light.renamed\"", "SECRET-renamed"]));
    // An entry is removed: no area speaks for it any more.
    owner.result("config/entity_registry/remove", json!({"entity_id": radio}));
    churn.withdrawn("areas", radio);

    // Nobody who could not see any of this was sent it.
    for listener in churn.listeners.iter().filter(|listener| ["kitchen", "tom", "rex"].contains(&listener.who)) {
        assert!(!listener.has(|text| text.contains("SECRET") || text.contains("OPEN")), "{}", listener.who);
    }

    // A user is deactivated: every token goes, those that they made too.
    owner.result("config/auth/update", json!({"user_id": ids[1], "is_active": false}));
    churn.cut_off("tom", &[&tom, &toms_own]);
    log_in(&churn.server, "tom", "a good password").unwrap_err();
    owner.result("config/auth/update", json!({"user_id": ids[1], "is_active": true}));
    churn.cut_off("tom", &[&tom, &toms_own]);
    // A token is deleted by its user, who goes on with another.
    let mut other = Ws::open(&churn.server.address, &rex_again);
    let listed = other.result("auth/refresh_tokens", json!({}));
    let first = listed.as_array().unwrap().iter().find(|token| token["is_current"] == false).unwrap();
    other.result("auth/delete_refresh_token", json!({"refresh_token_id": first["id"]}));
    churn.cut_off("rex", &[&rex]);
    other.drain();
    // A user is deleted.
    owner.result("config/auth/delete", json!({"user_id": ids[3]}));
    churn.cut_off("del", &[&del]);
    log_in(&churn.server, "del", "a good password").unwrap_err();
    assert_eq!(churn.listeners.len(), 13);
}

#[test]
fn a_long_render_shows_nothing_from_after_a_withdrawal() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let id = add_user(&mut owner, "slow", "system-users");
    let token = log_in(&server, "slow", "a good password").unwrap();
    let template =
        "{% for n in range(3000) %}{{ states('lock.front_door') }}{{ is_state('light.bed_light', 'x') }}{% endfor %}";
    for round in 0..6 {
        owner.result("config/auth/update", json!({"user_id": id, "group_ids": ["system-users"]}));
        let mut ws = Ws::open(&server.address, &token);
        let command = ws.command("render_template", json!({"template": template}));
        let rest = std::thread::scope(|scope| {
            let rest = scope.spawn(|| {
                server.request("POST", "/api/template").token(&token).json(&json!({"template": template})).send()
            });
            owner.result("config/auth/update", json!({"user_id": id, "group_ids": []}));
            let body = json!({"state": format!("quokka{round}")});
            server.send_as("owner", "POST", "/api/states/lock.front_door", Some(&body));
            rest.join().unwrap()
        });
        let answer: Value = ws.answer(command);
        ws.drain();
        assert!(!ws.transcript().contains(&format!("quokka{round}")), "{answer}");
        assert!(!rest.text().contains(&format!("quokka{round}")));
    }
}
