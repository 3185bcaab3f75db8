//! The client against real sockets.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod server;

use std::{
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use outbound::{Client, Error, Limits, Lookup, Reach, Request, SystemLookup};

use server::{serve, serve_tls};

fn client(reach: Reach) -> Client {
    Client::new(reach).unwrap()
}

fn get(url: &str) -> Request {
    Request::get(url).unwrap()
}

#[tokio::test]
async fn an_answer_comes_whole_with_what_is_needed_of_its_head() {
    let server =
        serve("HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            .await;
    let request = Request::post_form(&server.url("/token"), &[("a", "b c"), ("d", "é&")]).unwrap().basic("me:", "p w");
    let answer = client(Reach::Private).send(request).await.unwrap();
    assert_eq!((answer.status, &answer.body[..], &*answer.content_type), (429, &b"{}"[..], "application/json"));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    let heard = server.heard();
    assert!(heard.starts_with("POST /token HTTP/1.1\r\n"), "{heard}");
    assert!(heard.ends_with("a=b+c&d=%C3%A9%26"), "{heard}");
    // `me%3A:p+w`
    assert!(heard.contains("authorization: Basic bWUlM0E6cCt3\r\n"), "{heard}");
    assert!(!heard.contains("cookie"), "{heard}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = serve("HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(client(Reach::Private).send(get(&server.url("/"))).await.unwrap().status, 302);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_public_client_connects_to_nothing_inside() {
    let server = serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = server.port();
    let client = client(Reach::Public);
    for host in
        ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0", "127.1", "localhost."]
    {
        let outcome = client.send(get(&format!("https://{host}:{port}/"))).await;
        assert!(matches!(outcome, Err(Error::ForbiddenAddress | Error::Connect)), "{host}: {outcome:?}");
        let plain = client.send(get(&format!("http://{host}:{port}/"))).await;
        assert_eq!(plain.unwrap_err(), Error::NotHttps, "{host}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn metadata_is_refused_even_for_entries_on_the_own_network() {
    for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "2852039166"] {
        let outcome = client(Reach::Private).send(get(&format!("http://{host}/latest/meta-data/"))).await;
        assert_eq!(outcome.unwrap_err(), Error::ForbiddenAddress, "{host}");
    }
}

#[test]
fn only_web_addresses_without_credentials_are_requests() {
    for url in
        ["ftp://example.com/", "file:///etc/passwd", "javascript:1", "//example.com", "", "http://", "https://u:p@x/"]
    {
        assert_eq!(Request::get(url).unwrap_err(), Error::InvalidUrl, "{url}");
    }
}

/// A name that is something else each time it is looked up.
struct Rebinding(Vec<&'static str>, AtomicUsize);

impl Lookup for Rebinding {
    fn lookup<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        let n = self.1.fetch_add(1, Ordering::SeqCst);
        let found = self.0[n % self.0.len()].split(' ').map(|text| text.parse().unwrap()).collect();
        Box::pin(async move { Ok(found) })
    }
}

#[tokio::test]
async fn what_a_name_stands_for_is_judged_each_time() {
    let server = serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    let lookup =
        Arc::new(Rebinding(vec!["127.0.0.1", "169.254.169.254", "::ffff:a9fe:a9fe 169.254.169.254"], 0.into()));
    let client = Client::with(Reach::Private, Limits::default(), lookup).unwrap();
    let url = format!("http://rebinding.test:{}/", server.port());
    assert_eq!(client.send(get(&url)).await.unwrap().status, 200);
    assert_eq!(client.send(get(&url)).await.unwrap_err(), Error::ForbiddenAddress);
    assert_eq!(client.send(get(&url)).await.unwrap_err(), Error::ForbiddenAddress);
    let lookup = Arc::new(Rebinding(vec!["127.0.0.1 10.0.0.1"], 0.into()));
    let client = Client::with(Reach::Public, Limits::default(), lookup).unwrap();
    let url = format!("https://rebinding.test:{}/", server.port());
    assert_eq!(client.send(get(&url)).await.unwrap_err(), Error::ForbiddenAddress);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_body_has_a_bound_told_or_not() {
    let limits = Limits { max_body: 10, ..Limits::default() };
    let client = Client::with(Reach::Private, limits, Arc::new(SystemLookup)).unwrap();
    for (head, fits) in [
        ("Content-Length: 10\r\n\r\n0123456789", true),
        ("Content-Length: 11\r\n\r\n0123456789a", false),
        ("Content-Length: 99999999999\r\n\r\n0", false),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n", false),
    ] {
        let server = serve(&format!("HTTP/1.1 200 OK\r\n{head}")).await;
        let outcome = client.send(get(&server.url("/"))).await.map(|answer| answer.body.len());
        assert_eq!(outcome, if fits { Ok(10) } else { Err(Error::TooLarge) }, "{head}");
    }
}

#[tokio::test]
async fn silence_and_slowness_end_in_time() {
    let limits = Limits { whole: Duration::from_millis(200), ..Limits::default() };
    let client = Client::with(Reach::Private, limits, Arc::new(SystemLookup)).unwrap();
    // No answer at all; a body that never ends.
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n0"] {
        let server = serve(answer).await;
        assert_eq!(client.send(get(&server.url("/"))).await.unwrap_err(), Error::Timeout);
    }
}

#[tokio::test]
async fn what_breaks_has_a_name() {
    let gone = serve("").await;
    let url = gone.url("/");
    drop(gone);
    assert_eq!(client(Reach::Private).send(get(&url)).await.unwrap_err(), Error::Connect);
    assert_eq!(client(Reach::Private).send(get("http://nobody.invalid/")).await.unwrap_err(), Error::Connect);
    let junk = serve("220 mail.example ESMTP\r\n\r\n").await;
    assert_eq!(client(Reach::Private).send(get(&junk.url("/"))).await.unwrap_err(), Error::Broken);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = serve_tls("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    for host in ["127.0.0.1", "localhost"] {
        let outcome = client(Reach::Private).send(get(&format!("https://{host}:{}/", server.port()))).await;
        assert_eq!(outcome.unwrap_err(), Error::Tls, "{host}");
    }
    assert_eq!(server.heard(), "");
}

#[test]
fn nothing_that_is_shown_has_secrets() {
    let request = Request::post_form("https://h.example/p?key=hush", &[("client_secret", "hush")]).unwrap();
    let request = request.basic("id", "hush").bearer(&"hush".into()).unwrap();
    let shown = format!("{request:?} {:?}", client(Reach::Public));
    assert_eq!(shown, "Request(POST h.example) Client(Public)");
}
