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
    assert_eq!(cut.detail["policy"]["length"], json!(Record::MAX_DETAIL + 2));
    let short = record().on("x".repeat(Record::MAX_TEXT)).with(json!({"a": 1}));
    assert_eq!(short.clone().bounded(), short);
}

#[test]
fn a_long_text_hides_nothing_beside_it() {
    let long = "x".repeat(Record::MAX_DETAIL);
    let kept = record().with(json!({"name": long, "was": {"name": "a"}, "group_ids": ["system-admin"]})).bounded();
    assert_eq!(kept.detail["group_ids"], json!(["system-admin"]));
    assert_eq!(kept.detail["was"], json!({"name": "a"}));
    let name = &kept.detail["name"];
    // SHA-256 of the text in quotation marks.
    let hash = Sha256::digest(format!("\"{long}\"")).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((&name["length"], &name["sha256"]), (&json!(long.len() + 2), &json!(hash)));
    assert!(name["begins"].as_str().unwrap().starts_with("\"xxxx"));
}

#[test]
fn whatever_the_detail_is_it_fits() {
    let mut many = Map::new();
    for n in 0..5000 {
        many.insert(format!("member {n}"), json!(n));
    }
    let two = json!({"a": "x".repeat(10_000), "b": "y".repeat(10_000), "c": 1});
    let cases = [
        Value::Object(many),
        two.clone(),
        json!({"n".repeat(20_000): 1}),
        json!({"a": "\u{1}".repeat(9_000), "b": "\u{1}".repeat(9_000)}),
        json!(vec!["x"; 9_000]),
    ];
    for case in cases {
        let kept = record().with(case).bounded();
        assert!(length_of(&kept.detail) <= Record::MAX_DETAIL, "{}", length_of(&kept.detail));
        assert!(Value::Object(kept.detail).to_string().contains("sha256"));
    }
    // No more is cut than must be.
    let kept = record().with(two).bounded();
    assert_eq!((kept.detail["a"].is_string(), kept.detail["b"].is_string()), (true, false));
}
