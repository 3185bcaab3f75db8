//! Rights that are limited further: memberships that end while somebody looks, and tokens with a policy of their own.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::{
    cli::{done, home, refused, with_input},
    policy_cli::{furnish, write},
    support::{Server, Temporary, Ws, server::doorward},
};

/// Returns the moment in so many seconds, as the command line reads it.
pub(crate) fn in_secs(secs: u64) -> String {
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + secs;
    let (days, rest) = (unix / 86_400, unix % 86_400);
    // Days since 1970 as a date, by counting: tests may be slow.
    let (mut year, mut left) = (1970, days);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}T{:02}:{:02}:{:02}Z", month + 1, left + 1, rest / 3600, rest / 60 % 60, rest % 60)
}

pub(crate) fn token(dir: &Temporary, user: &str, more: &[&str]) -> String {
    let data = dir.0.to_str().unwrap();
    let name = if more.is_empty() { "test" } else { "limited test" };
    let made = doorward(&[&["token", "create", "--data", data, "--user", user, "--name", name], more].concat());
    done(&made).trim().to_owned()
}

#[test]
fn a_stay_ends_while_the_guest_looks() {
    let dir = home(r#"{"entities":{"domains":{"light":true}}}"#);
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let locks = write(&dir, "locks.json", r#"{"entities":{"domains":{"lock":true}}}"#);
    done(&doorward(&["group", "set", "--data", data, "locks", "--policy", &locks]));
    done(&doorward(&["user", "update", "--data", data, "gus", "--group", "guests", "--group", "locks"]));
    let until = in_secs(4);
    done(&doorward(&["user", "member", "--data", data, "gus", "locks", "--until", &until]));
    refused(&doorward(&["user", "member", "--data", data, "gus", "system-admin", "--until", &until]), "not in a group");
    refused(
        &doorward(&["user", "member", "--data", data, "gus", "locks", "--until", "tomorrow"]),
        "`tomorrow` is no moment",
    );
    let bad = with_input(
        &["user", "member", "--data", data, "gus", "locks", "--schedule", "-"],
        r#"{"time_zone":"X/Y","windows":[]}"#,
    );
    refused(&bad, "`X/Y` is no time zone");
    let (gus, ann) = (token(&dir, "gus", &[]), token(&dir, "ann", &[]));

    let server = Server::serve(&dir.0, &[]);
    let mut guest = Ws::open(&server.address, &gus);
    let id = guest.command("subscribe_entities", json!({}));
    guest.answer(id);
    guest.event(id, |event| event["a"].get("lock.front").is_some());
    let begun = Instant::now();
    // Told that the lock is gone when the stay is over, without asking anything.
    guest.event(id, |event| event["r"].as_array().is_some_and(|gone| gone.contains(&json!("lock.front"))));
    assert!(begun.elapsed() < Duration::from_secs(10));
    guest.drain();
    let mut owner = Ws::open(&server.address, &ann);
    assert!(owner.result("config/entity_registry/list", json!({})).to_string().contains("lock.front"));
    let seen = guest.result("config/entity_registry/list", json!({})).to_string();
    assert!(seen.contains("light.sink") && !seen.contains("lock.front"), "{seen}");
}

#[test]
fn a_stay_that_is_over_at_the_start_gives_nothing() {
    let dir = home(r#"{"entities":{"domains":{"light":true}}}"#);
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    done(&doorward(&["user", "member", "--data", data, "gus", "guests", "--until", "2020-01-01T00:00Z"]));
    refused(&doorward(&["policy", "check", "--data", data, "--user", "gus", "light.sink", "read"]), "denied");
    // Without conditions the membership always counts again.
    done(&doorward(&["user", "member", "--data", data, "gus", "guests"]));
    assert_eq!(
        done(&doorward(&["policy", "check", "--data", data, "--user", "gus", "light.sink", "read"])),
        "granted\n"
    );
}

#[test]
fn a_token_with_a_policy_of_its_own_does_no_more_than_that() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    furnish(&dir);
    let policy = write(&dir, "light.json", r#"{"entities":{"entity_ids":{"light.sink":{"read":true}}}}"#);
    let narrow = token(&dir, "ann", &["--policy", &policy]);
    assert!(done(&doorward(&["token", "list", "--data", data])).contains(r#"{"light.sink":{"read":true}}"#));

    let mut server = Server::serve(&dir.0, &[]);
    for round in 0..2 {
        let mut ws = Ws::open(&server.address, &narrow);
        let seen = ws.result("config/entity_registry/list", json!({})).to_string();
        assert!(seen.contains("light.sink") && !seen.contains("lock.front"), "{seen}");
        // No administration, no other token, no other password, no end to the owner's sessions.
        for (command, members) in [
            ("config/auth/list", json!({})),
            ("auth/long_lived_access_token", json!({"client_name": "more", "lifespan": 1})),
            ("auth/refresh_tokens", json!({})),
            ("auth/delete_all_refresh_tokens", json!({})),
            ("auth/delete_refresh_token", json!({"refresh_token_id": "0"})),
            (
                "config/auth_provider/homeassistant/change_password",
                json!({"current_password": "secret", "new_password": "x"}),
            ),
        ] {
            assert_eq!(ws.refused(command, members), "unauthorized", "{command}");
        }
        let me = ws.result("auth/current_user", json!({}));
        assert_eq!((&me["is_owner"], &me["is_admin"]), (&json!(false), &json!(false)));
        // The code that `call_service` has for a denial.
        let call = json!({"domain": "light", "service": "turn_on", "target": {"entity_id": "light.sink"}});
        assert_eq!(ws.refused("call_service", call), "home_assistant_error");
        if round == 0 {
            // As narrow after a start as before.
            server.kill();
            server = Server::serve(&dir.0, &[]);
        }
    }
}
