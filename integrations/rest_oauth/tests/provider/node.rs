//! The provider: a child process of ours, ended with the test.

use std::{env, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::browser::Browser;

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:8123/auth/external/callback";
const CLIENT: &str = "client_id=doorward&client_secret=a+secret+of+the+tests";

pub(crate) struct Node {
    port: u16,
    /// Killed when dropped; it also ends by itself when its input does.
    _child: Child,
}

impl Node {
    /// Starts a provider whose access tokens live for so many seconds.
    pub(crate) async fn start(access_seconds: u32) -> Self {
        let folder = env::var_os("DOORWARD_OIDC_PROVIDER").expect("DOORWARD_OIDC_PROVIDER: use `cargo xtask test`");
        let mut child = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/provider/server.mjs"))
            .env("DOORWARD_OIDC_PROVIDER", folder)
            .env("ACCESS_SECONDS", access_seconds.to_string())
            .env("REDIRECT_URI", REDIRECT_URI)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("the provider says where it is");
            let said: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(port) = said.get("port").and_then(Value::as_u64) {
                break u16::try_from(port).unwrap();
            }
        };
        // What else it says is let go.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { port, _child: child }
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Uses a refresh token as somebody else would; returns the status.
    pub(crate) async fn refresh(&self, token: &str) -> u16 {
        let form = format!("grant_type=refresh_token&{CLIENT}&refresh_token={token}");
        Browser::default().post(&self.url("/token"), &form).await.status
    }

    pub(crate) async fn revoke(&self, token: &str) {
        let form = format!("{CLIENT}&token={token}");
        assert_eq!(Browser::default().post(&self.url("/token/revocation"), &form).await.status, 200);
    }
}
