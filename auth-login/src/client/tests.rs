use proptest::prelude::*;

use super::*;

fn own() -> Origin {
    Origin::parse("https://203.0.113.5:8123").unwrap()
}

#[track_caller]
fn check(client_id: &str, expected: bool) {
    assert_eq!(ClientId::parse(client_id, Some(&own())).is_ok(), expected, "{client_id}");
}

#[test]
fn client_ids_that_are_taken() {
    for good in [
        "http://127.0.0.1:8123/",
        "https://example.org",
        "https://example.org/app?x=1",
        "HTTPS://Example.ORG/",
        "http://homeassistant.local:8123/",
        "http://192.168.1.2/",
        "http://[::1]:8123/",
        "http://[fd00::1]/",
        "https://203.0.113.5:8123/",
        "https://home-assistant.io/iOS",
        "http://hub/",
        "https://xn--bcher-kva.example/",
        "http://a_b.example/",
        "https://example.org/.well-known/x",
        "https://example.org/a..b/...",
        "http://[::ffff:10.0.0.1]/",
    ] {
        check(good, true);
    }
}

#[test]
fn client_ids_that_are_refused() {
    for bad in [
        // not a web URL
        "",
        "example.org",
        "//example.org/",
        "/path",
        "ftp://example.org/",
        "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)",
        "homeassistant://auth-callback",
        "http:/example.org/",
        "http:example.org",
        "http:///path",
        "http://",
        "https://:80/",
        // user and password
        "http://user@example.org/",
        "http://user:pw@example.org/",
        "http://@example.org/",
        "http://:@example.org/",
        "https://good.example:443@evil.example/",
        // dots and fragments
        "https://example.org/./",
        "https://example.org/../x",
        "https://example.org/a/..",
        "https://example.org/a/%2E%2e/b",
        "https://example.org/%2e",
        "https://example.org/#x",
        "https://example.org#x",
        "https://example.org/#",
        // ports
        "https://example.org:/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:+80/",
        "https://example.org:080/",
        "https://example.org:80:80/",
        "https://example.org:x/",
        // spellings that parsers disagree about
        r"https://example.org\@evil.example/",
        r"https:\\example.org\",
        "https://exa mple.org/",
        "https://example.org/a b",
        "https://example.org\t/",
        "\nhttps://example.org/",
        "https://example.org/\u{0}",
        "https://bücher.example/",
        "https://example。org/",
        "https://ex%61mple.org/",
        "https://example.org./",
        "https://.example.org/",
        "https://a..b/",
        // addresses: not local, not ours, or not plainly written
        "http://8.8.8.8/",
        "https://203.0.113.5/",
        "http://203.0.113.5:8123/",
        "https://203.0.113.5:8124/",
        "http://[2001:db8::1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://2130706433/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://127.0.0.0x1/",
        "http://1.2.3.4.5/",
        "http://127.0.0.1./",
        "http://[::1/",
        "http://::1/",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://[127.0.0.1]/",
        "http://0.0.0.0/",
    ] {
        check(bad, false);
    }
    check(&format!("https://{}org/", "abcdefghi.".repeat(25)), true);
    check(&format!("https://{}orga/", "abcdefghi.".repeat(25)), false);
    check(&format!("https://{}.org/", "x".repeat(63)), true);
    check(&format!("https://{}.org/", "x".repeat(64)), false);
    check(&format!("https://example.org/{}", "x".repeat(MAX_URL_LEN - 20)), true);
    check(&format!("https://example.org/{}", "x".repeat(MAX_URL_LEN - 19)), false);
}

#[test]
fn an_own_address_may_leave_the_default_port_out() {
    let own = Origin::parse("https://203.0.113.5").unwrap();
    assert!(ClientId::parse("https://203.0.113.5:443/", Some(&own)).is_ok());
    assert!(ClientId::parse("https://203.0.113.5/", None).is_err());
}

