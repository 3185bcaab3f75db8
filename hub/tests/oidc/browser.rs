//! A browser as far as signing in needs one: cookies by host, redirects, two forms.

use std::collections::BTreeMap;

use crate::support::{Answer, Request};

#[derive(Default)]
pub(crate) struct Browser {
    /// By host, then name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where a browser is in the end.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) url: String,
    /// None where the address is not one of this machine's.
    pub(crate) answer: Option<Answer>,
}

fn header<'a>(answer: &'a Answer, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Returns host and path.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.trim_start_matches("http://");
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

impl Browser {
    /// Opens an address and goes wherever it is sent, signing in as `login` where it is asked to.
    pub(crate) fn open(&mut self, url: &str, login: &str) -> End {
        let (mut url, mut form) = (url.to_owned(), None::<String>);
        for _ in 0..20 {
            let (host, path) = parts(&url);
            if !host.starts_with("127.0.0.1:") {
                return End { url, answer: None };
            }
            let host = host.to_owned();
            let answer = self.ask(&host, path, form.take());
            if let Some(to) = header(&answer, "location").next() {
                url = if to.starts_with('/') { format!("http://{host}{to}") } else { to.to_owned() };
                continue;
            }
            let text = answer.text();
            if answer.status == 200 && text.contains(r#"value="login""#) {
                form = Some(format!("prompt=login&login={login}&password=x"));
            } else if answer.status == 200 && text.contains(r#"value="consent""#) {
                form = Some("prompt=consent".to_owned());
            } else {
                return End { url, answer: Some(answer) };
            }
        }
        panic!("it does not come to an end: {url}")
    }

    fn ask(&mut self, host: &str, path: &str, form: Option<String>) -> Answer {
        let jar = self.cookies.entry(host.to_owned()).or_default();
        let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::new(host, if form.is_some() { "POST" } else { "GET" }, path);
        let request = request.header("Cookie", &cookies.join("; "));
        let answer = match form {
            Some(form) => request.form(&form).send(),
            None => request.send(),
        };
        for cookie in header(&answer, "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0;") || value.is_empty() {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub(crate) fn n_cookies(&self, host: &str) -> usize {
        self.cookies.get(host).map_or(0, BTreeMap::len)
    }
}
