//! Signing in, tokens, signed paths, accounts: on the very home that was recorded.

mod player;
mod tokens;

use serde_json::{Value, json};

use super::recorded;
use crate::support::Ws;
use player::Player;

/// What we answer to recorded exchanges on purpose: their numbers, the place in the recorded answer,
/// what is there with us, and the row of `docs/differences.md` that says why.
type Differs = &'static [(&'static [u64], &'static str, &'static str, &'static str)];

/// Returns a recorded exchange with our answer where we differ.
fn with_ours(differs: Differs, mut line: Value) -> Value {
    let n = line["n"].as_u64().unwrap();
    let id = line["request"]["id"].clone();
    for (_, place, ours, _) in differs.iter().filter(|(at, ..)| at.contains(&n)) {
        let theirs = line["response"].pointer_mut(place).unwrap_or_else(|| panic!("{n}: there is no {place}"));
        let mut ours: Value = serde_json::from_str(ours).unwrap();
        if *place == "/messages/0" {
            ours["id"] = id.clone();
        }
        assert_ne!(*theirs, ours, "{n}: {place} does not differ");
        *theirs = ours;
    }
    line
}

/// Every reason is written down for users too.
#[test]
fn what_differs_is_documented() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/differences.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    for (at, .., row) in [AUTH_FLOW, REST_TOKENS, WS_AUTH].into_iter().flatten() {
        assert!(docs.contains(&format!("\n| {row} |")), "{at:?}: no row {row:?} in docs/differences.md");
    }
}

