use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::entropy::tests::Seeded;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn grant(challenge: Option<&str>) -> Grant {
    Grant {
        credential_id: "c".into(),
        client_id: "https://x/".to_owned(),
        redirect_uri: Some("https://x/cb".to_owned()),
        challenge: challenge.and_then(Challenge::parse),
    }
}

fn issue(challenge: Option<&str>) -> (CodeBook, String) {
    let mut book = CodeBook::new();
    let code = book.issue(grant(challenge), NOW, &mut Seeded(1)).expose_secret().to_owned();
    assert_eq!(code.len(), 32);
    (book, code)
}

fn plain(code: &str) -> Redemption<'_> {
    Redemption { client_id: "https://x/", code, verifier: None, redirect_uri: None }
}

const SPENT: Result<Grant, RedeemError> = Err(RedeemError::AlreadyUsed { refresh_token: None });

#[track_caller]
fn check(book: &mut CodeBook, request: Redemption<'_>, now: Timestamp, expected: Result<Grant, RedeemError>) {
    assert_eq!(book.redeem(request, now).map(|redeemed| redeemed.grant), expected);
}

#[test]
fn a_code_works_once() {
    let (mut book, code) = issue(None);
    check(&mut book, plain(&code), NOW, Ok(grant(None)));
    check(&mut book, plain(&code), NOW, SPENT);
    check(&mut book, plain("nonsense"), NOW, Err(RedeemError::InvalidCode));
}

#[test]
fn a_code_lasts_ten_minutes() {
    for (later, works) in [(-11, false), (-10, true), (599, true), (600, false), (4000, false)] {
        let (mut book, code) = issue(None);
        let expected = if works { Ok(grant(None)) } else { Err(RedeemError::InvalidCode) };
        check(&mut book, plain(&code), NOW.plus_secs(later), expected);
    }
}

#[test]
fn another_client_cannot_use_it_up() {
    let (mut book, code) = issue(None);
    for client_id in ["https://x", "https://y/", "", "HTTPS://x/"] {
        check(&mut book, Redemption { client_id, ..plain(&code) }, NOW, Err(RedeemError::InvalidCode));
    }
    check(&mut book, plain(&code), NOW, Ok(grant(None)));
}

#[test]
fn every_other_failure_spends_it() {
    #[track_caller]
    fn fails(challenge: Option<&str>, verifier: Option<&str>, redirect_uri: Option<&str>, expected: RedeemError) {
        let (mut book, code) = issue(challenge);
        let request = Redemption { verifier, redirect_uri, ..plain(&code) };
        check(&mut book, request, NOW, Err(expected));
        let right = Redemption { verifier: challenge.map(|_| VERIFIER), ..plain(&code) };
        check(&mut book, right, NOW, SPENT);
    }
    fails(Some(CHALLENGE), None, None, RedeemError::VerifierRequired);
    fails(Some(CHALLENGE), Some(""), None, RedeemError::InvalidVerifier);
    fails(Some(CHALLENGE), Some(CHALLENGE), None, RedeemError::InvalidVerifier);
    fails(None, Some(VERIFIER), None, RedeemError::UnexpectedVerifier);
    fails(None, None, Some("https://x/cb2"), RedeemError::RedirectMismatch);
    let (mut book, code) = issue(Some(CHALLENGE));
    let right = Redemption { verifier: Some(VERIFIER), redirect_uri: Some("https://x/cb"), ..plain(&code) };
    check(&mut book, right, NOW, Ok(grant(Some(CHALLENGE))));
}

#[test]
fn a_second_use_names_what_the_first_gave() {
    let (mut book, code) = issue(None);
    let redeemed = book.redeem(plain(&code), NOW).unwrap();
    assert_eq!(book.record(&redeemed, &"token".into()), Recorded::Kept);
    let replay = Err(RedeemError::AlreadyUsed { refresh_token: Some("token".into()) });
    check(&mut book, plain(&code), NOW.plus_secs(3599), replay);
    check(&mut book, plain(&code), NOW.plus_secs(3600), Err(RedeemError::InvalidCode));
}

#[test]
fn a_second_use_before_the_token_exists_revokes_it_at_once() {
    let (mut book, code) = issue(None);
    let redeemed = book.redeem(plain(&code), NOW).unwrap();
    check(&mut book, plain(&code), NOW, SPENT);
    assert_eq!(book.record(&redeemed, &"token".into()), Recorded::RevokeNow);
}

#[test]
fn memory_is_bounded() {
    let mut book = CodeBook::new();
    let mut entropy = Seeded(7);
    let first = book.issue(grant(None), NOW, &mut entropy);
    let second = book.issue(grant(None), NOW, &mut entropy);
    for _ in 0..MAX_CODES - 1 {
        let _ = book.issue(grant(None), NOW, &mut entropy);
    }
    assert_eq!((book.n_codes(), book.oldest_first.len()), (MAX_CODES, MAX_CODES));
    check(&mut book, plain(first.expose_secret()), NOW, Err(RedeemError::InvalidCode));
    check(&mut book, plain(second.expose_secret()), NOW, Ok(grant(None)));
    let _ = book.issue(grant(None), NOW.plus_secs(SPENT_CODE_SECS), &mut entropy);
    assert_eq!((book.n_codes(), book.oldest_first.len()), (1, 1));
}

proptest! {
    #[test]
    fn no_code_ever_works_twice(steps in prop::collection::vec((0_u8..4, 0_usize..8, -5_i64..300), 1..120)) {
        let (mut book, mut entropy, mut now) = (CodeBook::new(), Seeded(3), NOW);
        let mut codes: Vec<(String, Timestamp)> = Vec::new();
        let mut used = BTreeSet::new();
        for (what, which, pause) in steps {
            now = now.plus_secs(pause);
            if what == 0 || codes.is_empty() {
                codes.push((book.issue(grant(None), now, &mut entropy).expose_secret().to_owned(), now));
                continue;
            }
            let (code, issued_at) = &codes[which % codes.len()];
            let verifier = (what == 1).then_some(VERIFIER);
            let worked = book.redeem(Redemption { verifier, ..plain(code) }, now).is_ok();
            let in_time = (-10..600).contains(&now.secs_since(*issued_at));
            let first = used.insert(code.clone());
            prop_assert_eq!(worked, first && in_time && verifier.is_none());
        }
    }
}
