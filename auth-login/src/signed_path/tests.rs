use proptest::prelude::*;

use super::*;
use crate::entropy::tests::Seeded;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn signer() -> PathSigner {
    PathSigner::new(&mut Seeded(1))
}

fn sign(target: &str) -> String {
    signer().sign(&"token".into(), target, NOW, DEFAULT_SECS).unwrap()
}

#[track_caller]
fn check(method: &str, target: &str, later: i64, expected: Result<&str, SignedPathError>) {
    let found = signer().verify(method, target, NOW.plus_secs(later));
    assert_eq!(found.as_ref().map(TokenId::as_str), expected.as_ref().copied(), "{target}");
}

#[test]
fn a_signed_path_names_its_token_for_a_while() {
    let signed = sign("/api/camera_proxy/camera.door?token=x");
    assert!(signed.starts_with("/api/camera_proxy/camera.door?token=x&authSig=ey"));
    check("GET", &signed, 0, Ok("token"));
    check("HEAD", &signed, 29, Ok("token"));
    check("GET", &signed, 30, Err(SignedPathError::Expired));
    check("GET", &signed, -1, Err(SignedPathError::NotYetValid));
    for method in ["POST", "PUT", "DELETE", "get", "OPTIONS", ""] {
        check(method, &signed, 0, Err(SignedPathError::Method));
    }
    let restarted = PathSigner::new(&mut Seeded(2));
    assert_eq!(restarted.verify("GET", &signed, NOW), Err(SignedPathError::BadSignature));
}

#[test]
fn width_and_height_are_free() {
    let signed = sign("/api/x?width=1&a=b&height=2");
    assert!(signed.starts_with("/api/x?a=b&authSig="));
    check("GET", &format!("{signed}&width=300"), 0, Ok("token"));
    check("GET", &signed.replace("?a=b", "?height=5&a=b&width=1"), 0, Ok("token"));
    check("GET", &format!("{signed}&depth=300"), 0, Err(SignedPathError::OtherPath));
}

#[test]
fn any_other_difference_fails() {
    let signed = sign("/api/x?a=1&b=2");
    let other = Err(SignedPathError::OtherPath);
    check("GET", &signed.replace("a=1", "a=2"), 0, other);
    check("GET", &signed.replace("a=1&b=2", "b=2&a=1"), 0, other);
    check("GET", &signed.replace("a=1&", ""), 0, other);
    check("GET", &signed.replace("a=1", "a=1&a=1"), 0, other);
    check("GET", &signed.replace("/api/x", "/api/y"), 0, other);
    check("GET", &signed.replace("/api/x", "/api/x/"), 0, other);
    check("GET", &signed.replace("/api/x", "/API/x"), 0, other);
    check("GET", &signed.replace("/api/x", "/api/%78"), 0, Ok("token"));
    check("GET", &format!("{signed}&{}", signed.split('&').next_back().unwrap()), 0, Err(SignedPathError::Malformed));
    check("GET", "/api/x?a=1&b=2", 0, Err(SignedPathError::NotSigned));
    check("GET", "/api/x?authSig=", 0, Err(SignedPathError::Malformed));
    check("GET", &signed.replace("/api/x", "/api/./x"), 0, Err(SignedPathError::Malformed));
}

#[test]
fn different_paths_stay_different() {
    let encoded = sign("/media/a%2Fb");
    check("GET", &encoded, 0, Ok("token"));
    check("GET", &encoded.replace("%2F", "%2f"), 0, Ok("token"));
    check("GET", &encoded.replace("%2F", "/"), 0, Err(SignedPathError::OtherPath));
    check("GET", &encoded.replace("%2F", "%252F"), 0, Err(SignedPathError::OtherPath));
    check("GET", &sign("/media/b%C3%BCcher und mehr"), 0, Ok("token"));
    check("GET", &sign("/x?q=a%26b%3Dc+d&e"), 0, Ok("token"));
}

#[test]
fn what_might_be_misread_is_not_signed() {
    for target in [
        "",
        "x",
        "//evil.example/x",
        "https://evil.example/",
        "/a/../b",
        "/a/%2e%2e/b",
        "/./a",
        "/a#b",
        "/a\\b",
        "/%",
        "/%4",
        "/%zz",
        "/%ff",
        "/%00",
        "/a?b=%ff",
        "/a\nb",
    ] {
        assert_eq!(signer().sign(&"token".into(), target, NOW, 30), Err(UnsignablePath), "{target}");
    }
    assert_eq!(signer().sign(&"token".into(), &format!("/{}", "x".repeat(8000)), NOW, 30), Err(UnsignablePath));
}

#[test]
fn an_old_signature_is_replaced_and_odd_lifetimes_are_kept() {
    let twice = sign(&sign("/api/x?a=1"));
    assert_eq!(twice.matches(SIGNATURE_KEY).count(), 1);
    check("GET", &twice, 0, Ok("token"));
    let never = signer().sign(&"token".into(), "/x", NOW, 0).unwrap();
    check("GET", &never, 0, Err(SignedPathError::Expired));
    let long = signer().sign(&"token".into(), "/x", NOW, u32::MAX).unwrap();
    check("GET", &long, u32::MAX as i64 - 1, Ok("token"));
}

proptest! {
    #[test]
    fn what_is_signed_verifies(path in "(/[a-zA-Z0-9 é._~%25-]{1,8}){1,4}", query in prop::collection::vec((".{0,6}", ".{0,6}"), 0..4)) {
        let path = path.replace('%', "%25");
        let query: Vec<_> = query.iter().map(|(k, v)| format!("{}={}", encode_component(k), encode_component(v))).collect();
        let target = format!("{path}?{}", query.join("&"));
        if let Ok(signed) = signer().sign(&"token".into(), &target, NOW, 30) {
            prop_assert_eq!(signer().verify("GET", &signed, NOW), Ok("token".into()));
        }
    }

    #[test]
    fn any_changed_byte_is_refused(at: prop::sample::Index, byte in 0x21_u8..0x7f) {
        let signed = sign("/api/x?a=1&b=2");
        let mut changed = signed.clone().into_bytes();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        prop_assert!(signer().verify("GET", &String::from_utf8(changed).unwrap(), NOW).is_err());
    }

    #[test]
    fn any_text_is_read_without_panic(target in ".*", tail in "[a-z%/?&=+.]{0,30}") {
        let _ = signer().verify("GET", &target, NOW);
        let _ = signer().sign(&"token".into(), &target, NOW, 1);
        let forged = format!("/{tail}&authSig={tail}");
        prop_assert!(signer().verify("GET", &forged, NOW).is_err());
    }
}
