//! What several targets use.

use auth_core::Timestamp;
use auth_login::Entropy;

/// The time at which everything happens.
pub const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A repeatable source of bytes (SplitMix64), so that an input does the same in every run.
#[derive(Debug)]
pub struct Seeded(pub u64);

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

/// Returns `original` with the edits that `edits` spells, or nothing if that is no text: arbitrary bytes alone would
/// never come near something signed.
///
/// Four bytes are an edit: place (two bytes, modulo length), what to do (replace, insert, remove, swap), and a byte.
pub fn edited(original: &str, edits: &[u8]) -> Option<String> {
    let mut bytes = original.as_bytes().to_vec();
    for edit in edits.as_chunks::<4>().0.iter().take(16) {
        let [high, low, what, byte] = *edit;
        if bytes.is_empty() {
            break;
        }
        let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
        match what % 4 {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => _ = bytes.remove(at),
            _ => {
                let other = usize::from(byte) % bytes.len();
                bytes.swap(at, other);
            }
        }
    }
    String::from_utf8(bytes).ok()
}
