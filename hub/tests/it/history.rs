//! History and logbook over real sockets: what they say, and in which form. Who is told what is tested beside this file.

mod rights;

use serde_json::{Value, json};

use crate::support::{Server, Ws};

const LIGHT: &str = "light.kitchen_lights";

/// Before anything was recorded.
const START: &str = "2020-01-01T00:00:00Z";

/// Writes a state over REST, as the owner.
fn write(server: &Server, entity_id: &str, state: &str, attributes: Value) {
    let body = json!({"state": state, "attributes": attributes});
    let answer = server.send_as("owner", "POST", &format!("/api/states/{entity_id}"), Some(&body));
    assert!([200, 201].contains(&answer.status), "{}", answer.text());
}

fn during(ws: &mut Ws, members: Value) -> Value {
    let mut asked = json!({"start_time": START});
    asked.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    ws.result("history/history_during_period", asked)
}

/// Returns the texts of states: of a list in either form.
fn states(list: &Value) -> Vec<&str> {
    let text = |state: &'static str, item: &Value| item.get(state).is_some();
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| item[if text("s", item) { "s" } else { "state" }].as_str().unwrap()).collect()
}

#[test]
fn the_history_has_home_assistants_forms() {
    let server = Server::demo();
    let id = "sensor.history";
    write(&server, id, "1", json!({"unit_of_measurement": "W"}));
    write(&server, id, "2", json!({"unit_of_measurement": "W"}));
    write(&server, id, "2", json!({"unit_of_measurement": "kW"}));
    write(&server, id, "3", json!({"unit_of_measurement": "kW"}));
    write(&server, "climate.history", "heat", json!({"temperature": 20}));
    write(&server, "climate.history", "heat", json!({"temperature": 21}));
    let mut ws = server.ws_as("reader");

    let all = during(&mut ws, json!({"entity_ids": [id], "significant_changes_only": false}));
    assert_eq!(states(&all[id]), ["1", "2", "2", "3"]);
    let item = |n: usize| all[id][n].as_object().unwrap();
    assert_eq!(item(0).keys().collect::<Vec<_>>(), ["s", "a", "lu"]);
    assert_eq!(item(0)["a"], json!({"unit_of_measurement": "W"}));
    // A write of attributes alone: it changed before.
    assert_eq!(item(2).keys().collect::<Vec<_>>(), ["s", "a", "lu", "lc"]);
    assert_eq!(item(2)["lc"], item(1)["lu"]);
    let significant = during(&mut ws, json!({"entity_ids": [id, "climate.history"]}));
    assert_eq!(states(&significant[id]), ["1", "2", "3"]);
    assert_eq!(states(&significant["climate.history"]), ["heat", "heat"], "its graph is of attributes");
    let minimal = json!({"entity_ids": [id, "climate.history"], "minimal_response": true, "no_attributes": true});
    let minimal = during(&mut ws, minimal);
    assert_eq!(minimal[id][0]["a"], json!({}));
    assert_eq!(minimal[id][1].as_object().unwrap().keys().collect::<Vec<_>>(), ["s", "lu"]);
    assert_eq!(minimal["climate.history"][1]["a"], json!({"temperature": 21}), "it means nothing without");

    // From the middle on: it begins with what there was.
    let second = all[id][1]["lu"].as_f64().unwrap();
    let from = |at: f64| jiff::Timestamp::from_microsecond((at * 1e6).round() as i64).unwrap().to_string();
    let asked = |more: Value| {
        let mut asked =
            json!({"start_time": from(second + 1e-6), "entity_ids": [id], "significant_changes_only": false});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let later = ws.result("history/history_during_period", asked(json!({})));
    assert_eq!(states(&later[id]), ["2", "2", "3"]);
    assert!((later[id][0]["lu"].as_f64().unwrap() - second - 1e-6).abs() < 1e-6, "{later}");
    assert!(later[id][0].get("lc").is_none());
    let without = ws.result("history/history_during_period", asked(json!({"include_start_time_state": false})));
    assert_eq!(states(&without[id]), ["2", "3"]);
    let ended = ws.result("history/history_during_period", asked(json!({"end_time": from(second + 2e-6)})));
    assert_eq!(states(&ended[id]), ["2"]);
    assert_eq!(
        ws.result("history/history_during_period", json!({"start_time": "2100-01-01", "entity_ids": [id]})),
        json!({})
    );

    let get = |query: &str| {
        let path = format!("/api/history/period/{START}?filter_entity_id={id},sensor.none&end_time=2100-01-01{query}");
        let answer = server.send_as("reader", "GET", &path, None);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let full = get("&significant_changes_only=0");
    assert_eq!((full.as_array().unwrap().len(), states(&full[0])), (1, vec!["1", "2", "2", "3"]));
    let keys: Vec<_> = full[0][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["entity_id", "state", "attributes", "last_changed", "last_updated"]);
    assert_eq!((&full[0][2]["last_changed"], &full[0][0]["entity_id"]), (&full[0][1]["last_changed"], &json!(id)));
    let minimal = get("&minimal_response&no_attributes");
    let n_keys: Vec<_> = minimal[0].as_array().unwrap().iter().map(|item| item.as_object().unwrap().len()).collect();
    assert_eq!((states(&minimal[0]), n_keys), (vec!["1", "2", "3"], vec![5, 2, 5]));
    assert_eq!(minimal[0][0]["attributes"], json!({}));
    // By default the last day.
    let day = server.send_as("reader", "GET", &format!("/api/history/period?filter_entity_id={id}"), None);
    assert_eq!(states(&day.json()[0]), ["1", "2", "3"]);
    let future =
        server.send_as("reader", "GET", &format!("/api/history/period/2100-01-01?filter_entity_id={id}"), None);
    assert_eq!(future.json(), json!([]));
}

#[test]
fn a_stream_tells_what_was_and_then_what_comes() {
    let server = Server::demo();
    let mut ws = server.ws_as("reader");
    let id = "sensor.history";
    write(&server, id, "1", json!({}));
    let stream = ws.command("history/stream", json!({"start_time": START, "entity_ids": [id, "sensor.none"]}));
    assert_eq!(ws.answer(stream)["result"], Value::Null);
    let first = ws.event(stream, |_| true);
    assert_eq!(states(&first["states"][id]), ["1"]);
    assert_eq!(first["states"].as_object().unwrap().len(), 1);
    assert_eq!(first["end_time"], first["states"][id][0]["lu"]);
    for (state, attributes) in [("1", json!({"a": 1})), ("2", json!({"a": 1}))] {
        write(&server, id, state, attributes);
    }
    // Each in an event of its own, once, and what is not significant in none.
    let next = ws.event(stream, |_| true);
    assert_eq!((states(&next["states"][id]), &next["states"][id][0]["a"]), (vec!["2"], &json!({"a": 1})));
    assert!(next.get("start_time").is_none());
    // What was not there when it was asked for is told when it comes.
    write(&server, "sensor.none", "new", json!({}));
    assert_eq!(states(&ws.event(stream, |_| true)["states"]["sensor.none"]), ["new"]);
    ws.result("unsubscribe_events", json!({"subscription": stream}));
    write(&server, id, "3", json!({}));

    // What is over is told at once, and nothing follows; it can be unsubscribed from all the same.
    for command in ["history/stream", "logbook/event_stream"] {
        let over = json!({"start_time": START, "end_time": "2020-01-02", "entity_ids": [id]});
        let over = ws.command(command, over);
        ws.answer(over);
        let event = ws.event(over, |_| true);
        assert_eq!((&event["start_time"], &event["end_time"]), (&json!(1_577_836_800.0), &json!(1_577_923_200.0)));
        assert!(event.get("partial").is_none());
        ws.result("unsubscribe_events", json!({"subscription": over}));
        assert_eq!(ws.refused("unsubscribe_events", json!({"subscription": over})), "not_found");
    }
    // Nothing of what ends before it.
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_millis(300)).to_string();
    let ending = ws.command("history/stream", json!({"start_time": START, "end_time": soon, "entity_ids": [id]}));
    ws.answer(ending);
    ws.event(ending, |event| states(&event["states"][id]) == ["1", "2", "3"]);
    let mut last = 0;
    let ends = soon.parse::<jiff::Timestamp>().unwrap();
    while jiff::Timestamp::now() <= ends || last < 5 {
        last += 1;
        write(&server, id, &format!("late {last}"), json!({}));
    }
    // This one is surely after it.
    last += 1;
    write(&server, id, &format!("late {last}"), json!({}));
    ws.drain();
    assert!(!ws.transcript().contains(&format!("late {last}")));
}

#[test]
fn the_logbook_tells_changes_and_who_asked_for_them() {
    let server = Server::demo();
    let mut ws = server.ws_as("kitchen");
    let mut owner = server.ws_as("owner");
    let stream = ws.command("logbook/event_stream", json!({"start_time": START}));
    ws.answer(stream);
    // Nothing has changed yet: it begins with nothing, and that is all.
    let first = ws.event(stream, |_| true);
    assert_eq!((&first["events"], first.get("partial")), (&json!([]), None));
    let call = |ws: &mut Ws, service: &str| {
        ws.result("call_service", json!({"domain": "light", "service": service, "target": {"entity_id": LIGHT}}))
    };
    let before = ws.result("get_states", json!({}))[0]["state"].clone();
    let (one, other) = if before == "on" { ("turn_off", "turn_on") } else { ("turn_on", "turn_off") };
    let context = call(&mut ws, one)["context"].clone();
    let mine = ws.event(stream, |_| true)["events"][0].clone();
    assert_eq!((&mine["entity_id"], &mine["context_user_id"]), (&json!(LIGHT), &context["user_id"]));
    assert_eq!((&mine["context_domain"], &mine["context_service"]), (&json!("light"), &json!(one)));
    assert_eq!(mine["context_event_type"], "call_service");
    assert!(mine["when"].is_f64() && mine.get("name").is_none(), "{mine}");
    call(&mut owner, other);
    // What the owner did happened, but that they did it is not told, nor how.
    let theirs = ws.event(stream, |_| true)["events"][0].clone();
    assert_eq!(theirs.as_object().unwrap().keys().collect::<Vec<_>>(), ["when", "state", "entity_id"]);
    // Attributes alone are no news.
    ws.result(
        "call_service",
        json!({"domain": "light", "service": "turn_on", "service_data": {"entity_id": LIGHT, "brightness": 3}}),
    );
    let asked = json!({"start_time": START, "entity_ids": [LIGHT]});
    let n = ws.result("logbook/get_events", asked.clone()).as_array().unwrap().len();
    ws.result(
        "call_service",
        json!({"domain": "light", "service": "turn_on", "service_data": {"entity_id": LIGHT, "brightness": 4}}),
    );
    let lines = ws.result("logbook/get_events", asked);
    assert_eq!((lines.as_array().unwrap().len(), &lines[0], &lines[1]), (n, &mine, &theirs));
    let of_action = ws.result("logbook/get_events", json!({"start_time": START, "context_id": context["id"]}));
    assert_eq!(of_action, json!([mine]));
    assert_eq!(ws.result("logbook/get_events", json!({"start_time": START, "context_id": "x"})), json!([]));

    // From then on there is something to begin with: it says that it is not all, and then that it is.
    let stream = ws.command("logbook/event_stream", json!({"start_time": START}));
    ws.answer(stream);
    let first = ws.event(stream, |_| true);
    assert_eq!((&first["partial"], &first["events"]), (&json!(true), &lines));
    let second = ws.event(stream, |_| true);
    assert_eq!((second.get("partial"), &second["events"]), (None, &json!([])));

    // Over REST with names and texts, and the owner is told everything.
    let rest = server
        .send_as("owner", "GET", &format!("/api/logbook/{START}?end_time=2100-01-01&entity={LIGHT}"), None)
        .json();
    assert_eq!((&rest[1]["name"], &rest[1]["context_service"]), (&json!("Kitchen Lights"), &json!(other)));
    assert!(rest[1]["when"].as_str().unwrap().ends_with("+00:00"));
    let today = server.send_as("kitchen", "GET", "/api/logbook?period=2", None).json();
    assert_eq!(today.as_array().unwrap().len(), n, "{today}");
    let none = server.send_as("owner", "GET", &format!("/api/logbook?context_id={}", "0".repeat(26)), None).json();
    assert_eq!(none, json!([]));
}

#[test]
fn measurements_are_no_news() {
    let server = Server::demo();
    let mut ws = server.ws_as("reader");
    let stream = ws.command("logbook/event_stream", json!({"start_time": START}));
    ws.answer(stream);
    for (id, attributes) in [
        ("sensor.warmth", json!({"unit_of_measurement": "°C"})),
        ("sensor.total", json!({"state_class": "total"})),
        ("counter.steps", json!({})),
        ("sensor.mood", json!({"icon": "mdi:emoticon"})),
    ] {
        write(&server, id, "1", attributes.clone());
        write(&server, id, "2", attributes);
    }
    // The demo's own sensors have news of their own.
    let ours = ["sensor.warmth", "sensor.total", "counter.steps", "sensor.mood"].map(Value::from);
    let event = ws.event(stream, |event| ours.contains(&event["events"][0]["entity_id"]));
    assert_eq!(
        (&event["events"][0]["entity_id"], &event["events"][0]["icon"]),
        (&json!("sensor.mood"), &json!("mdi:emoticon"))
    );
    let named =
        json!({"start_time": START, "entity_ids": ["sensor.warmth", "sensor.total", "counter.steps", "sensor.mood"]});
    let lines = ws.result("logbook/get_events", named);
    assert_eq!((lines.as_array().unwrap().len(), &lines[0]), (1, &event["events"][0]));
    // A device has no lines of its own.
    let of_device = json!({"start_time": START, "device_ids": ["x"]});
    assert_eq!(ws.result("logbook/get_events", of_device), json!([]));
}

#[test]
fn bad_questions_have_home_assistants_answers() {
    let server = Server::demo();
    let mut ws = server.ws_as("kitchen");
    let many: Vec<_> = (0..2049).map(|n| format!("light.n{n}")).collect();
    let (history, stream) = ("history/history_during_period", "history/stream");
    let (logbook, follow) = ("logbook/get_events", "logbook/event_stream");
    for (command, members, code) in [
        (history, json!({"start_time": "x", "entity_ids": [LIGHT]}), "invalid_start_time"),
        (history, json!({"start_time": "", "entity_ids": [LIGHT]}), "invalid_start_time"),
        (history, json!({"start_time": START, "end_time": "x", "entity_ids": [LIGHT]}), "invalid_end_time"),
        (history, json!({"start_time": START, "entity_ids": ["no id"]}), "invalid_entity_ids"),
        (history, json!({"start_time": START, "entity_ids": [LIGHT, "Light.X"]}), "invalid_entity_ids"),
        (history, json!({"start_time": START, "entity_ids": [""]}), "invalid_entity_ids"),
        (history, json!({"start_time": START, "entity_ids": many}), "invalid_format"),
        (history, json!({"start_time": START}), "invalid_format"),
        (history, json!({"entity_ids": [LIGHT]}), "invalid_format"),
        (history, json!({"start_time": 5, "entity_ids": [LIGHT]}), "invalid_format"),
        (history, json!({"start_time": START, "entity_ids": LIGHT}), "invalid_format"),
        (history, json!({"start_time": START, "entity_ids": [LIGHT], "minimal_response": "yes"}), "invalid_format"),
        (history, json!({"start_time": START, "entity_ids": [LIGHT], "more": 1}), "invalid_format"),
        (stream, json!({"start_time": "x", "entity_ids": [LIGHT]}), "invalid_start_time"),
        (stream, json!({"start_time": "2100-01-01", "entity_ids": [LIGHT]}), "invalid_start_time"),
        (stream, json!({"start_time": START, "end_time": "2019-01-01", "entity_ids": [LIGHT]}), "invalid_end_time"),
        (stream, json!({"start_time": START, "end_time": "x", "entity_ids": [LIGHT]}), "invalid_end_time"),
        (stream, json!({"start_time": START, "entity_ids": ["x"]}), "invalid_entity_ids"),
        (stream, json!({"start_time": START, "entity_ids": many}), "invalid_format"),
        (logbook, json!({"start_time": "x"}), "invalid_start_time"),
        (logbook, json!({"start_time": START, "end_time": "x"}), "invalid_end_time"),
        (logbook, json!({"start_time": START, "entity_ids": many}), "invalid_format"),
        (logbook, json!({"start_time": START, "entity_ids": [LIGHT], "context_id": "x"}), "invalid_format"),
        (logbook, json!({}), "invalid_format"),
        (follow, json!({"start_time": "2100-01-01"}), "invalid_start_time"),
        (follow, json!({"start_time": START, "end_time": "2019-01-01"}), "invalid_end_time"),
        (follow, json!({"start_time": START, "context_id": "x"}), "invalid_format"),
        ("recorder/info", json!({"x": 1}), "invalid_format"),
        ("recorder/get_statistics_metadata", json!({"statistic_ids": "x"}), "invalid_format"),
        ("recorder/statistics_during_period", json!({"statistic_ids": ["x"], "period": "hour"}), "invalid_format"),
        (
            "recorder/statistics_during_period",
            json!({"start_time": "x", "statistic_ids": ["x"], "period": "hour"}),
            "invalid_start_time",
        ),
    ] {
        assert_eq!(ws.refused(command, members.clone()), code, "{command} {members:.200}");
    }
    for (query, text) in [
        ("history/period/x?filter_entity_id=light.x", "Invalid datetime"),
        ("history/period/2026-13-01?filter_entity_id=light.x", "Invalid datetime"),
        ("history/period", "filter_entity_id is missing"),
        ("history/period?filter_entity_id=", "filter_entity_id is missing"),
        ("history/period?filter_entity_id=x", "Invalid filter_entity_id"),
        ("history/period?filter_entity_id=light.x,", "Invalid filter_entity_id"),
        ("history/period?filter_entity_id=light.x&end_time=x", "Invalid end_time"),
        (&format!("history/period?filter_entity_id={}", many.join(",")), "Invalid filter_entity_id"),
        ("logbook/x", "Invalid datetime"),
        ("logbook?end_time=x", "Invalid end_time"),
        ("logbook?end_time=", "Invalid end_time"),
        ("history/period?filter_entity_id=light.x&end_time=", "Invalid end_time"),
        ("logbook?period=0", "Invalid period"),
        ("logbook?period=x", "Invalid period"),
        ("logbook?period=99999999999999999999", "Invalid period"),
        ("logbook?entity=x", "Invalid entity"),
        ("logbook?entity=light.x&context_id=x", "Can't combine entity with context_id"),
    ] {
        let answer = server.send_as("kitchen", "GET", &format!("/api/{query}"), None);
        assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(text)), "{query:.100}");
    }
}

