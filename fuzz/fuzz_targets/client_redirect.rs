//! An answer goes to the client's own server, as a browser reads the URL, to a mobile app, or to what is listed.
//!
//! Input: client id, redirect URI and the hub's own address, a line each.
#![no_main]

use auth_login::client::{ClientId, ClientRules, Origin, Pkce};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

const APP: &str = "myapp://callback";
const LOOPBACK: &str = "http://127.0.0.1/callback";
const OWN_APPS: [(&str, &str); 4] = [
    ("https://home-assistant.io/iOS", "homeassistant://auth-callback"),
    ("https://home-assistant.io/android", "homeassistant://auth-callback"),
    ("https://home-assistant.io/android", "https://wear.googleapis.com/3p_auth/io.homeassistant.companion.android"),
    ("https://home-assistant.io/android", "https://wear.googleapis-cn.com/3p_auth/io.homeassistant.companion.android"),
];

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let (id, redirect) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let own = lines.next().and_then(|own| Origin::parse(own).ok());
    if let Some(own) = &own {
        assert_eq!(Origin::parse(&own.to_string()).as_ref(), Ok(own), "an origin reads as itself");
    }
    let Ok(client) = ClientId::parse(id, own.as_ref()) else { return };
    // Where a browser sees no URL at all (a broken `xn--` label), it sends nothing.
    let client_url = web_url(id);
    let mut rules = ClientRules::new();
    for is_listed in [false, true] {
        if is_listed {
            rules.list(id, APP).expect("an app's scheme may be listed");
            rules.list(id, LOOPBACK).expect("loopback may be listed");
        }
        let allows = |pkce| rules.allows(&client, redirect, own.as_ref(), pkce);
        let (plain, with_pkce) = (allows(Pkce::Absent), allows(Pkce::S256));
        assert!(with_pkce || !plain, "PKCE takes nothing away");
        if OWN_APPS.contains(&(id, redirect)) {
            assert!(plain, "the mobile apps");
        } else if is_listed && [APP, LOOPBACK].contains(&redirect) {
            assert!(plain, "what is listed");
        } else if with_pkce {
            let Some(url) = web_url(redirect) else { continue };
            let same_server = client_url.as_ref().is_some_and(|client| server(client) == server(&url));
            let is_loopback = url.host() == Url::parse(LOOPBACK).expect("a URL").host()
                && (url.scheme(), url.path(), url.query()) == ("http", "/callback", None);
            assert!(same_server || is_listed && !plain && is_loopback, "{id} is answered at {redirect}");
            let is_elsewhere = match url.host() {
                Some(Host::Domain(name)) => {
                    let local = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];
                    name.contains('.') && !local.iter().any(|suffix| name.ends_with(suffix))
                }
                Some(Host::Ipv4(v4)) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local()),
                Some(Host::Ipv6(_)) | None => false,
            };
            let is_own =
                own.as_ref().and_then(|own| web_url(&own.to_string())).is_some_and(|own| server(&own) == server(&url));
            assert!(url.scheme() == "https" || !is_elsewhere || is_own, "{redirect} in the clear");
        }
    }
});

/// Reads a URL as a browser does. What is one must be for the web, without user, password or fragment.
fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    assert!(matches!(url.scheme(), "http" | "https") && url.host().is_some(), "{text:?}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none(), "{text:?}");
    Some(url)
}

fn server(url: &Url) -> (&str, Option<Host<&str>>, Option<u16>) {
    (url.scheme(), url.host(), url.port_or_known_default())
}
