//! A browser as far as signing in needs one: cookies, redirects, two forms.

use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::node::REDIRECT_URI;

#[derive(Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    location: Option<String>,
    body: String,
}

/// What a browser is sent back with.
#[derive(Debug)]
pub(crate) struct Back {
    pub(crate) state: String,
    pub(crate) code: Option<String>,
    pub(crate) error: Option<String>,
}

impl Browser {
    /// Signs in and consents; returns what it is sent back with.
    pub(crate) async fn sign_in(&mut self, url: String, login: &str) -> Back {
        let mut at = url;
        let mut page = self.get(&at).await;
        for _ in 0..20 {
            if let Some(to) = page.location.take() {
                at = Url::parse(&at).unwrap().join(&to).unwrap().into();
                if at.starts_with(REDIRECT_URI) {
                    return Back::read(&at);
                }
                page = self.get(&at).await;
                continue;
            }
            assert_eq!(page.status, 200, "{at}: {}", page.body);
            let asks_who = page.body.contains(r#"value="login""#);
            let form =
                if asks_who { format!("prompt=login&login={login}&password=x") } else { "prompt=consent".to_owned() };
            page = self.post(&at, &form).await;
        }
        unreachable!("the provider does not come to an end: {at}")
    }

    /// Comes to the provider's page and says no there.
    pub(crate) async fn refuse(&mut self, url: String) -> Back {
        let mut at = url;
        let mut has_refused = false;
        for _ in 0..20 {
            let page = self.get(&at).await;
            let to = match page.location {
                Some(to) => to,
                None if has_refused => break,
                None => {
                    has_refused = true;
                    format!("{at}/abort")
                }
            };
            at = Url::parse(&at).unwrap().join(&to).unwrap().into();
            if at.starts_with(REDIRECT_URI) {
                return Back::read(&at);
            }
        }
        unreachable!("the provider does not take no for an answer: {at}")
    }

    async fn get(&mut self, url: &str) -> Page {
        self.ask("GET", url, None).await
    }

    pub(crate) async fn post(&mut self, url: &str, form: &str) -> Page {
        self.ask("POST", url, Some(form)).await
    }

    async fn ask(&mut self, method: &str, url: &str, form: Option<&str>) -> Page {
        let url = Url::parse(url).unwrap();
        let authority = format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap());
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = form.unwrap_or_default();
        let request = format!(
            "{method} {}{query} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            url.path(),
            cookies.join("; "),
            body.len(),
        );
        let mut socket = TcpStream::connect(&authority).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let mut page = Page { status, location: None, body: body.to_owned() };
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => page.location = Some(value.to_owned()),
                "set-cookie" => {
                    let (name, value) =
                        value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
        }
        page
    }
}

impl Back {
    fn read(url: &str) -> Self {
        let query: BTreeMap<_, _> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
        let text = |name: &str| query.get(name).cloned();
        Self { state: text("state").unwrap_or_default(), code: text("code"), error: text("error") }
    }
}
