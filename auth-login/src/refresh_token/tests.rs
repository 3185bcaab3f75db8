use super::*;
use crate::entropy::tests::Seeded;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn session() -> RefreshToken {
    RefreshToken::new_normal("u".into(), "c".into(), "https://x/", NOW, &mut Seeded(1))
}

#[test]
fn secrets_are_128_hex_digits_and_all_different() {
    let token = session();
    let stored = token.for_storage();
    let (secret, key) = (stored.token.expose_secret(), stored.jwt_key.expose_secret());
    for (text, length) in [(secret, 128), (key, 128), (stored.id.as_str(), 32)] {
        assert_eq!(text.len(), length);
        assert!(text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    }
    assert_ne!(secret, key);
    assert_ne!(secret, RefreshToken::new_system("u".into(), NOW, &mut Seeded(2)).secret().expose_secret());
}

#[test]
fn each_kind_has_its_lifetimes() {
    #[track_caller]
    fn check(token: &RefreshToken, kind: &str, expire_in: Option<i64>, access_secs: i64) {
        assert_eq!(token.kind().as_str(), kind);
        assert_eq!(token.expire_at(), expire_in.map(|secs| NOW.plus_secs(secs)));
        assert_eq!(token.access_token_secs(), access_secs);
    }
    let long = |days| RefreshToken::new_long_lived("u".into(), "robot", None, days, NOW, &mut Seeded(1));
    check(&session(), "normal", Some(7_776_000), 1800);
    check(&RefreshToken::new_system("u".into(), NOW, &mut Seeded(1)), "system", None, 1800);
    check(&long(3650), "long_lived_access_token", None, 315_360_000);
    check(&long(0), "long_lived_access_token", None, 86_400);
    check(&long(u32::MAX), "long_lived_access_token", None, 36_525 * 86_400);
}

#[test]
fn use_moves_the_end_unless_it_never_ends() {
    let mut token = session();
    let later = NOW.plus_secs(1000);
    token.touch(later, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(token.expire_at(), Some(later.plus_secs(SESSION_SECS)));
    assert!(!token.is_expired(later.plus_secs(SESSION_SECS - 1)));
    assert!(token.is_expired(later.plus_secs(SESSION_SECS)));
    token.set_expiry(Expiry::Never, later);
    token.touch(later.plus_secs(5), None);
    assert_eq!(token.expire_at(), None);
    assert_eq!(token.for_storage().last_used_ip, Some("192.0.2.1".parse().unwrap()));
    token.set_expiry(Expiry::Sliding, later.plus_secs(500));
    assert_eq!(token.expire_at(), Some(later.plus_secs(5 + SESSION_SECS)), "counted from the last use");
    token.set_expiry(Expiry::Sliding, later.plus_secs(900));
    assert_eq!(token.expire_at(), Some(later.plus_secs(5 + SESSION_SECS)), "an end that is set stays");
}

#[test]
fn the_storage_form_reads_back_and_debug_hides_secrets() {
    let token = session();
    let json = serde_json::to_string(token.for_storage()).unwrap();
    let back = serde_json::from_str::<StoredRefreshToken>(&json).unwrap().into_token().unwrap();
    assert_eq!(serde_json::to_string(back.for_storage()).unwrap(), json);
    assert!(json.contains(r#""kind":"normal""#) && json.contains(token.secret().expose_secret()));
    let debug = format!("{token:?}");
    assert!(!debug.contains(token.secret().expose_secret()) && !debug.contains(token.jwt_key()));
}

#[test]
fn unfit_records_are_refused() {
    #[track_caller]
    fn check(spoil: impl FnOnce(&mut StoredRefreshToken), expected: StoredTokenError) {
        let mut stored = session().for_storage().clone();
        spoil(&mut stored);
        assert_eq!(stored.into_token().unwrap_err(), expected);
    }
    check(|t| t.id = "".into(), StoredTokenError::NoId);
    check(|t| t.jwt_key = "".into(), StoredTokenError::WeakSecret);
    check(|t| t.token = "short".into(), StoredTokenError::WeakSecret);
    check(|t| t.access_token_expiration = 0, StoredTokenError::NoLifetime);
}
