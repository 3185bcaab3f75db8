use proptest::prelude::*;

use super::*;
use crate::{entropy::tests::Seeded, refresh_token::SESSION_SECS};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn session(seed: u64, user: &str, credential: &str) -> RefreshToken {
    RefreshToken::new_normal(user.into(), credential.into(), "https://x/", NOW, &mut Seeded(seed))
}

fn long_lived(seed: u64, user: &str, name: &str) -> RefreshToken {
    RefreshToken::new_long_lived(user.into(), name, None, 10, NOW, &mut Seeded(seed))
}

fn book(tokens: impl IntoIterator<Item = RefreshToken>) -> TokenBook {
    let mut book = TokenBook::new(&mut Seeded(99));
    for token in tokens {
        book.insert(token).unwrap();
    }
    book
}

#[track_caller]
fn check(book: &mut TokenBook, access_token: &SecretString, now: Timestamp, expected: Result<&str, AccessTokenError>) {
    let found = book.authenticate(access_token.expose_secret(), now);
    assert_eq!(found.map(|token| token.user_id().as_str()), expected);
}

#[test]
fn an_access_token_names_its_session_until_either_ends() {
    let ann = session(1, "ann", "c");
    let id = ann.id().clone();
    let mut book = book([ann, session(2, "bob", "d")]);
    let access = book.issue_access_token(&id, NOW, None).unwrap();
    check(&mut book, &access, NOW, Ok("ann"));
    check(&mut book, &access, NOW.plus_secs(1809), Ok("ann"));
    check(&mut book, &access, NOW.plus_secs(1810), Err(AccessTokenError::Expired));
    book.remove(&id).unwrap();
    check(&mut book, &access, NOW, Err(AccessTokenError::UnknownIssuer));
}

#[test]
fn an_ended_session_is_refused_before_it_is_swept() {
    let ann = session(1, "ann", "c");
    let (id, secret) = (ann.id().clone(), ann.secret().clone());
    let mut book = book([ann]);
    let end = NOW.plus_secs(SESSION_SECS);
    let access = book.get(&id).unwrap().issue_access_token(end);
    check(&mut book, &access, end, Err(AccessTokenError::Expired));
    assert!(book.find_by_secret(secret.expose_secret(), end).is_none());
    assert!(book.get_live(&id, end).is_none());
    assert_eq!(book.issue_access_token(&id, end, None).unwrap_err(), UnknownToken);
    assert_eq!(book.next_expiry(), Some(end));
    assert_eq!(book.sweep(end.plus_secs(-1)), []);
    assert_eq!(book.sweep(end), [id]);
    assert_eq!(book.next_expiry(), None);
}

#[test]
fn secrets_find_their_token_only() {
    let (ann, bob) = (session(1, "ann", "c"), session(2, "bob", "d"));
    let secret = ann.secret().expose_secret().to_owned();
    let mut book = book([ann, bob]);
    let find = |book: &TokenBook, secret: &str| book.find_by_secret(secret, NOW).map(|t| t.user_id().to_string());
    assert_eq!(find(&book, &secret), Some("ann".to_owned()));
    assert_eq!(find(&book, secret.strip_suffix(|_: char| true).unwrap()), None);
    assert_eq!(find(&book, &secret.to_uppercase()), None);
    assert_eq!(find(&book, &"a".repeat(100_000)), None);
    assert_eq!(find(&book, ""), None);
    assert!(book.revoke_secret(&secret).is_some());
    assert!(book.revoke_secret(&secret).is_none());
    assert_eq!(find(&book, &secret), None);
}

#[test]
fn long_lived_names_are_unique_to_a_user() {
    let mut book = book([long_lived(1, "ann", "robot"), long_lived(2, "bob", "robot"), session(3, "ann", "c")]);
    assert_eq!(book.insert(long_lived(4, "ann", "robot")).unwrap_err(), InsertTokenError::DuplicateName);
    book.insert(long_lived(5, "ann", "clock")).unwrap();
    assert_eq!(book.insert(session(3, "ann", "c")).unwrap_err(), InsertTokenError::Duplicate);
    assert_eq!(book.of_user(&"ann".into()).len(), 3);
}

#[test]
fn removals_tell_what_they_removed() {
    let tokens = [session(1, "ann", "c1"), session(2, "ann", "c2"), session(3, "bob", "c3"), session(4, "ann", "c1")];
    let ids: Vec<_> = tokens.iter().map(|token| token.id().clone()).collect();
    let mut book = book(tokens);
    let mut expected = vec![ids[0].clone(), ids[3].clone()];
    expected.sort();
    assert_eq!(book.remove_credential(&"c1".into()), expected);
    assert_eq!(book.remove_user(&"ann".into()), [ids[1].clone()]);
    assert_eq!(book.remove_user(&"ann".into()), []);
    assert_eq!(book.iter().map(|token| token.id().clone()).collect::<Vec<_>>(), [ids[2].clone()]);
}

#[test]
fn a_session_cannot_speak_for_another() {
    let (ann, bob) = (session(1, "ann", "c"), session(2, "bob", "d"));
    let forged = access_token::issue(ann.id(), bob.jwt_key(), NOW, 1800);
    check(&mut book([ann, bob]), &forged, NOW, Err(AccessTokenError::BadSignature));
}

