//! A home with a real broker, from the wire: what is set up, what goes wrong, what people with little rights see of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
#![expect(dead_code, reason = "what helps other tests is shared with them")]

#[path = "../../../integrations/mqtt/tests/broker/broker.rs"]
mod broker;
#[path = "../../../integrations/mqtt/tests/broker/device.rs"]
mod device;
#[path = "../it/support/mod.rs"]
mod support;

use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use broker::Broker;
use device::Device;
use serde_json::{Value, json};
use support::{Server, Temporary, Ws, server::doorward};

const FLOW: &str = "/api/config/config_entries/flow";

fn user(data: &str, name: &str, group: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    let command = command.args(["user", "create", "--data", data, name, "--group", group]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(b"secret\n").unwrap();
    assert!(process.wait().unwrap().success());
    let made = doorward(&["token", "create", "--data", data, "--user", name, "--name", "test"]);
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

struct Home {
    data: Temporary,
    server: Server,
    owner: String,
    child: String,
}

impl Home {
    /// Returns a home with an owner, and a child who has the nursery.
    fn new() -> Self {
        let data = Temporary::new();
        let at = data.0.to_str().unwrap().to_owned();
        let owner = user(&at, "owner", "system-admin");
        let policy = data.0.join("policy.json");
        std::fs::write(&policy, r#"{"entities": {"area_ids": {"nursery": {"read": true, "control": true}}}}"#).unwrap();
        let set = doorward(&["group", "set", "--data", &at, "children", "--policy", policy.to_str().unwrap()]);
        assert!(set.status.success());
        let child = user(&at, "child", "children");
        Self { server: Server::serve(&data.0, &[]), data, owner, child }
    }

    fn power_cut(&mut self) {
        self.server.kill();
        self.server = Server::serve(&self.data.0, &[]);
    }

    fn ws(&self, token: &str) -> Ws {
        Ws::open(&self.server.address, token)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.server.request("POST", path).token(&self.owner).json(body).send().json()
    }

    fn state(&self, token: &str, entity_id: &str) -> Option<Value> {
        let states = self.ws(token).result("get_states", json!({}));
        states.as_array().unwrap().iter().find(|state| state["entity_id"] == entity_id).cloned()
    }

    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            assert!(Instant::now() < end, "waited in vain: {what}\n{}", self.server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn until_state(&self, entity_id: &str, expected: &str) {
        let is = || self.state(&self.owner, entity_id).is_some_and(|state| state["state"] == expected);
        self.until(&format!("{entity_id} {expected}"), is);
    }

    fn until_entry(&self, entry_id: &str, expected: &str) {
        let state = || self.ws(&self.owner).result("config_entries/get_single", json!({"entry_id": entry_id}));
        self.until(expected, || state()["config_entry"]["state"] == expected);
    }

    fn flows(&self) -> Value {
        self.ws(&self.owner).result("config_entries/flow/progress", json!({}))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_with_a_broker() {
    let mut broker = Broker::start().await;
    let device = Device::new(&broker).await;
    let mut home = Home::new();

    // The connection is tried before anything is made of it.
    let form = home.post(FLOW, &json!({"handler": "mqtt"}));
    let names: Vec<_> = form["data_schema"].as_array().unwrap().iter().map(|field| field["name"].clone()).collect();
    assert_eq!(names, ["broker", "port", "username", "password", "advanced"]);
    let step = format!("{FLOW}/{}", form["flow_id"].as_str().unwrap());
    let input = |password: &str| json!({"broker": "127.0.0.1", "port": broker.port, "username": "hub", "password": password, "advanced": {}});
    let refused = home.post(&step, &input("wrong"));
    assert_eq!(refused["errors"], json!({"base": "invalid_auth"}), "{refused}");
    assert!(!refused.to_string().contains("wrong"));
    let made = home.post(&step, &input(broker.password()));
    assert_eq!((&made["type"], &made["result"]["state"]), (&json!("create_entry"), &json!("loaded")), "{made}");
    assert!(!made.to_string().contains("right"), "no password comes back: {made}");
    let entry = made["result"]["entry_id"].as_str().unwrap().to_owned();
    let again = home.post(FLOW, &json!({"handler": "mqtt"}));
    assert_eq!(again["reason"], "single_instance_allowed");

    // What is discovered is where it says it is, and permissions follow.
    let box_of = |name: &str, area: &str| json!({"identifiers": [name], "name": name, "suggested_area": area});
    let light = |name: &str, area: &str| {
        json!({"name": "Lamp", "unique_id": name, "state_topic": format!("{name}/state"),
            "command_topic": format!("{name}/set"), "device": box_of(name, area)})
    };
    device.describes("light/bear", light("bear", "Nursery")).await;
    device.describes("light/desk", light("desk", "Study")).await;
    device.says("bear/state", "OFF").await;
    device.says("desk/state", "ON").await;
    home.until_state("light.bear_lamp", "off");
    home.until_state("light.desk_lamp", "on");
    let mut child = home.ws(&home.child);
    let seen = child.result("get_states", json!({}));
    assert_eq!(seen.as_array().unwrap().len(), 1, "{seen}");
    let on =
        |entity_id: &str| json!({"domain": "light", "service": "turn_on", "service_data": {"entity_id": entity_id}});
    assert_eq!(child.call("call_service", on("light.desk_lamp"))["error"]["message"], "Unauthorized");
    child.result("call_service", on("light.bear_lamp"));
    home.until("the command", || device.heard("bear/set") == ["ON"]);
    assert_eq!(device.heard("desk/set"), Vec::<String>::new());
    device.says("bear/state", "ON").await;
    home.until_state("light.bear_lamp", "on");
    let by = home.state(&home.owner, "light.bear_lamp").unwrap()["context"]["user_id"].clone();
    let me = child.result("auth/current_user", json!({}));
    assert_eq!(by, me["id"], "the state is the outcome of the child's command");

    // The plug is pulled: what is registered is there, and what is retained comes back.
    home.power_cut();
    home.until_entry(&entry, "loaded");
    home.until_state("light.bear_lamp", "on");
    assert_eq!(home.state(&home.child, "light.desk_lamp"), None);
    assert_eq!(device.heard("bear/set"), ["ON"], "no command is sent again");

    // The broker is away, at run time and at set-up.
    broker.stop();
    home.until_state("light.bear_lamp", "unavailable");
    let reload = format!("/api/config/config_entries/entry/{entry}/reload");
    home.post(&reload, &json!({}));
    home.until_entry(&entry, "setup_retry");
    assert_eq!(home.flows(), json!([]));
    broker.run().await;
    home.until_entry(&entry, "loaded");
    home.until_state("light.bear_lamp", "on");

    // The password changes: one reauthentication, while the entry stays loaded.
    broker.stop();
    broker.set_password("changed");
    broker.run().await;
    home.until("a flow", || home.flows() != json!([]));
    home.until_entry(&entry, "loaded");
    let flows = home.flows();
    assert_eq!((flows.as_array().unwrap().len(), &flows[0]["context"]["source"]), (1, &json!("reauth")));
    // Set up again it is refused: `setup_error`, and one flow still.
    home.post(&reload, &json!({}));
    home.until_entry(&entry, "setup_error");
    let flows = home.flows();
    assert_eq!(flows.as_array().unwrap().len(), 1, "{flows}");
    let step = format!("{FLOW}/{}", flows[0]["flow_id"].as_str().unwrap());
    let refused = home.post(&step, &json!({"username": "hub", "password": "wrong"}));
    assert_eq!(refused["errors"], json!({"base": "invalid_auth"}));
    let done = home.post(&step, &json!({"username": "hub", "password": "changed"}));
    assert_eq!(done["reason"], "reauth_successful", "{done}");
    home.until_entry(&entry, "loaded");
    home.until_state("light.bear_lamp", "on");
    assert_eq!(home.flows(), json!([]));
    assert_eq!(home.ws(&home.owner).result("config_entries/get", json!({})).as_array().unwrap().len(), 1);
    assert_eq!(device.heard("bear/set"), ["ON"], "in all this no command was sent twice");

    // What is described no more is gone, and its device with it.
    device.says("homeassistant/light/desk/config", "").await;
    home.until("it is gone", || home.state(&home.owner, "light.desk_lamp").is_none());
    let mut owner = home.ws(&home.owner);
    assert!(!owner.result("config/device_registry/list", json!({})).to_string().contains("desk"));
    assert!(owner.result("config/device_registry/list", json!({})).to_string().contains("bear"));
    let log = home.server.log();
    assert!(!log.contains("changed") && !log.contains("wrong"), "no password is in the log: {log}");
}
