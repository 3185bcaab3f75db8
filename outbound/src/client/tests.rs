//! TLS with roots of the tests' own. What needs none of that is in `tests/it`.

use std::{future::Future, io, pin::Pin};

use rustls::RootCertStore;

use super::*;

#[expect(dead_code, reason = "also serves `tests/it`, which needs more of it")]
#[path = "../../tests/it/server.rs"]
mod server;

/// Every name is this machine.
struct Here;

impl Lookup for Here {
    fn lookup<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

/// Asks a server that has a certificate for `names`, as `host`.
async fn check(reach: Reach, names: &[&str], host: &str, expected: Result<u16, Error>) {
    let (server, certificate) =
        server::serve_as("HTTP/1.1 204 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", names).await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    let client = Client::build(reach, Limits::default(), Arc::new(Here), tls).unwrap();
    let request = Request::get(&format!("https://{host}:{}/", server.port())).unwrap();
    assert_eq!(client.send(request).await.map(|answer| answer.status), expected, "{reach:?} {host}");
    assert_eq!(!server.heard().is_empty(), expected.is_ok(), "nothing is said to whoever is not trusted");
}

#[tokio::test]
async fn whoever_is_vouched_for_is_talked_to() {
    check(Reach::Private, &["hub.test"], "hub.test", Ok(204)).await;
    check(Reach::Private, &["127.0.0.1"], "127.0.0.1", Ok(204)).await;
    check(Reach::Private, &["hub.test"], "other.test", Err(Error::Tls)).await;
    check(Reach::Private, &["hub.test"], "127.0.0.1", Err(Error::Tls)).await;
}

#[tokio::test]
async fn a_certificate_makes_no_address_public() {
    check(Reach::Public, &["hub.test"], "hub.test", Err(Error::ForbiddenAddress)).await;
    check(Reach::Public, &["127.0.0.1"], "127.0.0.1", Err(Error::ForbiddenAddress)).await;
}
