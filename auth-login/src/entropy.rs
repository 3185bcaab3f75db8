//! Randomness, given by the caller: this crate has none of its own.

/// A source of unpredictable bytes, such as the operating system's.
///
/// Everything secret here (token secrets, codes, flow ids, salts) is made from it, so a source that can
/// fail must stop the program instead of leaving bytes unfilled. Any `FnMut(&mut [u8])` is one.
pub trait Entropy {
    /// Overwrites all of `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// Makes `N` random bytes.
pub(crate) fn bytes<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// Makes `N` random bytes and writes them as `2 * N` lowercase hex digits.
pub(crate) fn hex<const N: usize>(entropy: &mut dyn Entropy) -> String {
    to_hex(&bytes::<N>(entropy))
}

/// Makes an identifier: 32 lowercase hex digits, 128 random bits.
///
/// Home Assistant's are version 4 UUIDs, of which 122 bits are random; nothing reads the fixed ones.
pub fn new_id(entropy: &mut dyn Entropy) -> String {
    hex::<16>(entropy)
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A repeatable source for tests: SplitMix64.
    pub(crate) struct Seeded(pub(crate) u64);

    impl Entropy for Seeded {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = self.0;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *byte = (z >> 56) as u8;
            }
        }
    }

    #[test]
    fn hex_is_lowercase_and_of_the_asked_length() {
        assert_eq!(to_hex(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
        assert_eq!(hex::<64>(&mut Seeded(1)).len(), 128);
        assert_ne!(new_id(&mut Seeded(1)), new_id(&mut Seeded(2)));
    }
}
