//! A guest comes from Friday to Sunday: everything about it on the page, without JavaScript.

use serde_json::json;

use super::{assert_has, id_of};
use crate::support::{Server, browser::Browser};

const NAMED: [(&str, &str); 2] = [("name", "Weekend <guests>"), ("id", "weekend")];

#[test]
fn a_guest_gets_the_kitchen_from_friday_to_sunday() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let mut browser = Browser::logged_in(&server, "admin");
    let page = browser.done("/doorward/people", &[("name", "Gus"), ("username", "gus"), ("password", "gus-password")]);
    assert_has(&page, &["<h1>Gus</h1>", "In no group, and so may do nothing."]);
    let gus = id_of(&mut owner, "Gus");

    // The form has a row for each room.
    let page = browser.page("/doorward/new-group");
    let at = page.find(r#"value="area:kitchen""#).unwrap();
    let key = page[..at].rsplit("name=\"").next().unwrap().split("-what").next().unwrap().to_owned();
    let (what, may) = (format!("{key}-what"), format!("{key}-may"));
    let kitchen: [(&str, &str); 3] = [(&what, "area:kitchen"), (&may, "read"), (&may, "control")];
    // The rooms come in one after the other; a browser sends all of them.
    let n: usize = key[1..].parse().unwrap();
    let rooms: Vec<_> = (0..n).map(|n| format!("r{n}-what")).collect();
    let rooms: Vec<(&str, &str)> = rooms.iter().map(|name| (name.as_str(), "area:none")).collect();
    let times = [("user_id", gus.as_str()), ("from", "2026-11-27T16:00"), ("until", "2126-11-29T20:00")];
    let typed = |action: &'static str| [&NAMED[..], &rooms, &kitchen, &times, &[("do", action)]].concat();

    // What is checked says who would gain what, and changes nothing.
    let before = owner.result("doorward/groups/list", json!({}));
    let checked = browser.post("/doorward/new-group", &typed("check"));
    assert_eq!(checked.status, 200, "{}", checked.text());
    let checked = checked.text();
    assert_has(
        &checked,
        &["<h4>Gus", "(while the membership counts)", "<strong>gains</strong> control", "light.kitchen_lights"],
    );
    assert_has(&checked, &["Weekend &#60;guests&#62;", "2026-11-27T16:00", "2126-11-29T20:00"]);
    assert!(!checked.contains("light.bed_light)"), "{checked}");
    assert_eq!(owner.result("doorward/groups/list", json!({})), before);

    // What is wrong keeps everything that was typed.
    let mut wrong = typed("save");
    wrong.retain(|(name, _)| *name != "until");
    wrong.push(("until", "2026-11-20T20:00"));
    let answer = browser.post("/doorward/new-group", &wrong);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_has(&answer.text(), &["“Until” is not after “from”", "Weekend &#60;guests&#62;", "2026-11-20T20:00"]);
    assert_eq!(owner.result("doorward/groups/list", json!({})), before);

    let page = browser.done("/doorward/new-group", &typed("save"));
    assert_has(&page, &["Made.", "Weekend &#60;guests&#62;", "Gus", "from 2026-11-27 16:00, until 2126-11-29 20:00"]);
    let groups = owner.result("doorward/groups/list", json!({}));
    let group = groups.as_array().unwrap().iter().find(|group| group["id"] == "weekend").unwrap();
    let policy = json!({"entities": {"area_ids": {"kitchen": {"read": true, "control": true}}}});
    assert_eq!((&group["policy"], &group["members"]), (&policy, &json!([gus])));
    // The id is taken now: nobody's group is written over.
    let answer = browser.post("/doorward/new-group", &typed("save"));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("There is a group with the id"), "{}", answer.text());

    // It shows: in the matrix, in the answers to who and why, in the trail.
    owner.result(
        "doorward/groups/set_member",
        json!({"group_id": "weekend", "user_id": gus, "until": "2126-11-29T20:00:00Z"}),
    );
    let matrix = browser.page("/doorward/matrix");
    assert_has(&matrix, &["Gus", "control"]);
    let why = browser.page(&format!("/doorward/why?user={gus}&entity=light.kitchen_lights"));
    assert_has(
        &why,
        &["control: yes", "edit: no", "weekend", "Kitchen (area)", "The smallest rule that would grant it"],
    );
    let why = browser.page(&format!("/doorward/why?user={gus}&entity=light.bed_light"));
    assert_has(&why, &["read: no", "weekend", "light.bed_light"]);
    let who = browser.page("/doorward/who?entity=light.kitchen_lights&permission=control");
    assert_has(&who, &["Gus", "Owner"]);
    let who = browser.page("/doorward/who?entity=lock.front_door&permission=control");
    let answer = who.split("id=\"answer\"").nth(1).unwrap().split("<h3>").next().unwrap();
    assert!(answer.contains("Owner") && !answer.contains("Gus"), "{answer}");
    let trail = browser.page("/doorward/audit?on=weekend");
    assert_has(&trail, &["set group", "Admin", "Weekend &#60;guests&#62;"]);
    let trail = browser.page("/doorward/audit?action=set_member");
    assert_has(&trail, &["set member", "Admin", "Gus"]);

    // And it ends.
    let page = browser.done("/doorward/groups/weekend/remove", &[("user_id", &gus)]);
    assert_has(&page, &["Nobody is in this group."]);
    browser.done("/doorward/groups/weekend/delete", &[]);
    assert_eq!(owner.result("doorward/groups/list", json!({})), before);
    assert_eq!(browser.get("/doorward/groups/weekend").status, 404);
}

