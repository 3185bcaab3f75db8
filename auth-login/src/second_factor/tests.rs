use super::*;
use crate::entropy::tests::Seeded;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn factor() -> (SecondFactor, RecoveryCodes, TotpSecret) {
    let mut entropy = Seeded(3);
    let secret = TotpSecret::new(&mut entropy);
    let (factor, codes) = SecondFactor::new("u".into(), secret.clone(), TotpStep::at(NOW), NOW, &mut entropy);
    (factor, codes, secret)
}

#[test]
fn a_code_is_good_once_and_the_proof_was_one() {
    let (mut factor, _, secret) = factor();
    let code = |secs| secret.code(TotpStep::at(NOW.plus_secs(secs)));
    assert_eq!(factor.take(&code(0), NOW), None, "it proved that the app has the secret");
    assert_eq!(factor.take(&code(30), NOW.plus_secs(30)), Some(Shown::Code));
    assert_eq!(factor.take(&code(30), NOW.plus_secs(31)), None);
    let mut spaced = code(60);
    spaced.insert(3, ' ');
    assert_eq!(factor.take(&spaced, NOW.plus_secs(60)), Some(Shown::Code), "as apps show it");
}

#[test]
fn recovery_codes_are_good_once_each() {
    let (mut factor, codes, _) = factor();
    let distinct: std::collections::BTreeSet<_> = codes.0.iter().collect();
    assert_eq!((distinct.len(), codes.0[0].len()), (N_RECOVERY, 19), "{:?}", codes.0);
    let typed = codes.0[3].to_uppercase().replace('-', " ");
    assert_eq!(factor.take(&typed, NOW), Some(Shown::Recovery { left: 9 }));
    assert_eq!(factor.take(&codes.0[3], NOW), None);
    assert_eq!(factor.take(&codes.0[4], NOW), Some(Shown::Recovery { left: 8 }));
    for wrong in ["", "----", "aaaa-aaaa-aaaa-aaaa"] {
        assert_eq!(factor.take(wrong, NOW), None);
    }
    let renewed = factor.renew_recovery(&mut Seeded(3));
    assert_eq!(factor.take(&codes.0[5], NOW), None, "the old ones are good no more");
    assert!(factor.take(&renewed.0[0], NOW).is_some());
}

#[test]
fn what_is_stored_comes_back_and_shows_nothing() {
    let (mut factor, codes, secret) = factor();
    factor.take(&codes.0[0], NOW);
    let text = serde_json::to_string(&factor.for_storage()).unwrap();
    assert!(codes.0.iter().all(|code| !text.contains(code.as_str())));
    let mut again = serde_json::from_str::<StoredFactor>(&text).unwrap().into_factor().unwrap();
    assert_eq!((again.user_id().as_str(), again.n_recovery(), again.created_at()), ("u", 9, NOW));
    assert_eq!(again.take(&secret.code(TotpStep::at(NOW)), NOW), None, "still used");
    assert!(again.take(&codes.0[1], NOW).is_some());
    let shown = format!("{factor:?} {:?} {codes:?}", factor.for_storage());
    assert!(!shown.contains(&secret.expose()) && !shown.contains(&codes.0[1]), "{shown}");
}