const AUTH_FLOW: Differs = &[
    (&[2], "/body/client_id_metadata_document_supported", "false", "redirects listed at the client's address"),
    (&[4], "/status", "404", "`POST /api/onboarding` after the first user"),
    (&[4], "/headers/Content-Type", TEXT, "`POST /api/onboarding` after the first user"),
    (&[4], "/body", r#""404: Not Found""#, "`POST /api/onboarding` after the first user"),
    (&[18], "/body", r#""405: Method Not Allowed""#, "`GET /auth/login_flow`"),
    (&[20], "/status", "404", "`GET /auth/login_flow/{id}`"),
    (&[20], "/headers/Content-Type", r#""application/json""#, "`GET /auth/login_flow/{id}`"),
    (&[20], "/headers/Server", r#""""#, "`GET /auth/login_flow/{id}`"),
    (&[20], "/body", r#"{"message":"Invalid flow specified"}"#, "`GET /auth/login_flow/{id}`"),
    (&[31], "/status", "400", OTHER_CLIENT),
    (&[31], "/body/message", r#""Invalid client id""#, OTHER_CLIENT),
    // So the flow is there still.
    (&[32], "/status", "200", OTHER_CLIENT),
    (&[32], "/body", FINISHED, OTHER_CLIENT),
    (&[45], "/status", "401", "a code used twice"),
    (&[45], "/headers/Content-Type", TEXT, "a code used twice"),
    (&[45], "/body", r#""401: Unauthorized""#, "a code used twice"),
    (&[76, 77], "/status", "404", "`/auth/link_user`"),
    (&[76], "/headers/WWW-Authenticate", r#""""#, "`/auth/link_user`"),
    (&[76], "/body", r#""404: Not Found""#, "`/auth/link_user`"),
    (&[77], "/headers/Content-Type", TEXT, "`/auth/link_user`"),
    (&[77], "/body", r#""404: Not Found""#, "`/auth/link_user`"),
];

const TEXT: &str = r#""text/plain; charset=utf-8""#;
const OTHER_CLIENT: &str = "a step of a login that another client began";
const FINISHED: &str = r#"{"type":"create_entry","flow_id":"0c42b7c606cf2fce2e18620dcc7b9c97",
    "handler":["homeassistant",null],"description":null,"description_placeholders":null,
    "result":"00000000000000000000000000000000"}"#;
const NAMELESS: &str = "errors that have no code of their own";
const SECOND_FACTOR: &str = "setting a second factor up, taking it away, new recovery codes";

#[test]
fn signing_in_goes_as_recorded() {
    let mut player = Player::new(recorded("auth-flow"));
    while let Some(line) = player.next() {
        let line = with_ours(AUTH_FLOW, line);
        match player.n() {
            // Whose codes these are was not recorded.
            43 | 52 | 54 | 56 | 58 | 61 => player.log_in_unrecorded("kitchen", &line),
            78 => player.log_in_unrecorded("reader", &line),
            69 => player.open("kitchen (short token)"),
            79 => player.open("reader"),
            _ => {}
        }
        player.play(&line);
    }
    player.end(82);
}

const REST_TOKENS: Differs = &[
    (
        &[37, 38, 49, 50],
        "/messages/0",
        r#"{"type":"result","success":false,"error":{"code":"unknown_error","message":"path cannot be signed"}}"#,
        "signing what is no path of the hub",
    ),
    (
        &[40, 52],
        "/messages/0",
        r#"{"type":"result","success":false,"error":{"code":"invalid_format","message":"\u2026"}}"#,
        "a lifetime below zero",
    ),
    (&[65], "/body/context/user_id", "null", "`context.user_id`"),
    (&[67], "/messages/0/event/c/light.kitchen_lights/+/c", r#""01M81279JH72RGE4496QSX0AXB""#, "`context.user_id`"),
    (&[68], "/messages/0/result/0/context/user_id", "null", "`context.user_id`"),
];

#[test]
fn tokens_go_as_recorded() {
    let mut player = Player::new(recorded("rest-tokens"));
    // Nothing provides the recorded home's entities here.
    let light = json!({"state": "on", "attributes": {
        "min_color_temp_kelvin": 2000, "max_color_temp_kelvin": 6535, "supported_color_modes": ["color_temp", "hs"],
        "color_mode": "hs", "brightness": 180, "color_temp_kelvin": null, "hs_color": [345, 75],
        "rgb_color": [255, 64, 112], "xy_color": [0.59, 0.274], "friendly_name": "Kitchen Lights",
        "supported_features": 0}});
    player.write_state("light.kitchen_lights", &light);
    let lock = json!({"state": "locked", "attributes": {"friendly_name": "Front Door", "supported_features": 0}});
    player.write_state("lock.front_door", &lock);
    while let Some(line) = player.next() {
        let line = with_ours(REST_TOKENS, line);
        match player.n() {
            9..=21 => player.token_by_hand(line["note"].as_str().unwrap()),
            53 => player.make_temp(),
            55 => player.open("temp"),
            66 => {
                player.open("temp");
                player.subscribe("temp");
            }
            67 => {
                player.loses_all_but("temp", "light.kitchen_lights");
                // The ceiling's lights as well, which temp no longer sees.
                player.turn_lights_off();
            }
            _ => {}
        }
        player.play(&line);
    }
    player.end(72);
}

const WS_AUTH: Differs = &[
    (&[21, 49, 79, 108, 137, 166, 195, 224, 253], "/messages/0/error/message", r#""tmp already exists""#, NAMELESS),
    (&[31, 60], "/messages/0/error/message", r#""unknown group `no-such-group`""#, NAMELESS),
    (
        &[23, 51, 81, 110, 139, 168, 197, 226, 255],
        "/messages/0",
        r#"{"type":"result","success":false,"error":{"code":"invalid_format","message":"\u2026"}}"#,
        "a lifetime below zero",
    ),
    // So there is nothing to delete.
    (
        &[26, 54, 84, 113, 142, 171, 200, 229, 258],
        "/messages/0",
        r#"{"type":"result","success":false,"error":{"code":"invalid_token_id","message":"Received invalid token"}}"#,
        "a lifetime below zero",
    ),
    (
        &[43, 73, 102, 131, 160, 189, 218, 247, 276, 44, 74, 103, 132, 161, 190, 219, 248, 277],
        "/messages/0",
        r#"{"type":"result","success":false,"error":{"code":"not_allowed","message":"log in for that: a long-lived token is not enough"}}"#,
        SECOND_FACTOR,
    ),
];

#[test]
fn accounts_go_as_recorded() {
    let mut player = Player::new(recorded("ws-auth"));
    // The home was copied later; these logins had not happened yet.
    let mut owner = Ws::open(&player.server.address, &player.token("owner"));
    for id in
        ["8d5b11ff82a043cc8912a78248bba70d", "72a243fed41848f7951fcc4e7481c1d6", "1acd5d1deb644723be8d753666a6af45"]
    {
        owner.result("auth/delete_refresh_token", json!({"refresh_token_id": id}));
    }
    while let Some(line) = player.next() {
        player.play(&with_ours(WS_AUTH, line));
    }
    player.end(284);
}
