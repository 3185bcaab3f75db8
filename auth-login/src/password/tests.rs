use proptest::prelude::*;

use super::*;
use crate::entropy::tests::Seeded;

/// From the reference's storage file, where the password is `owner-pass`.
const OWNER: &str = "JDJiJDEyJHVYZk0yaThBbnVpUkRxTXZ0Q0J4amVVc0k3WVpZZkZWdlk4L2k5Wmt4WlFDbVFIbkIzdEMy";

#[track_caller]
fn check(stored: &str, password: &str, expected: Verdict) {
    assert_eq!(StoredPassword::from_stored(stored.to_owned()).verify(password), expected);
}

fn bcrypt_of(password: &[u8], version: bcrypt::Version) -> String {
    bcrypt::hash_with_salt(password, 4, *b"0123456789abcdef").unwrap().format_for_version(version)
}

#[test]
fn a_new_hash_is_current_and_matches_its_password_only() {
    let stored = StoredPassword::hash_new("correct horse", &mut Seeded(1)).unwrap();
    assert!(stored.expose_for_storage().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_eq!(stored.verify("correct horse"), Verdict::Right);
    assert_eq!(stored.verify("correct horsf"), Verdict::Wrong);
    assert_eq!(stored.verify(""), Verdict::Wrong);
    let again = StoredPassword::hash_new("correct horse", &mut Seeded(2)).unwrap();
    assert_ne!(stored.expose_for_storage(), again.expose_for_storage(), "salts differ");
}

#[test]
fn a_password_from_home_assistant_is_right_but_outdated() {
    let stored = StoredPassword::from_home_assistant(OWNER).unwrap();
    assert_eq!(stored.verify("owner-pass"), Verdict::RightButOutdated);
    assert_eq!(stored.verify("owner-Pass"), Verdict::Wrong);
}

#[test]
fn bcrypt_cuts_at_72_bytes_and_nul_counts() {
    use bcrypt::Version::{TwoA, TwoB, TwoX, TwoY};
    for version in [TwoA, TwoB, TwoX, TwoY] {
        check(&bcrypt_of(b"secret", version), "secret", Verdict::RightButOutdated);
    }
    let long = "x".repeat(72);
    let stored = bcrypt_of(long.as_bytes(), TwoB);
    check(&stored, &format!("{long}tail"), Verdict::RightButOutdated);
    check(&stored, &"x".repeat(71), Verdict::Wrong);
    // The cut may split a character: only the first of é's two bytes is seen.
    let split = format!("{}é", "x".repeat(71));
    check(&bcrypt_of(split.as_bytes(), TwoB), &format!("{}è", "x".repeat(71)), Verdict::RightButOutdated);
    let nul = bcrypt_of(b"a\0b", TwoB);
    check(&nul, "a\0b", Verdict::RightButOutdated);
    check(&nul, "a\0c", Verdict::Wrong);
    check(&nul, "a", Verdict::Wrong);
}

#[test]
fn what_cannot_be_read_or_is_too_costly_is_wrong() {
    let good = StoredPassword::hash_new("pw", &mut Seeded(3)).unwrap();
    let good = good.expose_for_storage();
    check("", "", Verdict::Wrong);
    check("pw", "pw", Verdict::Wrong);
    check("$2b$12$short", "pw", Verdict::Wrong);
    check("$2b$31$0123456789012345678901234567890123456789012345678901234", "pw", Verdict::Wrong);
    check("$argon2id$v=19$m=19456,t=2,p=1$", "pw", Verdict::Wrong);
    check(&good.replace("m=19456", "m=4194304"), "pw", Verdict::Wrong);
    check(&good.replace("t=2", "t=4000000"), "pw", Verdict::Wrong);
    check(&good.replace("argon2id", "argon2i"), "pw", Verdict::Wrong);
    check(&good.replace("v=19", "v=16"), "pw", Verdict::Wrong);
    check(good, "pw", Verdict::Right);
}

#[test]
fn stored_costs_are_bounded() {
    #[track_caller]
    fn check(m: u32, t: u32, p: u32, expected: bool) {
        let stored = format!("$argon2id$v=19$m={m},t={t},p={p}$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg");
        assert_eq!(Argon2Hash::parse(&stored).is_some(), expected, "{stored}");
    }
    check(1_048_576, 16, 16, true);
    check(1_048_577, 2, 1, false);
    check(19_456, 17, 1, false);
    check(19_456, 2, 17, false);
}

#[test]
fn a_hash_with_other_parameters_is_outdated() {
    let mut out = [0; 32];
    let cost = Cost { m: 8_192, t: 1, p: 1 };
    argon2id(cost, "pw", b"0123456789abcdef", &mut out).unwrap();
    let (salt, out) = (STANDARD_NO_PAD.encode(b"0123456789abcdef"), STANDARD_NO_PAD.encode(out));
    let stored = format!("$argon2id$v=19$m=8192,t=1,p=1${salt}${out}");
    check(&stored, "pw", Verdict::RightButOutdated);
    check(&stored, "pW", Verdict::Wrong);
}

#[test]
fn imports_say_what_is_wrong() {
    #[track_caller]
    fn check(base64: &str, expected: ImportPasswordError) {
        assert_eq!(StoredPassword::from_home_assistant(base64).unwrap_err(), expected);
    }
    check("not base64!", ImportPasswordError::NotBase64);
    check(&STANDARD.encode(b"\xff\xff"), ImportPasswordError::NotBcrypt);
    check(&STANDARD.encode("hello"), ImportPasswordError::NotBcrypt);
    let costly = bcrypt_of(b"x", bcrypt::Version::TwoB).replace("$04$", "$20$");
    check(&STANDARD.encode(costly), ImportPasswordError::TooCostly(20));
}

#[test]
fn equal_work_follows_the_costliest_import() {
    let argon2 = StoredPassword::hash_new("pw", &mut Seeded(4)).unwrap();
    assert_eq!(EqualWork::among([&argon2]), EqualWork::default());
    let four = StoredPassword::from_stored(bcrypt_of(b"four", bcrypt::Version::TwoB));
    let imported = StoredPassword::from_home_assistant(OWNER).unwrap();
    let work = EqualWork::among([&argon2, &four, &imported]);
    assert_eq!(work, EqualWork { bcrypt_cost: Some(12) });
    let work = EqualWork::among([&argon2, &four]);
    assert_eq!(work.verify(Some(&argon2), "pw"), Verdict::Right);
    assert_eq!(work.verify(Some(&argon2), "pv"), Verdict::Wrong);
    assert_eq!(work.verify(Some(&four), "four"), Verdict::RightButOutdated);
    assert_eq!(work.verify(None, "pw"), Verdict::Wrong);
}

#[test]
fn nothing_secret_is_printed() {
    let stored = StoredPassword::from_home_assistant(OWNER).unwrap();
    assert_eq!(format!("{stored:?}"), "StoredPassword(hidden)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reading_any_text_never_panics(text in ".*", tail in "[$=,0-9a-zA-Z/+.]{0,80}") {
        let _ = StoredPassword::from_home_assistant(&text);
        let _ = Argon2Hash::parse(&text);
        let _ = Argon2Hash::parse(&format!("$argon2id${tail}"));
        let _ = Bcrypt { text: &format!("$2b{tail}") }.cost();
    }
}
