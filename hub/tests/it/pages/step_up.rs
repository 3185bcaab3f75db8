//! Where the home asks for a second factor: nothing typed is lost to the question.

use serde_json::json;

use super::assert_has;
use crate::{
    second_factor::{code, enrol, logged_in},
    support::{Server, browser::Browser, browser::fields},
};

#[test]
fn a_form_waits_for_the_code_and_is_then_done() {
    let server = Server::demo();
    let mut owner = logged_in(&server, "owner");
    let (secret, _) = enrol(&mut owner);
    owner.result("doorward/step_up/set", json!({"required": true, "minutes": 5}));
    // The demo's token has shown nothing.
    let mut browser = Browser::new(&server);
    assert_eq!(browser.post("/doorward/session", &[("access_token", &server.token("owner"))]).status, 204);
    let typed = [("name", "Late <guests>"), ("id", "late"), ("g0-what", "lock"), ("g0-may", "read"), ("do", "save")];
    let answer = browser.post("/doorward/new-group", &typed);
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_has(&answer.text(), &["Show your second factor", r#"action="/doorward/new-group""#]);
    let kept = |page: &str| {
        let mut kept = fields(page);
        kept.retain(|(name, _)| name != "step_up_code");
        kept
    };
    let expected: Vec<_> = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(kept(&answer.text()), expected);
    let with = |code: &str| {
        let mut all = expected.clone();
        all.push(("step_up_code".to_owned(), code.to_owned()));
        all
    };
    let mut send = |fields: &[(String, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post("/doorward/new-group", &fields)
    };
    for wrong in ["000000", ""] {
        let answer = send(&with(wrong));
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert_eq!(kept(&answer.text()), expected);
    }
    let groups = owner.result("doorward/groups/list", json!({}));
    assert!(groups.as_array().unwrap().iter().all(|group| group["id"] != "late"));
    let answer = send(&with(&code(&secret, 1)));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/doorward/groups/late?done=created")));
    // For a while it counts.
    browser.done("/doorward/groups/late/delete", &[]);
    assert_has(&browser.page("/doorward"), &["Asked for: shown at most 5 minutes before."]);

    // An administrator who has none is told what to do.
    let mut admin = Browser::logged_in(&server, "admin");
    let answer = admin.post("/doorward/new-group", &typed);
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_has(&answer.text(), &["you have none yet", r#"value="Late &#60;guests&#62;""#]);
}

#[test]
fn settings_are_asked_for_and_kept_as_typed() {
    let server = Server::demo();
    let mut admin = Browser::logged_in(&server, "admin");
    let form = [("form", "step-up"), ("required", "on"), ("minutes", "7")];
    let answer = admin.post("/doorward/settings/step-up", &form);
    assert_eq!(answer.status, 422, "they have no factor: {}", answer.text());
    assert_has(&answer.text(), &[r#"value="7""#, r#"name="required" checked"#]);
    let (secret, _) = enrol(&mut logged_in(&server, "admin"));
    let mut admin = Browser::new(&server);
    assert_eq!(admin.post("/doorward/session", &[("access_token", &server.token("admin"))]).status, 204);
    // Who asks for it shows it: else nobody could take it back.
    assert_eq!(admin.post("/doorward/settings/step-up", &form).status, 403);
    let code = code(&secret, 1);
    let page = admin.done("/doorward/settings/step-up", &[&form[..], &[("step_up_code", &code)]].concat());
    assert_has(&page, &["Saved.", r#"value="7""#, r#"name="required" checked"#]);
    // What only the owner changes is refused with what was typed.
    let answer = admin.post("/doorward/settings/audit", &[("form", "audit"), ("keep_days", "12")]);
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_has(&answer.text(), &["You may not do that: the owner may.", r#"value="12""#]);
    assert_eq!(admin.post("/doorward/settings/audit", &[("form", "audit"), ("keep_days", "many")]).status, 422);
}