#[test]
fn a_policy_is_changed_by_rows_or_as_json_and_never_by_both() {
    let server = Server::demo();
    let mut owner = server.ws_as("owner");
    let policy = |owner: &mut crate::support::Ws| {
        let groups = owner.result("doorward/groups/list", json!({}));
        groups.as_array().unwrap().iter().find(|group| group["id"] == "kitchen-light").unwrap()["policy"].clone()
    };
    let mut browser = Browser::logged_in(&server, "owner");
    let path = "/doorward/groups/kitchen-light";
    let was = policy(&mut owner).to_string();
    let rows = [
        ("name", "Kitchen light"),
        ("was", was.as_str()),
        ("json", was.as_str()),
        ("json_before", was.as_str()),
        ("g0-what", "light"),
        ("g0-may", "read"),
        ("x0-what", "light.bed_light"),
        ("x0-may", "read"),
    ];
    let with =
        |action: &'static str, more: &[(&'static str, &'static str)]| [&rows[..], more, &[("do", action)]].concat();
    // Rows that cannot be say so where they stand.
    let answer = browser.post(path, &with("save", &[("g1-what", "cellar"), ("g1-may", "read")]));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_has(
        &answer.text(),
        &["nothing here is called “cellar”", r#"aria-describedby="g1-wrong""#, r#"value="light""#],
    );
    // Both at once is one too many.
    let answer = browser.post(path, &with("save", &[("json", "{}")]));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("The JSON was changed as well as the rows"), "{}", answer.text());
    // Somebody else was faster.
    let answer = browser.post(path, &with("save", &[("was", "{}")]));
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert_eq!(policy(&mut owner).to_string(), was);
    let page = browser.done(path, &with("save", &[]));
    assert_has(&page, &["Saved.", r#"value="domain:light""#, r#"value="entity:light.bed_light""#]);
    let now = json!({"entities": {"domains": {"light": {"read": true}},
        "except": {"entity_ids": {"light.bed_light": {"read": true}}}}});
    assert_eq!(policy(&mut owner), now);

    // Mistakes are named with their place and a hint, and what was typed stays.
    let was = now.to_string();
    let json = |text: &'static str, action: &'static str| {
        vec![("name", "Kitchen light"), ("was", was.as_str()), ("json", text), ("do", action)]
    };
    let wrong = r#"{"entities": {"area_id": {"kitchen": true}}}"#;
    let answer = browser.post(path, &json(wrong, "check-json"));
    assert_has(&answer.text(), &["1 mistakes", "area_ids", "&#34;area_id&#34;"]);
    assert_eq!(browser.post(path, &json(wrong, "save-json")).status, 422);
    // A name given twice is found, which an object would have kept once.
    let twice = r#"{"entities": {"domains": {"light": true, "light": {"read": true}}}}"#;
    assert_eq!(browser.post(path, &json(twice, "save-json")).status, 422);
    let odd = browser.post(path, &json(r#"{"entities": {"area_ids": {"cellar": true}}}"#, "check-json"));
    assert_has(&odd.text(), &["Odd, though it can be saved", "cellar"]);
    assert_eq!(policy(&mut owner), now);
    browser.done(path, &json(r#"{"entities": {"domains": true}}"#, "save-json"));
    let page = browser.page(path);
    assert_has(&page, &["things that the rows have no fields for", r#"name="fits" value="no""#]);
    // Whichever button is pressed, what the rows cannot say is not taken for nothing.
    let stored = policy(&mut owner).to_string();
    for (action, status) in [("check", 200), ("rows", 200), ("more", 200), ("save", 303)] {
        let form = [("name", "Kitchen light"), ("was", &stored), ("json", &stored), ("fits", "no"), ("do", action)];
        let answer = browser.post(path, &form);
        assert_eq!(answer.status, status, "{action}: {}", answer.text());
        assert!(status == 303 || answer.text().contains("&#34;domains&#34;"), "{action}: {}", answer.text());
        assert_eq!(policy(&mut owner).to_string(), stored, "{action}");
    }
}
