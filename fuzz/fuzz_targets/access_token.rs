//! Only an access token that was issued is anybody's, letter for letter; secrets likewise.
#![no_main]

use std::sync::{LazyLock, Mutex};

use auth_login::{refresh_token::RefreshToken, token_book::TokenBook};
use fuzz::{NOW, Seeded, edited};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;

/// A book, and every access token and secret that it gave, with whose it is.
struct Issued {
    book: TokenBook,
    access_tokens: Vec<(String, String)>,
    secrets: Vec<(String, String)>,
}

static ISSUED: LazyLock<Mutex<Issued>> = LazyLock::new(|| {
    let mut book = TokenBook::new(&mut Seeded(0));
    let tokens = [
        RefreshToken::new_normal("ann".into(), "c".into(), "https://x/", NOW, &mut Seeded(1)),
        RefreshToken::new_long_lived("bob".into(), "robot", None, 10, NOW, &mut Seeded(2)),
        RefreshToken::new_system("hub".into(), NOW, &mut Seeded(3)),
    ];
    let (mut access_tokens, mut secrets) = (Vec::new(), Vec::new());
    for token in tokens {
        let (id, user) = (token.id().clone(), token.user_id().to_string());
        secrets.push((token.secret().expose_secret().to_owned(), user.clone()));
        book.insert(token).expect("ids differ");
        let access_token = book.issue_access_token(&id, NOW, None).expect("it is in the book");
        access_tokens.push((access_token.expose_secret().to_owned(), user));
    }
    Mutex::new(Issued { book, access_tokens, secrets })
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let mut issued = ISSUED.lock().expect("one thread");
    let Issued { book, access_tokens, secrets } = &mut *issued;
    let candidate = match access_tokens.iter().chain(secrets.iter()).nth(usize::from(choice % 8)) {
        Some((original, _)) => edited(original, rest),
        None => String::from_utf8(rest.to_vec()).ok(),
    };
    let Some(candidate) = candidate else { return };
    let owner =
        |issued: &[(String, String)]| issued.iter().find(|(text, _)| *text == candidate).map(|(_, user)| user.clone());
    let found = book.authenticate(&candidate, NOW).ok().map(|token| token.user_id().to_string());
    assert_eq!(found, owner(access_tokens), "access token {candidate:?}");
    let found = book.find_by_secret(&candidate, NOW).map(|token| token.user_id().to_string());
    assert_eq!(found, owner(secrets), "secret {candidate:?}");
});
