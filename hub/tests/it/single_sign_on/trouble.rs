//! A provider that is away, broken or moves; and what is never written down.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use serde_json::json;

use super::flow::{Home, MAPPED, header};
use crate::{
    import::log_in,
    support::identity::{CLIENT_SECRET, Identity},
};

#[test]
fn a_provider_that_is_down_stops_nothing_else() {
    let provider = Identity::start();
    let address = provider.issuer.trim_start_matches("http://").to_owned();
    let home = Home::beside(provider, MAPPED);
    home.link("s-1");
    let Home { provider, server, ann, data } = home;
    drop(provider);
    // Until its listener is gone.
    let end = Instant::now() + Duration::from_secs(10);
    while TcpListener::bind(&address).is_err() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(10));
    }
    let answer = server.request("GET", &Home::start_path(super::flow::REDIRECT, "")).send();
    assert!(answer.status == 502 && answer.text().contains("cannot be reached"), "{} {}", answer.status, answer.text());
    assert_eq!((header(&answer, "location"), header(&answer, "set-cookie")), (None, None));
    assert!(log_in(&server, "gus", "guest").is_ok());
    let home = Home { provider: Identity::start_at(&address), server, ann, data };
    let end = Instant::now() + Duration::from_secs(30);
    while home.start().status == 502 {
        assert!(Instant::now() < end, "it is there again");
        std::thread::sleep(Duration::from_millis(100));
    }
    home.sign_in(&json!({"sub": "s-1"})).unwrap();
    // Gone in between: what is known of it is remembered, and the code cannot be exchanged.
    let left = home.leave();
    let code = home.at_provider(&left, &json!({"sub": "s-1"}));
    let Home { provider, server, ann, data } = home;
    drop(provider);
    let home = Home { provider: Identity::start(), server, ann, data };
    let answer = home.come_back(&left, &code);
    assert!(answer.status == 502 && answer.text().contains("cannot be reached"), "{} {}", answer.status, answer.text());
    home.recorded("refused", "login", "failed");
}

#[test]
fn answers_that_are_none_let_nobody_in() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let long = format!("{{\"id_token\": \"{}\"}}", "x".repeat(300 << 10));
    for (status, kind, body, expected) in [
        (500, "application/json", "{}".to_owned(), 502),
        (500, "application/json", json!({"error": "server_error"}).to_string(), 502),
        (200, "text/html", "<p>Sign in</p>".to_owned(), 502),
        (200, "application/json", "{".to_owned(), 502),
        (200, "application/json", "[]".to_owned(), 502),
        (200, "application/json", long, 502),
        (302, "application/json", "{}".to_owned(), 502),
        (401, "application/json", json!({"error": "invalid_client"}).to_string(), 502),
        (400, "application/json", json!({"error": "invalid_grant"}).to_string(), 403),
    ] {
        home.provider.set(|state| state.instead = Some((status, kind, body)));
        let (got, text) = home.sign_in(&json!({"sub": "s-1"})).unwrap_err();
        assert_eq!(got, expected, "{status} {kind}: {text}");
        assert!(!text.contains("Sign in</p>"), "what it sent is not shown: {text}");
    }
    home.provider.set(|state| state.instead = None);
    home.sign_in(&json!({"sub": "s-1"})).unwrap();
}

#[test]
fn a_provider_that_is_somebody_else_is_not_asked_for_anything() {
    for metadata in [
        json!({"issuer": "https://other.example"}),
        json!({"authorization_endpoint": "http://page.example/"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"jwks_uri": "http://10.0.0.1/"}),
        json!({"jwks_uri": "http://169.254.169.254/keys"}),
        json!({"jwks_uri": null}),
    ] {
        let provider = Identity::start();
        provider.set(|state| state.metadata = metadata.clone());
        let home = Home::beside(provider, MAPPED);
        let answer = home.start();
        assert_eq!(answer.status, 502, "{metadata}: {}", answer.text());
    }
    // Where the code and the hub's secret would go.
    let provider = Identity::start();
    provider.set(|state| state.metadata = json!({"token_endpoint": "http://10.0.0.1/token"}));
    let home = Home::beside(provider, MAPPED);
    let left = home.leave();
    let answer = home.come_back(&left, "x");
    assert!(answer.status == 502 && answer.text().contains("must be https"), "{}", answer.text());
}

