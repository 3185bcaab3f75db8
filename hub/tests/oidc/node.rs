//! The provider: a child process of ours, ended with the test.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

pub(crate) struct Node {
    pub(crate) issuer: String,
    process: Child,
    input: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

/// What the provider is like.
#[derive(Clone, Copy, Default)]
pub(crate) struct Kind<'a> {
    pub(crate) secret: Option<&'a str>,
    /// Groups are in the token, not at the user info endpoint alone.
    pub(crate) in_token: bool,
    /// Any, if it is none.
    pub(crate) port: Option<u16>,
}

impl Node {
    pub(crate) fn start(kind: Kind<'_>) -> Self {
        let folder = env::var_os("DOORWARD_OIDC_PROVIDER").expect("DOORWARD_OIDC_PROVIDER: use `cargo xtask test`");
        let mut process = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc/server.mjs"))
            .env("DOORWARD_OIDC_PROVIDER", folder)
            .env("SECRET", kind.secret.unwrap_or_default())
            .env("IN_TOKEN", kind.in_token.to_string())
            .env("PORT", kind.port.unwrap_or_default().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut node = Self { issuer: String::new(), process, input, said };
        node.issuer = format!("http://127.0.0.1:{}", node.next("port"));
        node
    }

    pub(crate) fn port(&self) -> u16 {
        self.issuer.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Tells it something, and waits until it has heard.
    pub(crate) fn tell(&mut self, what: &Value) {
        writeln!(self.input, "{what}").unwrap();
        self.next("heard");
    }

    fn next(&mut self, name: &str) -> Value {
        let said = self.said.by_ref().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap_or_default());
        let mut found = said.filter_map(|said| said.get(name).cloned());
        found.next().expect("the provider says so")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
