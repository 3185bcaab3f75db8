//! Doorward's own page, opened with an account at an identity provider.

use serde_json::json;

use super::flow::{Home, Left, MAPPED, header};
use crate::support::{Answer, browser::Browser};

/// The cookies that an answer sets, as a browser sends them back; none that is to be forgotten.
fn cookies(answer: &Answer) -> String {
    let set = answer.head.lines().filter_map(|line| line.split_once(": "));
    let set = set.filter(|(name, value)| name.eq_ignore_ascii_case("set-cookie") && !value.contains("Max-Age=0"));
    set.map(|(_, value)| value.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

/// Begins on the page, and comes back from the provider. Returns the address that the browser is sent to with the code, and
/// what it keeps.
fn way(home: &Home, claims: &serde_json::Value) -> (String, String) {
    let begun = home.server.request("GET", "/doorward/sign-on/corp?next=/doorward/groups").send();
    assert_eq!(begun.status, 303, "{}", begun.text());
    let set = header(&begun, "set-cookie").unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"), "{set}");
    let left = Left::of(&home.server.request("GET", &header(&begun, "location").unwrap()).send());
    let code = home.at_provider(&left, claims);
    let back = home.come_back(&left, &code);
    assert_eq!(back.status, 302, "{}", back.text());
    let callback = header(&back, "location").unwrap();
    let path = callback.strip_prefix(&format!("http://{}", home.server.address)).unwrap().to_owned();
    assert!(path.starts_with("/doorward/callback?"), "{path}");
    (path, cookies(&begun))
}

#[test]
fn an_account_elsewhere_opens_the_page_in_the_browser_in_which_it_began() {
    let home = Home::new(MAPPED);
    let ann = home.user("Ann")["id"].clone();
    home.link_to(&ann, "s-ann");
    let login = Browser::new(&home.server).page("/doorward/login");
    assert!(login.contains("Corp &#38; Co") && login.contains("/doorward/sign-on/corp"), "{login}");
    assert_eq!(Browser::new(&home.server).get("/doorward/sign-on/none").status, 404);

    let claims = json!({"sub": "s-ann"});
    let (path, mine) = way(&home, &claims);
    let (_, theirs) = way(&home, &claims);
    // Without what the browser keeps, or with what another does, the code is worth nothing; and is not used up by that.
    for cookie in ["", "x=y", theirs.as_str(), &format!("{mine}; {mine}")] {
        let answer = home.server.request("GET", &path).header("Cookie", cookie).send();
        assert_eq!(answer.status, 422, "{cookie}: {}", answer.text());
        assert!(header(&answer, "set-cookie").is_none());
    }
    let no_state = path.replace("state=", "other=");
    assert_eq!(home.server.request("GET", &no_state).header("Cookie", &mine).send().status, 422);
    let answer = home.server.request("GET", &path).header("Cookie", &mine).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer.text().contains(r#"<meta http-equiv="refresh" content="0; url=/doorward/groups">"#),
        "{}",
        answer.text()
    );
    let session = cookies(&answer);
    let answer_again = home.server.request("GET", "/doorward/groups").header("Cookie", &session).send();
    assert_eq!(answer_again.status, 200, "{}", answer_again.text());
    assert!(answer_again.text().contains("Logged in as Ann"), "{}", answer_again.text());
    // A code is good once: who comes with it again ends the session that it gave.
    assert_eq!(home.server.request("GET", &path).header("Cookie", &mine).send().status, 422);
    assert_eq!(home.server.request("GET", "/doorward/groups").header("Cookie", &session).send().status, 303);
}
