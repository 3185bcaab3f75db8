//! The first person makes themselves the owner of the home, and says what it is called and where it is.

use serde_json::json;

use super::{PATH, assert_leads, assert_nobody, empty, form, value};
use crate::{
    frontend::files::package,
    import::log_in,
    support::{Server, Temporary, Ws, browser::Browser, browser::encoded},
};

#[test]
fn every_address_leads_to_the_first_run_until_somebody_is_there() {
    let (server, dir) = empty(&[]);
    let files = dir.0.join("files");
    package(&files, frontend::VERSION, None);
    let with_files = Server::serve(&dir.0.join("other"), &["--frontend", files.to_str().unwrap()]);
    for server in [&server, &with_files] {
        for path in ["/", "/home", "/config/users", "/profile/security"] {
            assert_leads(&server.request("GET", path).send(), 302, PATH);
        }
        let mut browser = Browser::new(server);
        for path in ["/doorward", "/doorward/login?next=/doorward/groups", "/doorward/groups", "/doorward/none"] {
            assert_leads(&browser.get(path), 303, PATH);
        }
        for path in ["/doorward/login", "/doorward/new-group", "/doorward/session"] {
            assert_leads(&browser.post(path, &[("username", "ann"), ("password", "whatever else")]), 303, PATH);
        }
        let page = browser.page(PATH);
        assert!(page.contains("Nobody lives here yet") && page.contains(r#"<option value="UTC" selected>"#), "{page}");
        assert!(page.contains(r#"<option value="Asia/Kolkata">"#), "{page}");
        // Its style sheet and nothing else is served besides.
        let sheet = page.split("href=\"").find_map(|rest| rest.split('"').next().filter(|at| at.ends_with(".css")));
        assert_eq!(browser.get(sheet.unwrap()).status, 200);
        assert_nobody(server);
    }
    // What Home Assistant's own page needs is there besides.
    assert_eq!(with_files.request("GET", "/onboarding.html").send().status, 200);
    assert!(server.line_with("whoever comes first").contains(PATH));
}

#[test]
fn one_form_makes_the_owner_and_the_home_and_logs_in() {
    let (server, _dir) = empty(&[]);
    let mut browser = Browser::new(&server);
    let answer = browser.post(PATH, &form(&[]));
    assert_leads(&answer, 303, "/doorward");
    assert!(answer.header("set-cookie").unwrap().contains("HttpOnly; SameSite=Strict"), "{}", answer.head);
    let page = browser.page("/doorward");
    assert!(page.contains("Logged in as Ann") && page.contains("of The hut"), "{page}");
    let token = log_in(&server, "ann", "a good password").unwrap();
    let mut owner = Ws::open(&server.address, &token);
    let me = owner.result("auth/current_user", json!({}));
    assert_eq!((&me["name"], &me["is_owner"]), (&json!("Ann"), &json!(true)));
    let config = owner.result("get_config", json!({}));
    assert_eq!((&config["location_name"], &config["time_zone"]), (&json!("The hut"), &json!("Europe/Amsterdam")));
    assert_eq!((&config["country"], &config["currency"]), (&json!("NL"), &json!("EUR")));
    assert_eq!(config["unit_system"]["temperature"], "°F", "{config}");
    // Who did what is in the trail: nobody made the owner, the owner set the home.
    let list = owner.result("doorward/audit/list", json!({"action": "update_core"}));
    assert_eq!(list["records"][0]["by"]["user"]["id"], me["id"], "{list}");
    // From now on there is no first run.
    for answer in [browser.get(PATH), Browser::new(&server).get(PATH)] {
        assert_leads(&answer, 303, "/doorward");
    }
    assert_leads(&Browser::new(&server).get("/doorward"), 303, "/doorward/login");
    assert_eq!(server.request("GET", "/").send().status, 200);
    let late = Browser::new(&server).post(PATH, &form(&[("username", "eve")]));
    assert_eq!(late.status, 409, "{}", late.text());
    assert!(late.text().contains("Somebody was first") && late.header("set-cookie").is_none());
    log_in(&server, "eve", "a good password").unwrap_err();
}

#[test]
fn what_is_wrong_is_said_beside_it_and_what_was_typed_stays() {
    let (server, _dir) = empty(&[]);
    let mut browser = Browser::new(&server);
    for (changes, beside) in [
        (&[("name", " ")][..], &["name"][..]),
        (&[("username", "Ann")], &["username"]),
        (&[("password", ""), ("password_again", "")], &["password"]),
        (&[("password_again", "another password")], &["password_again"]),
        (
            &[("time_zone", "Mars/Base"), ("country", "<b>"), ("currency", "euro")],
            &["time_zone", "country", "currency"],
        ),
        (&[("unit_system", "imperial"), ("home", "")], &["unit_system", "home"]),
    ] {
        let answer = browser.post(PATH, &form(changes));
        let page = answer.text();
        assert_eq!(answer.status, 422, "{changes:?}: {page}");
        let said: Vec<_> =
            page.split(r#"class="beside" id=""#).skip(1).map(|at| at.split("-wrong").next().unwrap()).collect();
        assert_eq!(said.iter().collect::<std::collections::BTreeSet<_>>(), beside.iter().collect(), "{changes:?}");
        assert!(page.contains("Nothing was made yet") && !page.contains("<b>"), "{page}");
        for (name, typed) in form(changes) {
            match name {
                "password" | "password_again" => {
                    assert_eq!(value(&page, name).as_deref(), Some(""), "{changes:?}");
                    assert!(typed.is_empty() || !page.contains(typed), "{page}");
                }
                "time_zone" | "unit_system" => {
                    let chosen = page.contains(&format!(r#"<option value="{typed}" selected>"#));
                    assert_eq!(chosen, !beside.contains(&name), "{name}");
                }
                "country" | "currency" => assert_eq!(value(&page, name), Some(typed.to_uppercase()), "{name}"),
                _ => assert_eq!(value(&page, name).as_deref(), Some(typed.trim()), "{name}"),
            }
        }
        assert!(answer.header("set-cookie").is_none());
    }
    assert_nobody(&server);
    assert_leads(&browser.post(PATH, &form(&[])), 303, "/doorward");
}

#[test]
fn forms_of_other_pages_make_nobody() {
    let (server, _dir) = empty(&[]);
    let own = format!("http://{}", server.address);
    let foreign: [&[(&str, &str)]; 5] = [
        &[],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", &own)],
        &[("Origin", "http://evil.example")],
        &[("Referer", &own)],
    ];
    for headers in foreign {
        let mut request = server.request("POST", PATH).form(&encoded(&form(&[])));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send();
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.text());
        assert!(answer.text().contains("was not sent by a page of this hub"), "{}", answer.text());
    }
    assert_nobody(&server);
    let answer = server.request("POST", PATH).header("Origin", &own).form(&encoded(&form(&[]))).send();
    assert_leads(&answer, 303, "/doorward");
}

#[test]
fn of_all_who_come_at_once_one_is_the_owner_and_the_others_see_it() {
    let dir = Temporary::new();
    let server = Server::serve(&dir.0, &[]);
    let names = ["ann", "bob", "cat", "dan"];
    let answers: Vec<_> = std::thread::scope(|scope| {
        let racers = names.map(|name| {
            let server = &server;
            scope.spawn(move || Browser::new(server).post(PATH, &form(&[("name", name), ("username", name)])))
        });
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let mut won = Vec::new();
    for (name, answer) in names.iter().zip(&answers) {
        if answer.status == 303 {
            won.push(*name);
            continue;
        }
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.text().contains("Somebody was first") && answer.header("set-cookie").is_none());
        log_in(&server, name, "a good password").unwrap_err();
    }
    assert_eq!(won.len(), 1, "{won:?}");
    let token = log_in(&server, won[0], "a good password").unwrap();
    let users = Ws::open(&server.address, &token).result("config/auth/list", json!({}));
    assert_eq!((users.as_array().unwrap().len(), &users[0]["is_owner"]), (1, &json!(true)), "{users}");
}
