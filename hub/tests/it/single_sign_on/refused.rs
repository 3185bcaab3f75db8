//! What lets nobody in: other browsers, other clients, tokens that prove nothing, people who may not.

use serde_json::{Value, json};

use super::flow::{CLIENT, Home, Left, MAPPED, REDIRECT, encode, header};
use crate::{
    cli::done,
    support::Ws,
    support::{
        identity::{Identity, Signed},
        server::doorward,
    },
};

#[test]
fn a_login_ends_in_the_browser_in_which_it_began_and_once() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let (mine, theirs) = (home.leave(), home.leave());
    let code = home.at_provider(&mine, &json!({"sub": "s-1"}));
    let with_code = format!("&code={code}");
    let name = mine.cookie.split_once('=').unwrap().0;
    let stolen = format!("{name}={}", theirs.cookie.split_once('=').unwrap().1);
    for cookies in [None, Some(theirs.cookie.clone()), Some(stolen), Some(format!("{name}=")), Some("x".into())] {
        let back = home.back(&mine, &with_code);
        let back = match &cookies {
            Some(cookies) => back.header("Cookie", cookies),
            None => back,
        };
        let answer = back.send();
        assert_eq!(answer.status, 400, "{cookies:?}");
        assert!(answer.text().contains("begun in another browser"), "{}", answer.text());
    }
    assert_eq!(home.provider.get(|state| state.n_tokens), 0, "the provider is not asked");
    let token = home.redeem(&home.back(&mine, &with_code).header("Cookie", &format!("a=b; {}", mine.cookie)).send());
    assert!(token.is_ok());
    let again = home.come_back(&mine, &code);
    assert_eq!((again.status, again.text().contains("not known here")), (400, true), "a callback is good once");
    for more in ["&state=x&code=1", "&code=1&code=2", "&code=1&iss=a&iss=b", "&code=1&error=a&error=b"] {
        let answer = home.back(&theirs, more).header("Cookie", &theirs.cookie).send();
        assert!(answer.status == 400 && answer.text().contains("more than once"), "{more}: {}", answer.text());
    }
    // That one is still good.
    let code = home.at_provider(&theirs, &json!({"sub": "s-1"}));
    assert!(home.redeem(&home.come_back(&theirs, &code)).is_ok());
    assert_eq!(home.server.request("GET", "/auth/oidc/corp/callback?code=1").send().status, 400);
    assert_eq!(home.server.request("GET", "/auth/oidc/none/callback?state=1&code=1").send().status, 404);
}

#[test]
fn a_code_fits_the_visit_that_it_was_given_for() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    home.link("s-2");
    let (mine, theirs) = (home.leave(), home.leave());
    let code = home.at_provider(&theirs, &json!({"sub": "s-2"}));
    // A code of another login, put into mine.
    let (status, text) = home.redeem(&home.come_back(&mine, &code)).unwrap_err();
    assert!(status == 403 && text.contains("does not take this code"), "{status} {text}");
    let complaints = home.provider.get(|state| state.complaints.clone());
    assert_eq!(complaints, ["the verifier is another"]);
    home.provider.set(|state| state.complaints.clear());
}

#[test]
fn where_the_answer_goes_is_checked_before_anybody_leaves() {
    let home = Home::new(MAPPED);
    for redirect in [
        "https://evil.example/",
        "https://app.example.evil.example/",
        "https://app.example:444/",
        "http://app.example/",
        "https://app.example@evil.example/",
        "javascript:alert(1)",
        "",
    ] {
        let answer = home.server.request("GET", &Home::start_path(redirect, "")).send();
        assert_eq!(answer.status, 403, "{redirect}");
        assert_eq!(answer.json()["message"], "Invalid redirect URI");
        assert_eq!((header(&answer, "location"), header(&answer, "set-cookie")), (None, None));
    }
    let base = format!("/auth/oidc/corp/start?client_id={}&redirect_uri={}", encode(CLIENT), encode(REDIRECT));
    for (path, status) in [
        (base.replace("client_id=", "client="), 400),
        (base.replace("redirect_uri=", "redirect="), 400),
        (format!("{base}&response_type=token"), 400),
        (format!("{base}&code_challenge_method=S256"), 400),
        (format!("{base}&code_challenge=short&code_challenge_method=S256"), 400),
        (format!("{base}&state={}", "x".repeat(2049)), 400),
        (format!("{base}&redirect_uri=https%3A%2F%2Fevil.example"), 400),
        (base.replace(&encode(CLIENT), "https%3A%2F%2F8.8.8.8"), 400),
        // A page of anybody's: the browser would go and come without its user seeing it, and hand the page a session.
        (
            format!(
                "/auth/oidc/corp/start?client_id={}&redirect_uri={}",
                encode("https://evil.example/"),
                encode("https://evil.example/loot")
            ),
            403,
        ),
        (base.replace("/corp/", "/none/"), 404),
        (base.clone(), 302),
    ] {
        assert_eq!(home.server.request("GET", &path).send().status, status, "{path}");
    }
    // All of that but the last did not so much as ask the provider who it is.
    assert_eq!(home.provider.get(|state| state.n_discoveries), 1);
}

