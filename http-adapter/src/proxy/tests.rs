use axum::http::{HeaderName, HeaderValue};

use super::*;

/// Who is found, with the trusted proxies `127.0.0.1` and `10.0.0.0/24`: address and origin, or what is not believed.
#[track_caller]
fn check(peer: &str, headers: &[(&str, &str)], expected: Result<(&str, &str), NotBelieved>) {
    let trusted = TrustedProxies(vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/24".parse().unwrap()]);
    let mut map = HeaderMap::new();
    map.insert(header::HOST, HeaderValue::from_static("hub.local:8123"));
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let peer = Peer { address: SocketAddr::new(peer.parse().unwrap(), 1), is_tls: false };
    let found = Caller::of(peer, &map, &trusted);
    let shown = found.map(|caller| (caller.ip.to_string(), caller.own.map(|own| own.to_string()).unwrap_or_default()));
    assert_eq!(shown, expected.map(|(ip, own)| (ip.to_owned(), own.to_owned())));
}

const OWN: &str = "http://hub.local:8123";

#[test]
fn whoever_comes_directly_is_who_they_are() {
    for peer in ["192.0.2.1", "127.0.0.1", "10.0.0.7", "2001:db8::1"] {
        check(peer, &[], Ok((peer, OWN)));
    }
    check("::ffff:192.0.2.1", &[], Ok(("192.0.2.1", OWN)));
}

#[test]
fn a_proxy_is_believed_by_its_address_alone() {
    check("127.0.0.1", &[("x-forwarded-for", "192.0.2.1")], Ok(("192.0.2.1", OWN)));
    check("::ffff:10.0.0.7", &[("x-forwarded-for", "192.0.2.1")], Ok(("192.0.2.1", OWN)));
    for stranger in ["192.0.2.9", "10.0.1.7", "169.254.1.1", "fe80::1", "::1", "fd00::1"] {
        let expected = Err(NotBelieved::Stranger(stranger.parse().unwrap()));
        check(stranger, &[("x-forwarded-for", "127.0.0.1")], expected);
    }
}

#[test]
fn a_spoofed_chain_gives_the_last_stranger() {
    // What the caller wrote stands on the left, what our own proxies saw on the right.
    let chain = |text| [("x-forwarded-for", text)];
    check("127.0.0.1", &chain("127.0.0.1, 192.0.2.1"), Ok(("192.0.2.1", OWN)));
    check("127.0.0.1", &chain("10.0.0.1, 192.0.2.1, 10.0.0.2"), Ok(("192.0.2.1", OWN)));
    check("127.0.0.1", &chain("192.0.2.8, 192.0.2.1"), Ok(("192.0.2.1", OWN)));
    check("127.0.0.1", &chain("10.0.0.9, 10.0.0.2"), Ok(("10.0.0.9", OWN)));
    check("127.0.0.1", &chain("::ffff:10.0.0.9, [2001:db8::1]"), Ok(("2001:db8::1", OWN)));
}

#[test]
fn what_cannot_be_read_is_refused() {
    for bad in ["", " ", "x", "192.0.2.1,", ",192.0.2.1", "192.0.2.1:80", "unknown"] {
        check("127.0.0.1", &[("x-forwarded-for", bad)], Err(NotBelieved::Malformed("x-forwarded-for")));
    }
    let twice = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "127.0.0.1")];
    check("127.0.0.1", &twice, Err(NotBelieved::Malformed("x-forwarded-for")));
    for bad in ["", "ftp", "https, https, http", "https,"] {
        let headers = [("x-forwarded-for", "192.0.2.1, 10.0.0.1"), ("x-forwarded-proto", bad)];
        check("127.0.0.1", &headers, Err(NotBelieved::Malformed("x-forwarded-proto")));
    }
    let headers = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-host", "a,")];
    check("127.0.0.1", &headers, Err(NotBelieved::Malformed("x-forwarded-host")));
}

#[test]
fn proxies_say_how_and_where_the_hub_was_reached() {
    let proto = |text| [("x-forwarded-for", "192.0.2.1, 10.0.0.1"), ("x-forwarded-proto", text)];
    check("127.0.0.1", &proto("https"), Ok(("192.0.2.1", "https://hub.local:8123")));
    check("127.0.0.1", &proto("https, http"), Ok(("192.0.2.1", "https://hub.local:8123")));
    check("127.0.0.1", &proto("http, https"), Ok(("192.0.2.1", OWN)));
    let host = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-host", "evil, home.example")];
    check("127.0.0.1", &host, Ok(("192.0.2.1", "http://home.example")));
    // Without the first header the others are nobody's word.
    check("192.0.2.9", &[("x-forwarded-host", "evil"), ("x-forwarded-proto", "https")], Ok(("192.0.2.9", OWN)));
}
