//! The first person brings a Home Assistant in.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{PATH, assert_leads, assert_nobody, empty, form};
use crate::{
    import::{log_in, read},
    support::{Answer, Server, Temporary, Ws, browser::Browser, browser::encoded, server::doorward, testdata},
};

const IMPORT: &str = "/doorward/first-run/import";
const PROGRESS: &str = "/doorward/first-run/progress";

/// A copy of a Home Assistant's directory, and a hub that may bring it in.
fn offered() -> (Server, PathBuf, Temporary) {
    let dir = Temporary::new();
    let config = dir.0.join("config");
    fs::create_dir_all(config.join(".storage")).unwrap();
    for file in fs::read_dir(testdata("ha-config/.storage")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), config.join(".storage").join(file.file_name())).unwrap();
    }
    let server = serve(&dir, &config);
    (server, config, dir)
}

fn serve(dir: &Temporary, config: &Path) -> Server {
    Server::serve(&dir.0.join("data"), &["--import-from", config.to_str().unwrap()])
}

/// Looks at the progress until it says something else than that it goes on.
#[track_caller]
fn end_of(server: &Server) -> Answer {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = Browser::new(server).get(PROGRESS);
        if answer.status != 200 || !answer.text().contains("data-progress") {
            return answer;
        }
        assert!(Instant::now() < end, "{}", answer.text());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Puts a pipe where a file was: reading waits until something is written into it.
fn pipe_in_place_of(file: &Path) -> Vec<u8> {
    let content = fs::read(file).unwrap();
    fs::remove_file(file).unwrap();
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
    content
}

#[test]
fn what_would_come_is_shown_and_a_button_brings_it_in() {
    let (server, config, dir) = offered();
    let mut browser = Browser::new(&server);
    assert_leads(&browser.get("/doorward"), 303, PATH);
    assert_leads(&browser.get(PROGRESS), 303, PATH);
    let page = browser.page(PATH);
    let cli = Temporary::new();
    let report = doorward(&["import-ha", config.to_str().unwrap(), "--data", cli.0.to_str().unwrap()]);
    let report = String::from_utf8(report.stdout).unwrap();
    let mut lines = report.lines();
    for count in lines.next().unwrap().trim_start_matches("imported ").split(", ") {
        assert!(page.contains(&format!("<li>{count}</li>")), "{count} is not in {page}");
    }
    assert_eq!(page.contains("cannot be used"), lines.next().is_some(), "{page}");
    assert!(page.contains("Bring it in") && !page.contains(config.to_str().unwrap()), "{page}");
    // Looking has written nothing.
    assert_nobody(&server);
    let address = server.address.clone();
    assert_leads(&browser.post(IMPORT, &[]), 303, PROGRESS);
    assert_leads(&end_of(&server), 303, "/doorward");
    assert_leads(&browser.get("/doorward"), 303, "/doorward/login");
    assert!(server.line_with("imported 3 areas").contains("75 devices"));
    // Everybody comes in, with passwords and with tokens, on the same address; and so after a restart.
    let again = |server: &Server| {
        for (name, login) in read("logins.json").as_object().unwrap() {
            let token = login["token"].as_str().unwrap();
            assert_eq!(server.request("GET", "/api/").token(token).send().status, 200, "{name}");
            log_in(server, name, login["password"].as_str().unwrap()).unwrap();
        }
    };
    again(&server);
    assert_eq!(server.address, address);
    let login = read("logins.json")["owner"].clone();
    browser.post("/doorward/login", &[("username", "owner"), ("password", login["password"].as_str().unwrap())]);
    assert!(browser.page("/doorward").contains("Logged in as"));
    // Who brought it in, from where, is in the trail.
    let list = Ws::open(&server.address, login["token"].as_str().unwrap());
    let list = { list }.result("doorward/audit/list", json!({"action": "import"}));
    let record = &list["records"][0];
    assert_eq!((&record["from"], &record["detail"]["devices"]), (&json!("127.0.0.1"), &json!(75)), "{list}");
    // From now on there is nothing to bring in, and nobody is the first.
    for (path, fields) in [(IMPORT, vec![]), (PATH, form(&[]))] {
        let late = Browser::new(&server).post(path, &fields);
        assert_eq!(late.status, 409, "{}", late.text());
        assert!(late.text().contains("Somebody was first"), "{}", late.text());
    }
    drop(server);
    let server = serve(&dir, &config);
    again(&server);
    // The hub may go on being started so: what is there is not touched.
    assert_eq!(Browser::new(&server).post(IMPORT, &[]).status, 409);
    assert_leads(&Browser::new(&server).get(PROGRESS), 303, "/doorward");
}

#[test]
fn while_it_runs_it_says_how_far_it_is_and_one_runs_at_a_time() {
    let (mut server, config, _dir) = offered();
    let auth = config.join(".storage/auth");
    let content = pipe_in_place_of(&auth);
    let mut browser = Browser::new(&server);
    for _ in 0..2 {
        assert_leads(&browser.post(IMPORT, &[]), 303, PROGRESS);
    }
    let page = browser.page(PROGRESS);
    assert!(page.contains(r#"<li aria-current="step">Reading"#), "{page}");
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh" content="2"></noscript>"#), "{page}");
    assert_leads(&browser.get(PATH), 303, PROGRESS);
    assert_leads(&browser.get("/doorward"), 303, PATH);
    // Whoever has read it once is the only one who has.
    fs::write(&auth, &content).unwrap();
    assert_leads(&end_of(&server), 303, "/doorward");
    assert!(server.terminate(Duration::from_secs(10)).unwrap().success());
}

#[test]
fn who_makes_themselves_the_owner_meanwhile_is_first_and_nothing_comes() {
    let (server, config, _dir) = offered();
    let auth = config.join(".storage/auth");
    let content = pipe_in_place_of(&auth);
    assert_leads(&Browser::new(&server).post(IMPORT, &[]), 303, PROGRESS);
    let mut owner = Browser::new(&server);
    assert_leads(&owner.post(PATH, &form(&[])), 303, "/doorward");
    fs::write(&auth, &content).unwrap();
    let end = end_of(&server);
    assert!(end.text().contains("nothing has changed: there is a home already"), "{}", end.text());
    assert!(owner.page("/doorward/people").contains("Ann"));
    let token = log_in(&server, "ann", "a good password").unwrap();
    let users = Ws::open(&server.address, &token).result("config/auth/list", json!({}));
    assert_eq!(users.as_array().unwrap().len(), 1, "{users}");
}

#[test]
fn a_failure_says_why_and_changes_nothing_and_it_can_be_tried_again() {
    let (server, config, _dir) = offered();
    let entities = config.join(".storage/core.entity_registry");
    let content = fs::read(&entities).unwrap();
    for (broken, said) in
        [("{\"version\": 1, \"data\": ", "core.entity_registry: EOF"), ("{\"version\": 99}", "newer than 1")]
    {
        fs::write(&entities, broken).unwrap();
        assert_leads(&Browser::new(&server).post(IMPORT, &[]), 303, PROGRESS);
        let page = end_of(&server).text();
        assert!(page.contains("nothing has changed") && page.contains(said), "{page}");
        assert!(!page.contains(config.to_str().unwrap()) && !page.contains("http-equiv"), "{page}");
        assert_nobody(&server);
    }
    fs::write(&entities, content).unwrap();
    assert_leads(&Browser::new(&server).post(IMPORT, &[]), 303, PROGRESS);
    assert_leads(&end_of(&server), 303, "/doorward");
    log_in(&server, "owner", read("logins.json")["owner"]["password"].as_str().unwrap()).unwrap();
}

#[test]
fn a_home_that_nobody_could_open_is_not_brought_in() {
    let (server, config, dir) = offered();
    drop(server);
    fs::remove_file(config.join(".storage/auth_provider.homeassistant")).unwrap();
    let server = serve(&dir, &config);
    let page = Browser::new(&server).page(PATH);
    assert!(page.contains("Nothing can be brought in: no owner who can log in"), "{page}");
    assert!(!page.contains("Bring it in"));
    Browser::new(&server).post(IMPORT, &[]);
    assert!(end_of(&server).text().contains("no owner who can log in"));
    assert_nobody(&server);
}

#[test]
fn a_power_cut_meanwhile_leaves_nothing_or_everything() {
    let (mut server, config, dir) = offered();
    let auth = config.join(".storage/auth");
    let content = pipe_in_place_of(&auth);
    Browser::new(&server).post(IMPORT, &[]);
    server.kill();
    fs::remove_file(&auth).unwrap();
    fs::write(&auth, content).unwrap();
    let mut server = serve(&dir, &config);
    assert_nobody(&server);
    // As soon as it may be on disk.
    Browser::new(&server).post(IMPORT, &[]);
    let database =
        || ["home.db", "home.db-wal"].map(|name| fs::metadata(dir.0.join("data").join(name)).map_or(0, |f| f.len()));
    let (before, end) = (database(), Instant::now() + Duration::from_secs(20));
    while database() == before && Instant::now() < end {
        std::hint::spin_loop();
    }
    server.kill();
    let server = serve(&dir, &config);
    if server.request("GET", "/api/onboarding").send().status == 200 {
        assert_nobody(&server);
        assert!(Browser::new(&server).page(PATH).contains("Bring it in"));
    } else {
        let login = &read("logins.json")["owner"];
        log_in(&server, "owner", login["password"].as_str().unwrap()).unwrap();
        let states = server.request("GET", "/api/states").token(login["token"].as_str().unwrap()).send().json();
        assert_eq!(states.as_array().unwrap().len(), 135);
    }
}

#[test]
fn nothing_is_brought_in_by_forms_of_others_or_where_nothing_was_offered() {
    let (server, _config, _dir) = offered();
    for headers in [&[][..], &[("Sec-Fetch-Site", "cross-site")], &[("Origin", "http://evil.example")]] {
        let mut request = server.request("POST", IMPORT).form("");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send().status, 403, "{headers:?}");
    }
    assert_nobody(&server);
    assert_leads(&Browser::new(&server).get(PROGRESS), 303, PATH);
    let (server, _dir) = empty(&[]);
    assert!(!Browser::new(&server).page(PATH).contains("Bring"));
    // No path is taken from anybody.
    let path = encoded(&[("config_dir", testdata("ha-config").to_str().unwrap()), ("from", "/")]);
    let answer = server.request("POST", IMPORT).header("Sec-Fetch-Site", "same-origin").form(&path).send();
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert_nobody(&server);
}