#[test]
fn the_recorder_says_what_it_is() {
    let server = Server::demo();
    let mut ws = server.ws_as("kitchen");
    let info = ws.result("recorder/info", json!({}));
    for (member, value) in [
        ("recording", json!(true)),
        ("in_memory", json!(true)),
        ("backlog", json!(0)),
        ("migration_in_progress", json!(false)),
        ("thread_running", json!(true)),
    ] {
        assert_eq!(info[member], value, "{member}");
    }
    // By these pages know that there is something to ask.
    let components = ws.result("get_config", json!({}))["components"].clone();
    for component in ["history", "logbook", "recorder"] {
        assert!(components.as_array().unwrap().contains(&json!(component)), "{components}");
    }
    assert_eq!(ws.result("recorder/get_statistics_metadata", json!({"statistic_ids": ["sensor.x"]})), json!([]));
    let asked = json!({"start_time": START, "statistic_ids": ["sensor.x"], "period": "5minute", "types": ["mean"]});
    assert_eq!(ws.result("recorder/statistics_during_period", asked), json!({}));
    let metrics = server.send_as("owner", "GET", "/api/doorward/metrics", None).text();
    assert!(metrics.contains("\ndoorward_history_gaps_total 0\n"), "{metrics}");
    assert!(!metrics.contains("\ndoorward_history_states 0\n"), "{metrics}");
}

#[test]
fn one_entity_has_so_much_past_and_no_more() {
    let server = Server::demo();
    let mut ws = server.ws_as("owner");
    for service in ["turn_on", "turn_off"] {
        ws.result("call_service", json!({"domain": "light", "service": service, "target": {"entity_id": LIGHT}}));
    }
    for n in 0..5100 {
        let data = json!({"entity_id": LIGHT, "brightness": 1 + n % 254});
        ws.command("call_service", json!({"domain": "light", "service": "turn_on", "service_data": data}));
        if n % 500 == 0 {
            ws.drain();
        }
    }
    ws.drain();
    let all = during(&mut ws, json!({"entity_ids": [LIGHT], "significant_changes_only": false, "no_attributes": true}));
    assert_eq!(all[LIGHT].as_array().unwrap().len(), 5000);
    assert!(states(&all[LIGHT]).iter().all(|state| *state == "on"), "the oldest went");
}
