//! A browser as plain as can be: it keeps one cookie and sends forms.

use super::{Answer, Request, Server, secrets};

/// Somebody who looks at Doorward's own page.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    /// `name=value`.
    pub(crate) cookie: Option<String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self { server, cookie: None }
    }

    /// Logs a demo's user in.
    #[track_caller]
    pub(crate) fn logged_in(server: &'a Server, user: &str) -> Self {
        Self::with_password(server, user, &format!("{user}-pass"))
    }

    #[track_caller]
    pub(crate) fn with_password(server: &'a Server, user: &str, password: &str) -> Self {
        let mut browser = Self::new(server);
        let answer = browser.post("/doorward/login", &[("username", user), ("password", password)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
        browser
    }

    /// Returns a request with the cookie.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let request = self.server.request(method, path);
        match &self.cookie {
            Some(cookie) => request.header("Cookie", cookie),
            None => request,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }

    /// Looks at a page that is there.
    #[track_caller]
    pub(crate) fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Sends a form, as a page of the hub does.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = encoded(fields);
        let answer = self.request("POST", path).header("Sec-Fetch-Site", "same-origin").form(&form).send();
        if let Some(set) = answer.header("set-cookie") {
            let pair = set.split(';').next().unwrap();
            let (_, value) = pair.split_once('=').unwrap();
            if let Some((_, secret)) = value.split_once('-') {
                secrets::note(secret);
            }
            self.cookie = (!value.is_empty()).then(|| pair.to_owned());
        }
        answer
    }

    /// Sends a form that is taken, and looks at the page that comes next.
    #[track_caller]
    pub(crate) fn done(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        self.page(answer.header("location").unwrap())
    }
}

/// Encodes a form.
pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let part = |text: &str| {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect::<Vec<_>>().join("&")
}

/// Returns the value of every field of a page that has one, by name: of hidden fields and others.
pub(crate) fn fields(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
        let plain = value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">");
        Some(
            plain
                .replace("&quot;", "\"")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&#38;", "&")
                .replace("&amp;", "&"),
        )
    };
    let tags = page.split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect()
}
