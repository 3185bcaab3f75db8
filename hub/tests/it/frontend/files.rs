//! Pages and files, with a package that is made up.

use std::{fs, path::Path};

use serde_json::json;

use crate::support::{Answer, Server, Temporary};

const SCRIPT: &str = "export const app = 1;";

/// Makes a package of this version in a directory, with this page to log in on if one is given.
pub(crate) fn package(dir: &Path, version: &str, authorize: Option<&str>) {
    let root = dir.join("hass_frontend");
    for folder in ["static/translations", "frontend_latest", "frontend_es5"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::create_dir(dir.join(format!("home_assistant_frontend-{version}.dist-info"))).unwrap();
    let page = |name: &str| {
        format!(
            "<html><title>{name}</title><meta content=\"{{{{ theme_color }}}}\"><script>import(\"/frontend_latest/app.1a.js\")</script></html>"
        )
    };
    for name in ["index.html", "authorize.html", "onboarding.html"] {
        fs::write(root.join(name), page(name)).unwrap();
    }
    if let Some(authorize) = authorize {
        fs::write(root.join("authorize.html"), authorize).unwrap();
        for script in authorize.split('"').filter(|text| text.starts_with("/frontend_") && text.ends_with(".js")) {
            fs::write(root.join(&script[1..]), "").unwrap();
        }
    }
    fs::write(root.join("service_worker.js"), "// works").unwrap();
    fs::write(root.join("frontend_latest/app.1a.js"), SCRIPT).unwrap();
    fs::write(root.join("frontend_latest/app.1a.js.br"), "as brotli").unwrap();
    fs::write(root.join("static/translations/en.json"), "{}").unwrap();
    fs::write(dir.join("secret.txt"), "not served").unwrap();
}

/// Starts a hub with somebody in it, and a package or what is left of one.
fn served(version: &str, spoil: impl Fn(&Path), more: &[&str]) -> (Server, Temporary) {
    let dir = Temporary::new();
    let (files, data) = (dir.0.join("files"), dir.0.join("data"));
    package(&files, version, None);
    spoil(&files);
    let arguments = [&["--frontend", files.to_str().unwrap()], more].concat();
    (Server::serve(&data, &arguments), dir)
}

fn onboard(server: &Server) {
    let owner = json!({
        "client_id": format!("http://{}/", server.address),
        "name": "Owner", "username": "owner", "password": "a long password", "language": "en",
    });
    assert_eq!(server.request("POST", "/api/onboarding/users").json(&owner).send().status, 200);
}

fn get(server: &Server, path: &str) -> Answer {
    server.request("GET", path).send()
}

#[test]
fn pages_are_the_same_for_every_panel_and_run_nothing_but_their_own() {
    let (server, _dir) = served(frontend::VERSION, |_| {}, &[]);
    for path in ["/", "/home", "/config/users"] {
        let answer = get(&server, path);
        assert_eq!((answer.status, answer.header("location")), (302, Some("/doorward/first-run")), "{path}");
    }
    assert!(get(&server, "/onboarding.html").text().contains("<title>onboarding.html"));
    onboard(&server);
    assert_eq!(get(&server, "/onboarding.html").header("location"), Some("/"));
    let first = get(&server, "/");
    assert_eq!(first.status, 200);
    assert!(first.text().contains("content=\"#2980b9\""), "{}", first.text());
    let policy = first.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'sha256-"), "{policy}");
    assert!(!policy.contains("script-src 'self' 'unsafe-inline'") && policy.contains("frame-ancestors 'self'"));
    for panel in frontend::PANELS {
        for path in [format!("/{}", panel.url_path), format!("/{}/what/ever", panel.url_path)] {
            assert_eq!(get(&server, &path).body, first.body, "{path}");
        }
    }
    assert!(get(&server, "/auth/authorize").text().contains("<title>authorize.html"));
    for path in ["/nothing", "/api/nothing", "/homes", "/index.html"] {
        assert_eq!(get(&server, path).status, 404, "{path}");
    }
    assert_eq!(server.request("POST", "/home").send().status, 405);
    assert_eq!(get(&server, "/.well-known/change-password").header("location"), Some("/profile"));
    assert_eq!(get(&server, "/developer-tools/state").header("location"), Some("/config/tools/state"));
    assert_eq!(get(&server, "/developer-tools/a%0d%0ab").status, 400);
    assert_eq!(get(&server, "/developer-tools/%2f%2fevil.example").header("location"), Some("/config/tools"));
    let manifest = get(&server, "/manifest.json");
    assert_eq!(manifest.header("content-type"), Some("application/manifest+json"));
    assert_eq!(manifest.json()["start_url"], "/?homescreen=1");
    assert!(server.line_with("web frontend").contains(frontend::VERSION));
}

#[test]
fn files_are_kept_compressed_and_asked_for_again_by_their_tag() {
    let (server, _dir) = served(frontend::VERSION, |_| {}, &[]);
    let path = "/frontend_latest/app.1a.js";
    let plain = get(&server, path);
    assert_eq!((plain.status, plain.text().as_str()), (200, SCRIPT));
    assert_eq!(plain.header("content-type"), Some("text/javascript"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=2678400"));
    assert_eq!(plain.header("x-content-type-options"), Some("nosniff"));
    let tag = plain.header("etag").unwrap().to_owned();
    let again = server.request("GET", path).header("If-None-Match", &tag).send();
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("cache-control"), Some("public, max-age=2678400"));
    let small = server.request("GET", path).header("Accept-Encoding", "gzip, br").send();
    assert_eq!((small.header("content-encoding"), small.text().as_str()), (Some("br"), "as brotli"));
    let part = server.request("GET", path).header("Range", "bytes=0-5").send();
    assert_eq!((part.status, part.text().as_str()), (206, "export"));
    assert_eq!(get(&server, "/service_worker.js").header("cache-control"), Some("no-cache"));
    assert_eq!(get(&server, "/static/translations/en.json").header("content-type"), Some("application/json"));
    for missing in ["/static/none.json", "/static/", "/static/translations", "/static/translations/", "/robots.txt"] {
        assert_eq!(get(&server, missing).status, 404, "{missing}");
    }
    for outside in [
        "/static/../../secret.txt",
        "/static/%2e%2e/%2e%2e/secret.txt",
        "/static/..%2f..%2fsecret.txt",
        "/static/..%5c..%5csecret.txt",
        "/static//etc/passwd",
        "/static/%00",
    ] {
        let answer = get(&server, outside);
        assert!([400, 404].contains(&answer.status), "{outside}: {}", answer.status);
        assert!(!answer.text().contains("not served"), "{outside}");
    }
    assert_eq!(server.request("POST", path).send().status, 405);
}

#[test]
fn without_files_the_page_says_what_to_do_and_the_api_goes_on() {
    type Spoil = fn(&Path);
    let nothing: Spoil = |_| {};
    let no_index: Spoil = |files| fs::remove_file(files.join("hass_frontend/index.html")).unwrap();
    let no_script: Spoil = |files| fs::remove_file(files.join("hass_frontend/frontend_latest/app.1a.js")).unwrap();
    let no_template: Spoil = |files| fs::write(files.join("hass_frontend/index.html"), "<html>{{ <b> }}").unwrap();
    for (version, spoil, said) in [
        (frontend::VERSION, no_index, "no folder `hass_frontend`"),
        (frontend::VERSION, no_script, "`frontend_latest/app.1a.js` is missing"),
        (frontend::VERSION, no_template, "is not the template"),
        ("20250109.2", nothing, "version 20250109.2 is there"),
    ] {
        let (server, dir) = served(version, spoil, &[]);
        assert_eq!(get(&server, "/home").header("location"), Some("/doorward/first-run"));
        onboard(&server);
        let answer = get(&server, "/home");
        assert_eq!(answer.status, 503, "{said}");
        let text = answer.text();
        assert!(text.contains(said), "{text}");
        assert!(text.contains("pip install") && text.contains(frontend::VERSION), "{text}");
        // Nothing of where it is, and nothing that a browser would run.
        assert!(!text.contains(dir.0.to_str().unwrap()) && !text.contains("<b>"), "{text}");
        assert_eq!(get(&server, "/static/translations/en.json").status, 404);
        assert_eq!(get(&server, "/auth/providers").status, 200);
        assert!(server.log().contains("the web frontend cannot be shown"), "{}", server.log());
    }
    let (server, _dir) = served("20250109.2", nothing, &["--frontend-release", "any"]);
    onboard(&server);
    assert_eq!(get(&server, "/").status, 200);

    let dir = Temporary::new();
    let server = Server::serve(&dir.0, &[]);
    assert_eq!(get(&server, "/").header("location"), Some("/doorward/first-run"));
    onboard(&server);
    let answer = get(&server, "/");
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Doorward is running") && answer.text().contains("--frontend"));
}
