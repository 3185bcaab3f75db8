//! Randomness from the system.

use auth_login::Entropy;

/// The system's random numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        #[expect(clippy::panic, reason = "without randomness every secret would be guessable: better no hub at all")]
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system gives no random numbers: {error}");
        }
    }
}
