use serde_json::{Value, json};

use super::*;
use crate::Actor;

#[track_caller]
fn check(filter: Value, expected: bool) {
    let filter: Filter = serde_json::from_value(filter).unwrap();
    let record = Record {
        asked_by: Some("eve".into()),
        last_at: Some(Timestamp::from_secs(20)),
        ..Record::new(
            Timestamp::from_secs(10),
            "call_service",
            Outcome::Denied,
            Actor::User { id: "ann".into(), token: None },
        )
        .on("light.hall")
    };
    assert_eq!(filter.fits(Trail::Access, &record), expected, "{filter:?}");
}

#[test]
fn every_member_counts() {
    check(json!({}), true);
    check(json!({"trail": "access"}), true);
    check(json!({"trail": "acts"}), false);
    for (user, fits) in [("ann", true), ("eve", true), ("light.hall", true), ("bob", false)] {
        check(json!({"user": user}), fits);
    }
    check(json!({"action": "call_service"}), true);
    check(json!({"action": "call"}), false);
    check(json!({"outcome": "denied"}), true);
    check(json!({"outcome": "done"}), false);
    for (on, fits) in [("light.hall", true), ("light", true), ("lig", false), ("light.hall.x", false), ("hall", false)]
    {
        check(json!({"on": on}), fits);
    }
    for (since, fits) in [(10, true), (20, true), (21, false)] {
        check(json!({"since": since * 1_000_000}), fits);
    }
    for (until, fits) in [(10, false), (11, true)] {
        check(json!({"until": until * 1_000_000}), fits);
    }
    check(json!({"action": "call_service", "outcome": "failed"}), false);
    assert!(serde_json::from_value::<Filter>(json!({"who": "ann"})).is_err());
}
