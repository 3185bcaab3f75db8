//! Proof key for code exchange (RFC 7636), S256 only, from the client's side.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};

/// What is kept until the code is exchanged: 43 characters, 256 random bits.
#[derive(Clone, Debug)]
pub(crate) struct Verifier(SecretString);

impl Verifier {
    /// Makes one of twice 128 random bits.
    pub(crate) fn new(mut random: impl FnMut() -> u128) -> Self {
        let bytes = [random().to_be_bytes(), random().to_be_bytes()].concat();
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// Returns what the authorize URL says of it.
    pub(crate) fn challenge(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.0.expose_secret().as_bytes());
        URL_SAFE_NO_PAD.encode(hash)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = Verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    proptest! {
        #[test]
        fn a_verifier_has_the_length_and_alphabet_of_the_rfc(a: u128, b: u128) {
            let mut bits = [a, b].into_iter();
            let verifier = Verifier::new(|| bits.next().unwrap());
            let text = verifier.expose();
            prop_assert_eq!(text.len(), 43);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
            let shown = format!("{verifier:?}");
            prop_assert!(!shown.contains(text));
        }
    }
}