#[test]
fn tokens_that_prove_nothing_let_nobody_in() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let issuer = "https://other.example";
    let claims: &[(Value, &str)] = &[
        (json!({"nonce": "another"}), "for another login"),
        (json!({"nonce": null}), "for another login"),
        (json!({"aud": "somebody"}), "for somebody else"),
        (json!({"aud": ["hub", "somebody"]}), "for somebody else"),
        (json!({"aud": []}), "for somebody else"),
        (json!({"azp": "somebody"}), "for somebody else"),
        (json!({"iss": issuer}), "by another issuer"),
        (json!({"exp": now - 1}), "has expired"),
        (json!({"sub": ""}), "the subject is not"),
        (json!({"sub": "s\n1"}), "the subject is not"),
        (json!({"sub": "s".repeat(256)}), "the subject is not"),
        (json!({"exp": null}), "cannot be read"),
        (json!({"sub": null}), "cannot be read"),
    ];
    let signed = [
        (Signed::Not, "signature"),
        (Signed::ByTheClientsSecret, "signature"),
        (Signed::ByThePublicKey, "signature"),
        (Signed::ByAnother, "signature"),
        (Signed::AndChanged, "signature"),
    ];
    let claims = claims.iter().map(|(claims, text)| (claims.clone(), Signed::Rightly, *text));
    let signed = signed.iter().map(|(signed, text)| (json!({}), *signed, *text));
    let cases: Vec<_> = claims.chain(signed).collect();
    // A home of its own for every few, so that nobody waits for what failed before.
    for cases in cases.chunks(4) {
        let home = Home::new(MAPPED);
        home.link("s-1");
        for (claims, signed, expected) in cases {
            home.provider.set(|state| state.signed = *signed);
            let mut said = json!({"sub": "s-1"});
            for (name, value) in claims.as_object().unwrap() {
                said[name] = value.clone();
            }
            let (status, text) = home.sign_in(&said).expect_err(&format!("{claims} {signed:?}"));
            assert!(text.contains(expected), "{claims} {signed:?}: {text}");
            // What has not the form of a token at all is no answer.
            assert_eq!(status, if *expected == "cannot be read" { 502 } else { 403 }, "{claims} {signed:?}: {text}");
            home.recorded("refused", "login", "failed");
        }
        home.provider.set(|state| state.signed = Signed::Rightly);
        home.sign_in(&json!({"sub": "s-1"})).unwrap();
    }
}

#[test]
fn an_answer_without_a_token_lets_nobody_in() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    home.provider.set(|state| state.has_id_token = false);
    let (status, text) = home.sign_in(&json!({"sub": "s-1"})).unwrap_err();
    assert!(status == 403 && text.contains("there is none"), "{status} {text}");
}

#[test]
fn people_who_may_not_log_in_do_not() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let who = json!({"sub": "s-1", "groups": ["staff"]});
    let gus = home.user("gus")["id"].clone();
    let token = home.sign_in(&who).unwrap();
    home.owner().result("doorward/users/update", json!({"user_id": gus, "is_active": false}));
    assert_eq!(home.server.request("GET", "/api/").token(&token).send().status, 401);
    let before = home.user("gus");
    let (status, text) = home.sign_in(&json!({"sub": "s-1", "groups": ["bosses"]})).unwrap_err();
    assert!(status == 403 && text.contains("User is not active"), "{status} {text}");
    assert_eq!(home.user("gus"), before, "nothing about them changes either");
    let record = home.recorded("refused", "login", "denied");
    assert_eq!((&record["on"], &record["detail"]["provider"]), (&gus, &json!("corp")));
    home.owner().result("doorward/users/update", json!({"user_id": gus, "is_active": true}));
    // Deactivated between the provider's yes and the client's asking for tokens.
    let left = home.leave();
    let code = home.at_provider(&left, &who);
    let back = home.come_back(&left, &code);
    home.owner().result("doorward/users/update", json!({"user_id": gus, "is_active": false}));
    assert_eq!(home.redeem(&back).unwrap_err().0, 403);
}