#[test]
fn what_a_provider_says_of_itself_is_asked_for_once_and_new_keys_once_a_minute() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let who = json!({"sub": "s-1"});
    let asked = || home.provider.get(|state| state.n_discoveries);
    for _ in 0..3 {
        home.sign_in(&who).unwrap();
    }
    assert_eq!(asked(), 1);
    home.provider.rotate("second");
    home.sign_in(&who).unwrap();
    assert_eq!(asked(), 2, "a key that is not known");
    home.provider.rotate("third");
    for _ in 0..3 {
        let (status, text) = home.sign_in(&who).unwrap_err();
        assert!(status == 403 && text.contains("a key that the provider does not show"), "{status} {text}");
    }
    assert_eq!(asked(), 2, "not again within a minute");
}

#[test]
fn what_a_provider_refuses_is_shown_in_its_word_and_no_more() {
    let home = Home::new(MAPPED);
    for (error, shown) in [
        ("access_denied", "the provider says: access_denied"),
        ("%3Cb%3Elogin_required%3C%2Fb%3E", "the provider says: blogin_requiredb"),
    ] {
        let left = home.leave();
        let more = format!("&error={error}&error_description=secret%20text");
        let answer = home.back(&left, &more).header("Cookie", &left.cookie).send();
        let text = answer.text();
        assert_eq!(answer.status, 403, "{text}");
        assert!(text.contains(shown) && !text.contains("secret text") && !text.contains('<'), "{text}");
        assert!(header(&answer, "content-type").unwrap().starts_with("text/plain"));
        assert_eq!(home.come_back(&left, "x").status, 400, "that visit is over");
    }
    let left = home.leave();
    let answer = home.back(&left, "").header("Cookie", &left.cookie).send();
    assert!(answer.status == 400 && answer.text().contains("neither a code nor an error"), "{}", answer.text());
    assert_eq!(home.provider.get(|state| state.n_tokens), 0);
}

#[test]
fn no_secret_of_a_login_is_written_down() {
    let home = Home::with_log(Identity::start(), MAPPED, "trace");
    home.link("s-1");
    let left = home.leave();
    let code = home.at_provider(&left, &json!({"sub": "s-1"}));
    let back = home.come_back(&left, &code);
    let own = super::flow::query_of(&header(&back, "location").unwrap())["code"].clone();
    let token = home.redeem(&back).unwrap();
    let failed = home.leave();
    assert_eq!(home.come_back(&failed, "a-made-up-code").status, 403);
    home.recorded("refused", "login", "failed");
    // Written by now, and read by us soon.
    assert_eq!(home.server.request("GET", "/api/doorward/users").token(&token).send().status, 401);
    let end = Instant::now() + Duration::from_secs(10);
    while !home.server.log().contains("denied") {
        assert!(Instant::now() < end, "nothing was logged");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut secrets = vec![CLIENT_SECRET.to_owned(), "hush+hush%2Fhush".to_owned(), own, token];
    secrets.extend(home.provider.get(|state| state.given.clone()));
    secrets.extend(["a-made-up-code", "access-1"].map(str::to_owned));
    for left in [&left, &failed] {
        secrets.extend([left.query["state"].clone(), left.query["nonce"].clone()]);
        secrets.push(left.cookie.split_once('=').unwrap().1.to_owned());
    }
    let (log, trail) = (home.server.log(), home.owner().result("doorward/audit/list", json!({"limit": 1000})));
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
        assert!(!trail.to_string().contains(secret.as_str()), "{secret} is in the audit trail");
    }
    // And not in the list of configured providers either.
    assert!(!home.server.request("GET", "/auth/oidc").send().text().contains("hush"));
}