#[track_caller]
fn check_redirect(client_id: &str, redirect_uri: &str, expected: bool) {
    let client = ClientId::parse(client_id, None).unwrap();
    let allowed = ClientRules::new().allows(&client, redirect_uri, None, Pkce::S256);
    assert_eq!(allowed, expected, "{client_id} to {redirect_uri}");
}

#[test]
fn answers_go_to_the_clients_own_server() {
    let client = "https://example.org:8443/app";
    check_redirect(client, "https://example.org:8443/", true);
    check_redirect(client, "https://example.org:8443", true);
    check_redirect(client, "https://EXAMPLE.org:8443/deep/path?auth_callback=1", true);
    check_redirect("http://127.0.0.1:8124/", "http://127.0.0.1:8124/?auth_callback=1", true);
    check_redirect("http://hub.local/", "http://hub.local/x", true);
    for stolen in [
        "https://example.org/",
        "http://example.org:8443/",
        "https://example.org:8444/",
        "https://example.org.evil:8443/",
        "https://example.org:8443.evil/",
        "https://evil-example.org:8443/",
        "https://sub.example.org:8443/",
        "https://example.org:8443@evil.example/",
        "https://u@example.org:8443/",
        "https://evil.example/?https://example.org:8443/",
        "https://evil.example/#https://example.org:8443/",
        "https://evil.example#@example.org:8443/",
        "https://example.org:8443/#x",
        r"https://evil.example\@example.org:8443/",
        r"https://evil.example\.example.org:8443/",
        "https://evil.example;example.org:8443/",
        "https://evil.example%2f@example.org:8443/",
        "javascript:alert(1)//example.org:8443",
        "javascript://example.org:8443/%0aalert(1)",
        "data:text/html,x",
        "//example.org:8443/",
        "/relative",
        "",
        " https://example.org:8443/",
        "https://example.org:8443\r\n/",
        "https://exаmple.org:8443/",
        "homeassistant://auth-callback",
        "https:example.org:8443",
        "https://[::1]:8443/",
        "https://example.org:8443:8443/",
    ] {
        check_redirect(client, stolen, false);
    }
    check_redirect("https://example.org/", "https://example.org:443/", false);
}

#[test]
fn plain_http_stays_in_the_house() {
    check_redirect("http://example.org/", "http://example.org/", false);
    check_redirect("http://notlocal/", "http://notlocal/", true);
    check_redirect("http://evil.example.local.org/", "http://evil.example.local.org/", false);
    check_redirect("http://10.0.0.9:81/", "http://10.0.0.9:81/", true);
    let own = Origin::parse("http://ha.example.org:8123").unwrap();
    let client = ClientId::parse("http://ha.example.org:8123/", None).unwrap();
    let rules = ClientRules::new();
    assert!(rules.allows(&client, "http://ha.example.org:8123/lovelace", Some(&own), Pkce::Absent));
    assert!(!rules.allows(&client, "http://ha.example.org:8123/lovelace", None, Pkce::Absent));
}

#[test]
fn the_mobile_apps_have_fixed_addresses() {
    let android = "https://home-assistant.io/android";
    check_redirect("https://home-assistant.io/iOS", "homeassistant://auth-callback", true);
    check_redirect(android, "homeassistant://auth-callback", true);
    check_redirect(android, "https://wear.googleapis.com/3p_auth/io.homeassistant.companion.android", true);
    check_redirect(android, "https://wear.googleapis-cn.com/3p_auth/io.homeassistant.companion.android", true);
    check_redirect(
        "https://home-assistant.io/iOS",
        "https://wear.googleapis.com/3p_auth/io.homeassistant.companion.android",
        false,
    );
    check_redirect("https://home-assistant.io/ios", "homeassistant://auth-callback", false);
    check_redirect("https://home-assistant.io/iOS", "homeassistant://auth-callback/x", false);
    check_redirect(android, "https://wear.googleapis.com/3p_auth/other", false);
}