#[test]
fn who_may_log_in_at_home_alone_does_not_from_outside() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let gus = home.user("gus")["id"].clone();
    home.owner().result("doorward/users/update", json!({"user_id": gus, "local_only": true}));
    home.sign_in(&json!({"sub": "s-1"})).unwrap();
    let file = home.data.0.join("doorward.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("127.0.0.9", "127.0.0.1");
    std::fs::write(&file, text).unwrap();
    let Home { provider, server, ann, data } = home;
    drop(server);
    let server = crate::support::Server::serve(&data.0, &["--config", file.to_str().unwrap()]);
    let home = Home { provider, server, ann, data };
    let left = home.leave();
    let code = home.at_provider(&left, &json!({"sub": "s-1"}));
    let back = home.back(&left, &format!("&code={code}")).header("Cookie", &left.cookie);
    let answer = back.header("X-Forwarded-For", "192.0.2.7").header("X-Forwarded-Proto", "http").send();
    assert!(answer.status == 403 && answer.text().contains("cannot authenticate remotely"), "{}", answer.text());
}

#[test]
fn a_second_factor_here_is_not_gone_round() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let mut gus = crate::second_factor::logged_in_with(&home.server, "gus", "guest");
    crate::second_factor::enrol(&mut gus);
    let (status, text) = home.sign_in(&json!({"sub": "s-1"})).unwrap_err();
    assert!(status == 403 && text.contains("second factor here"), "{status} {text}");
    // Unless the administrator says that the provider asks for one itself.
    let Home { provider, server, ann, data } = home;
    drop(server);
    let config = super::flow::configure(&data, &provider.issuer, &format!("second_factor = true\n{MAPPED}"));
    let server = crate::support::Server::serve(&data.0, &["--config", &config]);
    let home = Home { provider, server, ann, data };
    let token = home.sign_in(&json!({"sub": "s-1"})).unwrap();
    // Which the provider need not have done this minute: here nothing was shown.
    let mut gus = Ws::open(&home.server.address, &token);
    assert_eq!(gus.result("doorward/step_up/status", json!({}))["shown_until"], Value::Null);
    assert_eq!(gus.refused("auth/depose_mfa", json!({"mfa_module_id": "totp"})), "step_up_required");
}

#[test]
fn who_has_no_password_is_not_led_into_a_factor_that_locks_them_out() {
    let home = Home::new(&format!("create_users = true\n{MAPPED}"));
    let who = json!({"sub": "s-new", "name": "Eve", "groups": ["bosses"]});
    let mut eve = Ws::open(&home.server.address, &home.sign_in(&who).unwrap());
    let answer = eve.call("auth/setup_mfa", json!({"mfa_module_id": "totp"}));
    assert_eq!(answer["error"]["code"], "not_allowed", "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("password"), "{answer}");
    // Another administrator gives her none: whoever has it is her.
    let mut ann = home.owner();
    let ada = json!({"name": "Ada", "username": "ada", "password": "ada-pass", "group_ids": ["system-admin"]});
    ann.result("doorward/users/create", ada);
    let mut ada = crate::second_factor::logged_in_with(&home.server, "ada", "ada-pass");
    let password = json!({"user_id": home.user("Eve")["id"], "username": "eve", "password": "eve-pass"});
    let command = "config/auth_provider/homeassistant/create";
    assert_eq!(ada.refused(command, password.clone()), "unauthorized");
    ann.result(command, password);
    let mut eve = crate::second_factor::logged_in_with(&home.server, "eve", "eve-pass");
    crate::second_factor::enrol(&mut eve);
}

#[test]
fn an_answer_of_another_provider_is_not_taken() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    let who = json!({"sub": "s-1"});
    let back = |more: &str| {
        let left = home.leave();
        let code = home.at_provider(&left, &who);
        home.back(&left, &format!("&code={code}{more}")).header("Cookie", &left.cookie).send()
    };
    let n_tokens = || home.provider.get(|state| state.n_tokens);
    let mixed = back("&iss=https%3A%2F%2Fevil.example");
    assert!(mixed.status == 400 && mixed.text().contains("from another provider"), "{}", mixed.text());
    assert_eq!(n_tokens(), 0, "the code goes nowhere");
    assert!(home.redeem(&back(&format!("&iss={}", encode(&home.provider.issuer)))).is_ok());
    assert!(home.redeem(&back("")).is_ok(), "it never said that it would say who it is");
}

