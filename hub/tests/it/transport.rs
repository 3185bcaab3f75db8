//! The way to the hub: encryption, proxies, pages of other origins, crowds.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::json;

use crate::{
    cli::{done, home, refused},
    support::{Server, Temporary, http::Request, server::doorward},
};

/// Writes a certificate of its own for `localhost` and its key. Returns the certificate.
fn certificate(dir: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    // The key first: a hub that looks in between finds a pair that does not fit, and keeps the one of before.
    std::fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(dir.join("cert.pem"), certificate.pem()).unwrap();
    CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()
}

fn config(dir: &Temporary, text: &str) -> String {
    let path = dir.0.join("doorward.toml");
    std::fs::write(&path, text.replace("DIR", dir.0.to_str().unwrap())).unwrap();
    path.to_str().unwrap().to_owned()
}

const TLS: &str = "[http]\ntls_certificate = \"DIR/cert.pem\"\ntls_key = \"DIR/key.pem\"\n";

fn connect(
    address: &str,
    trusted: &CertificateDer<'static>,
    protocols: &[&str],
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let session = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = StreamOwned::new(session, socket);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

#[test]
fn an_encrypted_hub_answers_nobody_in_clear_text() {
    let dir = home("{}");
    let first = certificate(&dir.0);
    let file = config(&dir, TLS);
    assert_eq!(done(&doorward(&["check-config", "--config", &file])), "valid\n");
    let server = Server::serve(&dir.0, &["--config", &file]);
    let answer = Request::new(&server.address, "GET", "/auth/providers")
        .send_over(connect(&server.address, &first, &[]).unwrap());
    assert_eq!(answer.status, 200, "{}", answer.head);
    let found = Request::new(&server.address, "GET", "/.well-known/oauth-protected-resource")
        .send_over(connect(&server.address, &first, &["http/1.1"]).unwrap());
    assert_eq!(found.json()["resource"], format!("https://{}", server.address));
    // HTTP/2 for whoever wants it.
    let stream = connect(&server.address, &first, &["h2", "http/1.1"]).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    drop(stream);
    // Clear text gets an alert or nothing, never an answer.
    let mut plain = TcpStream::connect(&server.address).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    plain.write_all(b"GET /auth/providers HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    _ = plain.read_to_end(&mut bytes);
    assert!(!bytes.windows(4).any(|four| four == b"HTTP"), "{bytes:?}");

    // Somebody who says nothing keeps nobody waiting, and a renewed certificate needs no restart.
    let _silent: Vec<_> = (0..20).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let second = certificate(&dir.0);
    let begun = Instant::now();
    while connect(&server.address, &second, &[]).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the certificate is still the old one: {}", server.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(connect(&server.address, &first, &[]).is_err());
    // One that is no good changes nothing.
    std::fs::write(dir.0.join("cert.pem"), "rubbish").unwrap();
    let begun = Instant::now();
    while !server.log().contains("the certificate stays the one of before") {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", server.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(connect(&server.address, &second, &[]).is_ok());
}

#[test]
fn a_configuration_with_mistakes_is_refused_with_its_line() {
    let dir = Temporary::new();
    let check = |text: &str, expected: &str| {
        let file = config(&dir, text);
        refused(&doorward(&["check-config", "--config", &file]), expected);
        let data = dir.0.join("data");
        refused(&doorward(&["serve", "--data", data.to_str().unwrap(), "--config", &file]), expected);
        assert!(!data.exists(), "nothing is begun");
    };
    check("[http]\nlisten = 5\n", "doorward.toml:2: ");
    check("[http]\n\ntrusted_proxy = []\n", "doorward.toml:3: unknown field `trusted_proxy`");
    check("[http]\ntrusted_proxies = [\"10.0.0.1/8\"]\n", "http.trusted_proxies: `10.0.0.1/8` has host bits set");
    check("[http]\ncors_allowed_origins = [\"*\"]\n", "http.cors_allowed_origins: `*` is no origin");
    check("[http]\ntls_key = \"DIR/key.pem\"\n", "http.tls_certificate and http.tls_key go together");
    check(TLS, "cert.pem: ");
    std::fs::write(dir.0.join("cert.pem"), "rubbish").unwrap();
    std::fs::write(dir.0.join("key.pem"), "rubbish").unwrap();
    check(TLS, "cert.pem: there is no certificate in it");
    refused(&doorward(&["check-config", "--config", "/nonexistent.toml"]), "reading /nonexistent.toml");
}

#[test]
fn a_trusted_proxy_says_who_it_is_for() {
    let dir = home("{}");
    let data = dir.0.to_str().unwrap();
    done(&doorward(&["user", "update", "--data", data, "gus", "--local-only", "true"]));
    let token = done(&doorward(&["token", "create", "--data", data, "--user", "gus", "--name", "x"]));
    let ann = done(&doorward(&["token", "create", "--data", data, "--user", "ann", "--name", "x"]));
    let file = config(&dir, "[http]\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let server = Server::serve(&dir.0, &["--config", &file]);
    let ask = |forwarded: &[(&str, &str)], token: &str| {
        let request = server.request("GET", "/api/").token(token.trim());
        forwarded.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
    };
    assert_eq!(ask(&[], &token).status, 200);
    assert_eq!(ask(&[("X-Forwarded-For", "10.1.2.3")], &token).status, 200);
    assert_eq!(ask(&[("X-Forwarded-For", "203.0.113.9")], &token).status, 401, "local only, and from elsewhere");
    assert_eq!(
        ask(&[("X-Forwarded-For", "10.1.2.3, 203.0.113.9")], &token).status,
        401,
        "what the caller wrote counts nothing"
    );
    assert_eq!(ask(&[("X-Forwarded-For", "nonsense")], &token).status, 400);
    let found = server
        .request("GET", "/.well-known/oauth-protected-resource")
        .header("X-Forwarded-For", "203.0.113.9")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "home.example")
        .send();
    assert_eq!(found.json()["resource"], "https://home.example");
    // Who was refused is in the trail with the address that they really have.
    let denied =
        server.request("GET", "/api/doorward/users").token(token.trim()).header("X-Forwarded-For", "10.9.8.7").send();
    assert_eq!(denied.status, 401);
    let trail = server.request("GET", "/api/doorward/audit?outcome=denied").token(ann.trim()).send().json();
    assert_eq!(trail["records"][0]["from"], "10.9.8.7", "{trail}");
}

#[test]
fn pages_of_other_origins_open_no_socket_and_read_nothing() {
    let dir = home("{}");
    let file = config(&dir, "[http]\ncors_allowed_origins = [\"https://cast.example\"]\n");
    let server = Server::serve(&dir.0, &["--config", &file]);
    let open = |origin: Option<&str>| {
        let mut socket = TcpStream::connect(&server.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let origin = origin.map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
        write!(
            socket,
            "GET /api/websocket HTTP/1.1\r\nHost: {}\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\n\
             Cookie: access_token=x\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            server.address
        )
        .unwrap();
        let mut head = [0; 12];
        socket.read_exact(&mut head).unwrap();
        String::from_utf8_lossy(&head[9..]).into_owned()
    };
    let own = format!("http://{}", server.address);
    for (origin, status) in [
        (None, "101"),
        (Some(own.as_str()), "101"),
        (Some("https://cast.example"), "101"),
        (Some("https://evil.example"), "403"),
        (Some("https://cast.example.evil.example"), "403"),
        (Some("http://cast.example"), "403"),
        (Some("null"), "403"),
        (Some(""), "403"),
        (Some("http://127.0.0.1:1"), "403"),
    ] {
        assert_eq!(open(origin), status, "{origin:?}");
    }

    let preflight = |origin: &str, path: &str| {
        let request = server.request("OPTIONS", path).header("Origin", origin);
        request.header("Access-Control-Request-Method", "POST").send()
    };
    let allowed = preflight("https://cast.example", "/api/states");
    assert_eq!(allowed.status, 200);
    assert!(
        allowed.head.to_lowercase().contains("access-control-allow-origin: https://cast.example\r\n"),
        "{}",
        allowed.head
    );
    assert!(!allowed.head.to_lowercase().contains("credentials"));
    for origin in ["https://evil.example", "null", "*"] {
        let refused = preflight(origin, "/api/states");
        assert_eq!(refused.status, 403, "{origin}");
        assert!(!refused.head.to_lowercase().contains("access-control"), "{}", refused.head);
    }
    assert!(preflight("https://evil.example", "/auth/token").head.to_lowercase().contains("allow-origin: *"));
    let read =
        |origin: &str| server.request("GET", "/auth/providers").header("Origin", origin).send().head.to_lowercase();
    assert!(read("https://cast.example").contains("access-control-allow-origin: https://cast.example"));
    assert!(!read("https://evil.example").contains("access-control"));
}

/// Opens a WebSocket and says no more.
fn socket_opened(address: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        socket,
        "GET /api/websocket HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .unwrap();
    let mut head = [0; 12];
    socket.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    socket
}

#[test]
fn whoever_has_not_said_who_they_are_keeps_nobody_out() {
    let server = Server::demo();
    let strangers: Vec<_> = (0..40).map(|_| socket_opened(&server.address)).collect();
    // Its turn comes when those before it have had their second.
    let mut ws = server.ws_as("admin");
    ws.result("get_states", json!({}));
    drop(strangers);
}

#[test]
fn one_address_does_not_take_all_connections() {
    let dir = home("{}");
    let file = config(&dir, "[http]\nmax_connections_per_address = 3\n");
    let server = Server::serve(&dir.0, &["--config", &file]);
    // What has become a WebSocket counts as well.
    let held = [(); 3].map(|()| socket_opened(&server.address));
    // Each is served once it has been accepted: then the next is one too many.
    let closed = || {
        let mut socket = TcpStream::connect(&server.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        matches!(socket.read(&mut [0]), Ok(0) | Err(_))
            && socket.write_all(b"x").is_ok_and(|()| {
                std::thread::sleep(Duration::from_millis(50));
                socket.write_all(b"x").is_err()
            })
    };
    let begun = Instant::now();
    while !closed() {
        assert!(begun.elapsed() < Duration::from_secs(20), "a fourth connection is served");
    }
    drop(held);
    let begun = Instant::now();
    loop {
        let mut socket = TcpStream::connect(&server.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        _ = socket.write_all(b"GET /auth/providers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut text = String::new();
        _ = socket.read_to_string(&mut text);
        if text.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody is served any more");
    }
}

#[test]
fn whoever_runs_the_hub_sees_how_it_is() {
    let server = Server::demo();
    let health = server.request("GET", "/api/doorward/health").send();
    assert_eq!((health.status, health.text().as_str()), (200, r#"{"status":"ok"}"#));
    let _open = server.ws_as("kitchen");
    server.send_as("kitchen", "GET", "/api/doorward/users", None);
    let metrics = server.send_as("admin", "GET", "/api/doorward/metrics", None);
    assert!(metrics.head.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{}", metrics.head);
    let text = metrics.text();
    let value = |name: &str| {
        let line =
            text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("{name}: {text}"));
        line.split(' ').nth(1).unwrap().parse::<i64>().unwrap()
    };
    assert_eq!((value("doorward_users"), value("doorward_sockets"), value("doorward_store_failing")), (6, 1, 0));
    assert!(
        value("doorward_entities") > 100 && value("doorward_denials_total") >= 1 && value("doorward_commits_total") > 5
    );
    assert_eq!(text.matches("# HELP").count(), text.matches("# TYPE").count());
}
