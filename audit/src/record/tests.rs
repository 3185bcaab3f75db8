use super::*;

fn record() -> Record {
    Record::new(Timestamp::from_secs(1), "create_user", Outcome::Done, Actor::Nobody)
}

#[test]
fn actions_are_called_as_their_requests() {
    for (request, name) in [("CreateUser", "create_user"), ("Ping", "ping"), ("", ""), ("setÄrger", "setÄrger")] {
        assert_eq!(action_name(request), name);
    }
}

#[test]
fn what_is_not_said_is_not_written() {
    let text = serde_json::to_string(&record()).unwrap();
    assert_eq!(text, r#"{"at":1000000,"action":"create_user","outcome":"done","by":"nobody"}"#);
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record());
}

#[test]
fn everything_comes_back_as_it_was() {
    let whole = Record {
        by: Actor::User { id: "u".into(), token: Some("t".into()) },
        asked_by: Some("v".into()),
        from: Some("2001:db8::1".parse().unwrap()),
        count: 3,
        last_at: Some(Timestamp::from_secs(2)),
        ..record().on("x").with(json!({"a": [1]})).because("no")
    };
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), whole);
}

#[test]
fn texts_and_details_have_bounds() {
    let long = "ä".repeat(Record::MAX_TEXT);
    let cut = record().on(&long).because(&long).with(json!({"policy": "x".repeat(Record::MAX_DETAIL)})).bounded();
    for text in [cut.on.unwrap(), cut.reason.unwrap()] {
        assert!(text.len() <= Record::MAX_TEXT && text.ends_with("ä…"), "{text}");
    }
    assert_eq!(Value::Object(cut.detail), json!({"too_long": Record::MAX_DETAIL + 13}));
    let short = record().on("x".repeat(Record::MAX_TEXT)).with(json!({"a": 1}));
    assert_eq!(short.clone().bounded(), short);
}