#[test]
fn a_provider_that_says_who_it_is_must() {
    let provider = Identity::start();
    provider.set(|state| state.metadata = json!({"authorization_response_iss_parameter_supported": true}));
    let home = Home::beside(provider, MAPPED);
    home.link("s-1");
    let (status, text) = home.sign_in(&json!({"sub": "s-1"})).unwrap_err();
    assert!(status == 403 && text.contains("does not say which provider"), "{status} {text}");
    assert_eq!(home.provider.get(|state| state.n_tokens), 0);
}

#[test]
fn each_provider_has_a_callback_of_its_own() {
    let other = Identity::start();
    let second = format!(
        "{MAPPED}\n[[single_sign_on]]\nid = \"other\"\nissuer = \"{}\"\nlocal = true\nclient_id = \"hub\"\n",
        other.issuer
    );
    let home = Home::new(&second);
    let left = home.leave();
    assert!(left.query["redirect_uri"].ends_with("/auth/oidc/corp/callback"));
    let path = format!("/auth/oidc/other/callback?state={}&code=1", left.query["state"]);
    let answer = home.server.request("GET", &path).header("Cookie", &left.cookie).send();
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!((other.get(|state| state.n_tokens), home.provider.get(|state| state.n_tokens)), (0, 0));
    // The same subject at another provider is somebody else; and that one knows the hub without a secret.
    home.link("s-1");
    other.set(|state| state.is_public = true);
    let sign_in_there = || {
        let path = Home::start_path(REDIRECT, "").replace("/corp/", "/other/");
        let left = Left::of(&home.server.request("GET", &path).send());
        home.redeem(&home.come_back(&left, &left.at(&other, &json!({"sub": "s-1"}))))
    };
    let (status, text) = sign_in_there().unwrap_err();
    assert!(status == 403 && text.contains("no user here is linked"), "{status} {text}");
    let link = json!({"user_id": home.user("gus")["id"], "issuer": other.issuer, "subject": "s-1"});
    home.owner().result("doorward/identities/link", link);
    sign_in_there().unwrap();
    let list = home.server.request("GET", "/auth/oidc").send().json();
    assert_eq!(list["providers"].as_array().unwrap().len(), 2);
}

#[test]
fn whoever_comes_back_with_nothing_again_and_again_waits() {
    let home = Home::new(MAPPED);
    home.link("s-1");
    // States that nobody has cost nothing and count nothing: any page can have a browser come with them.
    for n in 0..20 {
        let answer = home.server.request("GET", &format!("/auth/oidc/corp/callback?state={n}&code=1")).send();
        assert_eq!(answer.status, 400);
    }
    for _ in 0..6 {
        let left = home.leave();
        assert_eq!(home.come_back(&left, "made-up").status, 403);
    }
    let left = home.start();
    assert_eq!(left.status, 429, "{}", left.text());
    assert!(header(&left, "retry-after").is_some());
    let failures = home.owner().result("doorward/logins/failures", json!({}));
    assert_eq!(failures["addresses"][0]["failures"], 6, "{failures}");
    home.owner().result("doorward/logins/forgive", json!({"address": "127.0.0.1"}));
    home.sign_in(&json!({"sub": "s-1"})).unwrap();
}

#[test]
fn before_the_home_has_an_owner_nobody_comes_in() {
    let provider = Identity::start();
    let data = crate::support::Temporary::new();
    let config = super::flow::configure(&data, &provider.issuer, &format!("create_users = true\n{MAPPED}"));
    let server = crate::support::Server::serve(&data.0, &["--config", &config]);
    let answer = server.request("GET", &Home::start_path(REDIRECT, "")).send();
    assert!(answer.status == 400 && answer.text().contains("no owner yet"), "{}", answer.text());
}

#[test]
fn a_configuration_with_mistakes_is_refused() {
    let data = crate::support::Temporary::new();
    let config = super::flow::configure(&data, "https://id.example", MAPPED);
    done(&doorward(&["check-config", "--config", &config]));
    let config = super::flow::configure(&data, "http://id.example", MAPPED);
    crate::cli::refused(&doorward(&["check-config", "--config", &config]), "single_sign_on `corp`: issuer");
    let config = super::flow::configure(&data, "https://id.example", "client_secret = \"x\"");
    crate::cli::refused(&doorward(&["check-config", "--config", &config]), "unknown field `client_secret`");
}
