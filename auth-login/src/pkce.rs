//! Proof key for code exchange (RFC 7636), S256 only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use subtle::ConstantTimeEq;

/// An S256 code challenge: 43 characters of `[A-Za-z0-9_-]`, the hash of a secret that the client has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(Box<str>);

impl Challenge {
    /// Takes a challenge of the right shape.
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        shape.then(|| Self(text.into()))
    }

    /// Tells whether `verifier` is what was hashed, in constant time; 43 to 128 of `[A-Za-z0-9._~-]`, else it is not.
    pub fn matches(&self, verifier: &str) -> bool {
        let shape = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b));
        let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        shape && bool::from(hash.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(challenge: &str, verifier: &str, expected: bool) {
        assert_eq!(Challenge::parse(challenge).is_some_and(|challenge| challenge.matches(verifier)), expected);
    }

    #[test]
    fn a_verifier_must_hash_to_the_challenge() {
        // The pair of RFC 7636, appendix B.
        let (challenge, verifier) =
            ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        check(challenge, verifier, true);
        check(challenge, &verifier.replace('d', "e"), false);
        check(challenge, challenge, false);
        check(challenge, "", false);
        check(challenge.trim_start_matches('E'), verifier, false);
        check(&format!("{challenge}="), verifier, false);
        check(&challenge.replace('-', "+"), verifier, false);
    }

    #[test]
    fn a_verifier_has_a_length_and_an_alphabet() {
        let hash_of = |verifier: &str| URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        for (verifier, expected) in [
            ("a".repeat(42), false),
            ("a".repeat(43), true),
            ("~._-".repeat(32), true),
            ("a".repeat(129), false),
            ("+".repeat(43), false),
            ("é".repeat(30), false),
        ] {
            check(&hash_of(&verifier), &verifier, expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(challenge in ".*", verifier in ".*") {
            let _ = Challenge::parse(&challenge);
            prop_assert!(!Challenge::parse(&"a".repeat(43)).unwrap().matches(&verifier));
        }
    }
}
