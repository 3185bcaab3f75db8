//! Access tokens that were found genuine: the next request with one needs no parsing.

use std::collections::HashMap;

use auth_core::{Timestamp, TokenId};

use crate::{
    access_token::LEEWAY_SECS,
    jwt::{Lifetime, Phase},
};

/// What was found of access tokens, by a keyed hash of each: nobody learns anything from how long looking takes.
///
/// Nothing is right because it is in here: whoever looks something up asks as well whether its refresh token still is.
#[derive(Debug, Default)]
pub(super) struct Verified {
    by_digest: HashMap<[u8; 32], (TokenId, Lifetime)>,
}

impl Verified {
    /// As many are remembered; beyond, all are forgotten and found anew.
    const MAX: usize = 4096;

    /// Returns whose access token it is, if it was found genuine and its time is not over.
    pub(super) fn get(&self, digest: &[u8; 32], now: Timestamp) -> Option<&TokenId> {
        let (id, lifetime) = self.by_digest.get(digest)?;
        (lifetime.phase(now, LEEWAY_SECS) == Phase::Valid).then_some(id)
    }

    pub(super) fn insert(&mut self, digest: [u8; 32], id: TokenId, lifetime: Lifetime) {
        if self.by_digest.len() >= Self::MAX {
            self.by_digest.clear();
        }
        self.by_digest.insert(digest, (id, lifetime));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_remembered_as_long_as_it_is_good() {
        let mut verified = Verified::default();
        let at = Timestamp::from_secs;
        let lifetime = Lifetime { iat: 100, exp: 200 };
        verified.insert([1; 32], "a".into(), lifetime);
        assert_eq!(verified.get(&[1; 32], at(150)).map(TokenId::as_str), Some("a"));
        assert_eq!(verified.get(&[2; 32], at(150)), None);
        for (secs, is_good) in [(89, false), (90, true), (209, true), (210, false)] {
            assert_eq!(verified.get(&[1; 32], at(secs)).is_some(), is_good, "{secs}");
        }
        for n in 0..2 * Verified::MAX as u64 {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&n.to_le_bytes());
            verified.insert(digest, "b".into(), lifetime);
            assert!(verified.by_digest.len() <= Verified::MAX);
        }
    }
}
