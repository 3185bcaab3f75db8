//! Compact JSON web tokens signed with HMAC-SHA-256, and nothing more of that large standard.
//!
//! Access tokens and signed paths are both made of this. Reading is in two steps that cannot be taken in the wrong
//! order by accident: [`Unsigned::parse`] gives claims to look a key up with, [`Unsigned::verify`] gives claims to
//! believe.

use auth_core::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// A token longer than this, in bytes, is not read. Home Assistant's limit.
pub(crate) const MAX_LEN: usize = 8192;

/// What every token of ours tells about time: whole seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// Where a moment lies relative to a [`Lifetime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Early,
    Valid,
    Expired,
}

impl Lifetime {
    /// Compares as PyJWT does: too early if `iat > now + leeway`, expired if `exp <= now - leeway`.
    pub(crate) fn phase(self, now: Timestamp, leeway_secs: i64) -> Phase {
        if Timestamp::from_secs(self.exp) <= now.plus_secs(-leeway_secs) {
            return Phase::Expired;
        }
        if Timestamp::from_secs(self.iat) > now.plus_secs(leeway_secs) {
            return Phase::Early;
        }
        Phase::Valid
    }
}

/// Signs `claims`; the header is always `{"alg":"HS256","typ":"JWT"}`.
pub(crate) fn sign(claims: &Value, key: &[u8]) -> String {
    let mut token = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut token);
    token
}

/// A well-formed token whose signature has not been looked at.
pub(crate) struct Unsigned<'a, C> {
    signed: &'a str,
    signature: Vec<u8>,
    claims: C,
}

/// The text is not a token: too long, not three parts, not canonical base64, or not the expected JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a, C: DeserializeOwned> Unsigned<'a, C> {
    /// Takes a token apart. O(length), at most [`MAX_LEN`] bytes.
    ///
    /// Stricter than PyJWT in what no honest token needs: base64 must be canonical (so one signature has one
    /// spelling), the header holds `alg` and `typ` only, and claims are exactly those of `C` where `C` says so.
    pub(crate) fn parse(token: &'a str) -> Result<Self, Malformed> {
        if token.len() > MAX_LEN {
            return Err(Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Malformed)?;
        let header: Header = decode(header)?;
        if header.alg != "HS256" || header.typ.is_some_and(|typ| typ != "JWT") {
            return Err(Malformed);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Malformed)?;
        Ok(Self { signed, signature, claims: decode(claims)? })
    }

    /// Returns the claims, which anybody may have written: good for looking a key up, for nothing else.
    pub(crate) fn unverified_claims(&self) -> &C {
        &self.claims
    }

    /// Returns the claims if the signature was made with `key`. Compares in constant time; an empty key signs nothing.
    pub(crate) fn verify(self, key: &[u8]) -> Option<C> {
        let hmac_key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let genuine = hmac::verify(&hmac_key, self.signed.as_bytes(), &self.signature).is_ok();
        (genuine && !key.is_empty()).then_some(self.claims)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: Option<String>,
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, Malformed> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(token: &str, key: &[u8], expected: Option<Value>) {
        assert_eq!(Unsigned::<Value>::parse(token).ok().and_then(|token| token.verify(key)), expected);
    }

    fn with_header(header: &str, key: &[u8]) -> String {
        let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(tag));
        token
    }

    #[test]
    fn only_hs256_with_a_key_is_believed() {
        check(&with_header(r#"{"alg":"HS256","typ":"JWT"}"#, b"k"), b"k", Some(json!({})));
        check(&with_header(r#"{"typ":"JWT","alg":"HS256"}"#, b"k"), b"k", Some(json!({})));
        check(&with_header(r#"{"alg":"HS256"}"#, b"k"), b"k", Some(json!({})));
        check(&with_header(r#"{"alg":"HS256","typ":"JWT"}"#, b"k"), b"other", None);
        check(&with_header(r#"{"alg":"none","typ":"JWT"}"#, b"k"), b"k", None);
        check(&with_header(r#"{"alg":"hs256","typ":"JWT"}"#, b"k"), b"k", None);
        check(&with_header(r#"{"alg":"HS512","typ":"JWT"}"#, b"k"), b"k", None);
        check(&with_header(r#"{"alg":"HS256","typ":"JWE"}"#, b"k"), b"k", None);
        check(&with_header(r#"{"alg":"HS256","alg":"none"}"#, b"k"), b"k", None);
        check(&with_header(r#"{"alg":"HS256","crit":["x"]}"#, b"k"), b"k", None);
        check(&with_header(r#"{"typ":"JWT"}"#, b"k"), b"k", None);
        check(&with_header(r#"{"alg":"HS256"}"#, b""), b"", None);
    }

    #[test]
    fn shape_and_length_are_checked() {
        for token in ["", ".", "..", "...", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."] {
            check(token, b"k", None);
        }
        let good = sign(&json!({"a": 1}), b"k");
        check(&good, b"k", Some(json!({"a": 1})));
        check(&format!("{good}."), b"k", None);
        check(&format!("{good}="), b"k", None);
        check(&format!(" {good}"), b"k", None);
        let longest = sign(&json!({"a": "x".repeat(6075)}), b"k");
        assert_eq!(longest.len(), MAX_LEN);
        check(&longest, b"k", Some(json!({"a": "x".repeat(6075)})));
        check(&sign(&json!({"a": "x".repeat(6076)}), b"k"), b"k", None);
    }

    #[test]
    fn phases_are_those_of_pyjwt() {
        #[track_caller]
        fn check(now_micros: i64, leeway: i64, expected: Phase) {
            let lifetime = Lifetime { iat: 100, exp: 200 };
            assert_eq!(lifetime.phase(Timestamp::from_micros(now_micros), leeway), expected);
        }
        check(99_999_999, 0, Phase::Early);
        check(100_000_000, 0, Phase::Valid);
        check(199_999_999, 0, Phase::Valid);
        check(200_000_000, 0, Phase::Expired);
        check(89_999_999, 10, Phase::Early);
        check(90_000_000, 10, Phase::Valid);
        check(209_999_999, 10, Phase::Valid);
        check(210_000_000, 10, Phase::Expired);
        check(i64::MAX, 10, Phase::Expired);
        check(i64::MIN, 10, Phase::Early);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(token in ".*", parts in prop::collection::vec("[A-Za-z0-9_=-]{0,20}", 0..5)) {
            let _ = Unsigned::<Value>::parse(&token);
            let _ = Unsigned::<Value>::parse(&parts.join("."));
        }

        #[test]
        fn what_is_signed_is_read_back(text in ".*", number: i64, key in prop::collection::vec(any::<u8>(), 1..80)) {
            let claims = json!({"text": text, "number": number});
            let token = sign(&claims, &key);
            prop_assert_eq!(Unsigned::<Value>::parse(&token).unwrap().verify(&key), Some(claims));
        }

        #[test]
        fn any_changed_byte_is_refused(at: prop::sample::Index, byte in 0x20_u8..0x7f) {
            let token = sign(&json!({"iss": "abc", "iat": 1, "exp": 2}), b"key");
            let mut changed = token.clone().into_bytes();
            let at = at.index(changed.len());
            prop_assume!(changed[at] != byte);
            changed[at] = byte;
            let changed = String::from_utf8(changed).unwrap();
            prop_assert!(Unsigned::<Value>::parse(&changed).ok().and_then(|token| token.verify(b"key")).is_none());
        }
    }
}