proptest! {
    #[test]
    fn the_indexes_agree_after_any_changes(steps in prop::collection::vec((0_u64..12, 0_u8..4), 0..60)) {
        let mut book = book([]);
        for (seed, what) in steps {
            let token = session(seed, ["ann", "bob"][(seed % 2) as usize], ["c", "d", "e"][(seed % 3) as usize]);
            match what {
                0 | 1 => drop(book.insert(token)),
                2 => drop(book.remove(token.id())),
                _ => drop(book.remove_credential(token.credential_id().unwrap())),
            }
            prop_assert_eq!(book.tokens.len(), book.by_secret.len());
            for token in book.iter() {
                let found = book.find_by_secret(token.secret().expose_secret(), NOW);
                prop_assert_eq!(found.map(RefreshToken::id), Some(token.id()));
            }
        }
    }

    #[test]
    fn any_text_authenticates_nobody(text in ".*") {
        prop_assert!(book([session(1, "ann", "c")]).authenticate(&text, NOW).is_err());
    }
}

#[test]
fn a_token_that_was_seen_before_is_looked_at_as_closely() {
    let ann = session(1, "ann", "c");
    let id = ann.id().clone();
    let mut book = book([ann.clone()]);
    let access = book.issue_access_token(&id, NOW, None).unwrap();
    for _ in 0..3 {
        check(&mut book, &access, NOW, Ok("ann"));
        // Changed in the signature, and in the rest.
        let text = access.expose_secret();
        for at in [text.len() - 1, text.len() / 2] {
            let mut forged = text.to_owned().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = SecretString::from(String::from_utf8(forged).unwrap());
            assert!(book.authenticate(forged.expose_secret(), NOW).is_err());
        }
    }
    check(&mut book, &access, NOW.plus_secs(1810), Err(AccessTokenError::Expired));
    check(&mut book, &access, NOW.plus_secs(-11), Err(AccessTokenError::NotYetValid));
    check(&mut book, &access, NOW, Ok("ann"));
    book.remove(&id).unwrap();
    check(&mut book, &access, NOW, Err(AccessTokenError::UnknownIssuer));
    let long = "x".repeat(9000);
    assert_eq!(book.authenticate(&long, NOW).map(|_| ()), Err(AccessTokenError::Malformed));
}

#[test]
fn a_session_that_shows_its_secret_each_time_is_kept_as_used_once_a_minute() {
    let (ann, program) = (session(1, "ann", "c"), long_lived(2, "ann", "p"));
    let (id, of_program) = (ann.id().clone(), program.id().clone());
    let mut book = book([ann, program]);
    let ip: IpAddr = "192.0.2.1".parse().unwrap();
    book.note_session(&id, ip, NOW);
    assert_eq!(book.take_used(), std::slice::from_ref(&id));
    assert_eq!(book.get(&id).unwrap().expire_at(), Some(NOW.plus_secs(SESSION_SECS)));
    book.note_session(&id, ip, NOW.plus_secs(59));
    assert_eq!(book.take_used(), []);
    book.note_session(&id, ip, NOW.plus_secs(60));
    assert_eq!(book.take_used(), std::slice::from_ref(&id));
    assert_eq!(book.get(&id).unwrap().expire_at(), Some(NOW.plus_secs(60 + SESSION_SECS)));
    // From elsewhere at once; of programs never here.
    book.note_session(&id, "192.0.2.2".parse().unwrap(), NOW.plus_secs(61));
    book.note_session(&of_program, ip, NOW);
    assert_eq!(book.take_used(), [id]);
}

#[test]
fn sessions_are_listed_by_their_last_use() {
    let tokens = [session(1, "ann", "c"), session(2, "ann", "c"), session(3, "ann", "d"), session(4, "bob", "e")];
    let ids: Vec<_> = tokens.iter().map(|token| token.id().clone()).collect();
    let program = long_lived(5, "ann", "p");
    let of_program = program.id().clone();
    let mut book = book(tokens.into_iter().chain([program]));
    let ip: IpAddr = "192.0.2.1".parse().unwrap();
    let listed = |book: &TokenBook| -> Vec<usize> {
        let sessions = book.sessions_by_use(&"ann".into());
        sessions.iter().map(|token| ids.iter().position(|id| id == token.id()).unwrap()).collect()
    };
    book.issue_access_token(&ids[1], NOW.plus_secs(3), None).unwrap();
    book.issue_access_token(&ids[0], NOW.plus_secs(5), None).unwrap();
    assert_eq!(listed(&book), [2, 1, 0], "one that was never used counts from when it was made");
    // An open socket uses its session, and says so in no record.
    book.note_use(&ids[1], ip, NOW.plus_secs(6));
    book.note_use(&ids[2], ip, NOW.plus_secs(4));
    assert_eq!(listed(&book), [2, 0, 1]);
    assert_eq!(book.take_used(), []);
    book.note_use(&of_program, ip, NOW.plus_secs(7));
    assert_eq!(book.take_used(), [of_program]);
    book.remove(&ids[0]).unwrap();
    assert_eq!(listed(&book), [2, 1]);
}
