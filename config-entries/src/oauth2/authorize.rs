//! The page that asks a person whether the hub may: its URL, and where it sends them back to.

use url::Url;

use super::ClientAuth;

/// An authorization server, and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthServer {
    /// The page that a person visits. May have a query.
    pub authorize_url: String,
    /// Where codes and refresh tokens become tokens.
    pub token_url: String,
    /// What is asked for, separated by spaces; empty for the server's default.
    pub scope: String,
    /// What else goes into the authorize URL, such as `access_type=offline`.
    pub parameters: Vec<(String, String)>,
    /// How the client says who it is.
    pub client_auth: ClientAuth,
}

/// Returns where the authorization server sends a person back to, for a client that reaches the hub at `base`: an
/// origin, `http` or `https`, without anything behind it.
pub(crate) fn redirect_uri(base: &str) -> Option<String> {
    let url = Url::parse(base).ok()?;
    let is_origin = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    is_origin.then(|| format!("{}/auth/external/callback", url.origin().ascii_serialization()))
}

/// Returns the authorize URL with `ours` in its query, in place of what it has of these names already; none if it is no
/// page of the web.
pub(crate) fn authorize_url(page: &str, ours: &[(&str, &str)]) -> Option<String> {
    let mut url = Url::parse(page).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !ours.iter().any(|(own, _)| own == name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_fragment(None);
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(ours);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_base(base: &str, expected: Option<&str>) {
        assert_eq!(redirect_uri(base).as_deref(), expected, "{base}");
    }

    #[test]
    fn a_base_is_an_origin() {
        check_base("http://127.0.0.1:8123", Some("http://127.0.0.1:8123/auth/external/callback"));
        check_base("https://home.example/", Some("https://home.example/auth/external/callback"));
        check_base("HTTPS://Home.Example:443", Some("https://home.example/auth/external/callback"));
        check_base("http://[::1]:8123", Some("http://[::1]:8123/auth/external/callback"));
        for base in [
            "",
            "home.example",
            "javascript:alert(1)",
            "ftp://home.example",
            "https://user@home.example",
            "https://user:pw@home.example",
            "https://home.example/path",
            "https://home.example/?q",
            "https://home.example/#f",
            "https://",
            "file:///etc",
        ] {
            check_base(base, None);
        }
    }

    #[test]
    fn our_parameters_take_the_place_of_others() {
        let ours = [("client_id", "me & you"), ("state", "s")];
        assert_eq!(
            authorize_url("https://a.example/auth?tenant=1&state=theirs#x", &ours).unwrap(),
            "https://a.example/auth?tenant=1&client_id=me+%26+you&state=s"
        );
        assert_eq!(authorize_url("javascript:alert(1)", &ours), None);
        assert_eq!(authorize_url("/auth", &ours), None);
    }

    proptest! {
        #[test]
        fn each_of_our_parameters_is_there_once(query in "[a-z=&%#?+ ]{0,40}", value in ".{0,20}") {
            let ours = [("state", value.as_str()), ("client_id", "c")];
            let made = authorize_url(&format!("https://a.example/x?{query}"), &ours).unwrap();
            let made = Url::parse(&made).unwrap();
            for (name, value) in ours {
                let found: Vec<_> = made.query_pairs().filter(|(own, _)| own == name).map(|(_, v)| v).collect();
                prop_assert_eq!(found, [value]);
            }
        }

        #[test]
        fn any_base_is_read_without_panic(base in ".*") {
            let _ = redirect_uri(&base);
        }
    }
}
