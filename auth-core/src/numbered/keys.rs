//! What names are hashed with.

use core::hash::BuildHasher;

/// The keys of one table's hash, drawn at random: names come from devices and integrations, and whoever chooses them must
/// not be able to choose where they collide.
#[derive(Clone, Debug)]
pub(super) struct Keys(State);

/// The keys come from the operating system.
#[cfg(feature = "std")]
type State = foldhash::fast::SeedableRandomState;
/// Without std there is nobody to ask but the addresses of things, which are as random as the system makes them.
#[cfg(not(feature = "std"))]
type State = foldhash::fast::RandomState;

#[cfg(feature = "std")]
impl Default for Keys {
    fn default() -> Self {
        use core::hash::Hasher;
        use std::{hash::RandomState, sync::OnceLock};

        use foldhash::SharedSeed;

        static SHARED: OnceLock<SharedSeed> = OnceLock::new();
        let random = || RandomState::new().build_hasher().finish();
        Self(State::with_seed(random(), SHARED.get_or_init(|| SharedSeed::from_u64(random()))))
    }
}

#[cfg(not(feature = "std"))]
impl Default for Keys {
    fn default() -> Self {
        Self(State::default())
    }
}

impl Keys {
    /// Returns a hasher that knows nothing yet.
    #[inline(always)]
    pub(super) fn hasher(&self) -> <State as BuildHasher>::Hasher {
        self.0.build_hasher()
    }
}
