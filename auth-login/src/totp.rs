//! One-time codes from the clock (RFC 6238), as authenticator apps make them: SHA-1, six digits, thirty seconds.
//!
//! Made here and not by a library because a check has to say which step it found, so that a code is good once, and because
//! nothing here may read a clock.

use auth_core::Timestamp;
use ring::hmac;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::entropy::{self, Entropy};

/// The length of a step in seconds.
pub const STEP_SECS: i64 = 30;

/// The secret that an app and the hub share.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

/// A number of steps since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct TotpStep(i64);

impl TotpSecret {
    /// Makes a secret of 160 random bits.
    pub fn new(entropy: &mut dyn Entropy) -> Self {
        Self(Zeroizing::new(entropy::bytes::<20>(entropy).to_vec()))
    }

    /// Reads base32 (RFC 4648) in either case; spaces, dashes and padding are passed over. `None` for anything else, for
    /// less than 80 bits, and for more than 512.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new(Vec::new());
        let (mut buffer, mut n_bits) = (0_u32, 0);
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')) {
            let c = c.to_ascii_uppercase();
            let digit = ALPHABET.iter().position(|known| char::from(*known) == c)?;
            buffer = buffer << 5 | u32::try_from(digit).ok()?;
            n_bits += 5;
            if n_bits >= 8 {
                n_bits -= 8;
                bytes.push(u8::try_from(buffer >> n_bits & 0xff).ok()?);
                buffer &= (1 << n_bits) - 1;
            }
        }
        (10..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// Returns the secret as people and apps write it: base32 without padding. A secret.
    pub fn expose(&self) -> String {
        let mut text = String::new();
        let (mut buffer, mut n_bits) = (0_u32, 0);
        let digit = |at: u32| ALPHABET.get((at & 31) as usize).copied().map_or('A', char::from);
        for byte in self.0.iter() {
            buffer = buffer << 8 | u32::from(*byte);
            n_bits += 8;
            while n_bits >= 5 {
                n_bits -= 5;
                text.push(digit(buffer >> n_bits));
                buffer &= (1 << n_bits) - 1;
            }
        }
        if n_bits > 0 {
            text.push(digit(buffer << (5 - n_bits)));
        }
        text
    }

    /// Returns the address that apps read from a picture. A secret is in it.
    ///
    /// `account` and `issuer` are shown by the app; what is no plain letter, digit, `-`, `.`, `_` or `@` is encoded.
    pub fn url(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (encoded(issuer), encoded(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", self.expose())
    }

    /// Returns the step whose code this is: that of `now`, or up to `window` steps before or after it, and later than
    /// `after`, the last one that was used. Always as much work, whatever is found.
    pub fn find(&self, code: &str, now: Timestamp, window: u8, after: Option<TotpStep>) -> Option<TotpStep> {
        let here = TotpStep::at(now).0;
        let mut found = None;
        for step in here - i64::from(window)..=here + i64::from(window) {
            let is_it = bool::from(self.code(TotpStep(step)).as_bytes().ct_eq(code.as_bytes()));
            if is_it && after.is_none_or(|after| TotpStep(step) > after) {
                found = Some(TotpStep(step));
            }
        }
        found
    }

    /// Returns the code of a step: six digits.
    pub fn code(&self, TotpStep(step): TotpStep) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        // RFC 4226, section 5.3: the last four bits say where the code begins.
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 15);
        let chosen = bytes.iter().skip(offset).take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (chosen & 0x7fff_ffff) % 1_000_000)
    }
}

impl TotpStep {
    /// Returns the step of a moment.
    pub const fn at(now: Timestamp) -> Self {
        Self(now.as_secs().div_euclid(STEP_SECS))
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret([hidden])")
    }
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'@' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (secs, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().code(TotpStep::at(Timestamp::from_secs(secs))), code, "{secs}");
        }
    }

    #[test]
    fn secrets_are_written_and_read() {
        let text = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(secret().expose(), text);
        for written in [text.to_owned(), text.to_lowercase(), format!("{}==", text.replace("GEZ", "GEZ -"))] {
            assert_eq!(TotpSecret::parse(&written).unwrap().expose(), text);
        }
        for bad in ["", "GEZDGNBV", "1", "GEZDGNBVGY3TQOJ!", "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ", &"A".repeat(200)] {
            assert!(TotpSecret::parse(bad).is_none(), "{bad}");
        }
        let odd = TotpSecret(Zeroizing::new((0..13).collect()));
        assert_eq!(*TotpSecret::parse(&odd.expose()).unwrap().0, *odd.0);
        assert_eq!(format!("{odd:?}"), "TotpSecret([hidden])");
    }

    #[test]
    fn a_code_is_good_around_its_time_and_once() {
        let at = |secs| Timestamp::from_secs(secs);
        let code = secret().code(TotpStep(10));
        for (secs, window, is_good) in [
            (300, 0, true),
            (329, 0, true),
            (330, 0, false),
            (330, 1, true),
            (270, 1, true),
            (269, 1, false),
            (360, 1, false),
        ] {
            assert_eq!(secret().find(&code, at(secs), window, None).is_some(), is_good, "{secs} {window}");
        }
        assert_eq!(secret().find(&code, at(300), 1, None), Some(TotpStep(10)));
        assert_eq!(secret().find(&code, at(300), 1, Some(TotpStep(9))), Some(TotpStep(10)));
        assert_eq!(secret().find(&code, at(300), 1, Some(TotpStep(10))), None, "used already");
        // Nor may one before the last that was used.
        let before = secret().code(TotpStep(9));
        assert_eq!(secret().find(&before, at(300), 1, Some(TotpStep(10))), None);
        for wrong in ["", "28708", "2870822", "28708²", "287 82"] {
            assert_eq!(secret().find(wrong, at(59), 1, None), None, "{wrong}");
        }
    }

    #[test]
    fn the_address_is_encoded() {
        let url = secret().url("Our home", "ann&co:x");
        assert!(url.starts_with("otpauth://totp/Our%20home:ann%26co%3Ax?secret=GEZ"), "{url}");
        assert!(url.ends_with("&issuer=Our%20home"), "{url}");
    }
}
