//! A signature is good for the path and query that were signed, as another decoder reads them, and for nothing else.
#![no_main]

use std::sync::LazyLock;

use auth_login::signed_path::{DEFAULT_SECS, PathSigner};
use fuzz::{NOW, Seeded, edited};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

const TARGETS: [&str; 4] = [
    "/api/camera_proxy/camera.door?token=x",
    "/api/x?a=1&b=2&a=%26%3D",
    "/local/a%2Fb%25/%C3%A9?q=a+b%2Bc",
    "/api/history/period",
];

static SIGNER: LazyLock<PathSigner> = LazyLock::new(|| PathSigner::new(&mut Seeded(1)));
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let sign = |target| SIGNER.sign(&"token".into(), target, NOW, DEFAULT_SECS).expect("it can be signed");
    TARGETS.into_iter().map(sign).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let candidate = match SIGNED.get(usize::from(choice % 8)) {
        Some(signed) => edited(signed, rest),
        None => String::from_utf8(rest.to_vec()).ok(),
    };
    let Some(candidate) = candidate else { return };
    if let Ok(token) = SIGNER.verify("GET", &candidate, NOW) {
        assert_eq!(token.as_str(), "token");
        let meaning = meaning(&candidate);
        assert!(SIGNED.iter().any(|signed| self::meaning(signed) == meaning), "{candidate}");
        for method in ["POST", "PUT", "DELETE", "get", ""] {
            assert!(SIGNER.verify(method, &candidate, NOW).is_err(), "{method} {candidate}");
        }
        let late = NOW.plus_secs(DEFAULT_SECS.into());
        assert!(SIGNER.verify("GET", &candidate, late).is_err(), "late: {candidate}");
    }
    if let Ok(signed) = SIGNER.sign(&"token".into(), &candidate, NOW, DEFAULT_SECS) {
        let verified = SIGNER.verify("HEAD", &signed, NOW);
        assert_eq!(verified.as_ref().map(|token| token.as_str()), Ok("token"), "{signed}");
        let (was, is) = (meaning(&candidate), meaning(&signed));
        assert_eq!((was.0, was.1, was.2), (is.0, is.1, is.2), "signing changes nothing: {signed}");
    }
});

/// Returns segments and parameters of a target, decoded, without the keys that are free, and its signatures.
fn meaning(target: &str) -> (usize, Vec<Vec<u8>>, Vec<(String, String)>, Vec<String>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let segments: Vec<_> = path.split('/').map(|segment| percent_decode_str(segment).collect()).collect();
    let (mut params, mut signatures) = (Vec::new(), Vec::new());
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "width" | "height" => {}
            "authSig" => signatures.push(value.into_owned()),
            _ => params.push((key.into_owned(), value.into_owned())),
        }
    }
    (segments.len(), segments, params, signatures)
}