#[test]
fn listed_redirects_match_as_text_and_loopback_apart_from_the_port() {
    let client = ClientId::parse("https://cli.example/", None).unwrap();
    let mut rules = ClientRules::new();
    for uri in ["http://127.0.0.1/cb?x=1", "com.example.app://cb", "https://other.example/cb"] {
        rules.list(client.as_str(), uri).unwrap();
    }
    let check = |uri: &str, pkce, expected| assert_eq!(rules.allows(&client, uri, None, pkce), expected, "{uri}");
    check("com.example.app://cb", Pkce::Absent, true);
    check("com.example.app://cb/", Pkce::Absent, false);
    check("https://other.example/cb", Pkce::Absent, true);
    check("https://other.example/cb2", Pkce::Absent, false);
    check("http://127.0.0.1/cb?x=1", Pkce::Absent, true);
    check("http://127.0.0.1:5000/cb?x=1", Pkce::S256, true);
    check("http://127.0.0.1:5000/cb?x=1", Pkce::Absent, false);
    check("http://127.0.0.1:5000/cb?x=2", Pkce::S256, false);
    check("http://127.0.0.1:5000/cc?x=1", Pkce::S256, false);
    check("http://127.0.0.1:0/cb?x=1", Pkce::S256, false);
    check("http://u@127.0.0.1:5000/cb?x=1", Pkce::S256, false);
    check("http://127.0.0.1:5000/cb?x=1#f", Pkce::S256, false);
    check("http://localhost:5000/cb?x=1", Pkce::S256, false);
    check("http://127.0.0.2:5000/cb?x=1", Pkce::S256, false);
    check("https://127.0.0.1:5000/cb?x=1", Pkce::S256, false);
    check("https://other.example:5000/cb", Pkce::S256, false);
    let other = ClientId::parse("https://cli.example/other", None).unwrap();
    assert!(!rules.allows(&other, "com.example.app://cb", None, Pkce::S256));
    assert!(rules.unlist(client.as_str(), "com.example.app://cb"));
    assert!(!rules.allows(&client, "com.example.app://cb", None, Pkce::S256));
}

#[test]
fn what_runs_code_cannot_be_listed() {
    for bad in [
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "JavaScript://x",
        "data://text/html",
        "file:///etc/passwd",
        "vbscript://x",
        "blob://x",
        "http://example.org/",
        "https://example.org/#x",
        "app://x#y",
        "app://",
        "app:x",
        "/cb",
        "https://u@example.org/",
        "1app://x",
        "app://a b",
        "https://example.org\\x",
        "app://\u{e9}",
    ] {
        assert!(ClientRules::new().list("https://x/", bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in ".*", tail in r"[a-z0-9.:@#?/\\%\[\]]{0,40}") {
        let client = ClientId::parse("https://example.org/", None).unwrap();
        let mut rules = ClientRules::new();
        for text in [text.clone(), format!("http://{text}"), format!("https://{tail}")] {
            let _ = ClientId::parse(&text, None);
            let _ = rules.list("https://example.org/", &text);
            let _ = rules.allows(&client, &text, None, Pkce::S256);
        }
    }

    #[test]
    fn what_is_allowed_starts_with_the_clients_server(tail in r"[a-z.:@#?/\\%]{0,20}") {
        let client = ClientId::parse("https://example.org/", None).unwrap();
        let uri = format!("https://example.org{tail}");
        if ClientRules::new().allows(&client, &uri, None, Pkce::Absent) {
            prop_assert!(tail.is_empty() || tail.starts_with('/') || tail.starts_with('?'), "{}", uri);
        }
    }

    #[test]
    fn origins_print_as_they_are_read(host in "[a-z][a-z0-9-]{0,10}(\\.[a-z]{2,5}){0,2}", port in prop::option::of(1_u16..)) {
        let origin = Origin { scheme: Scheme::Https, host: Host::Name(host.into()), port };
        prop_assert_eq!(Origin::parse(&origin.to_string()), Ok(origin));
    }
}
