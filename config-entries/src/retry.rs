//! When to try again to set up what was not ready.

use std::time::Duration;

/// The waits between tries of one entry: 5 s · 2ⁿ, at most 10 minutes, with a little jitter so that a hundred entries
/// behind one router do not come back in the same instant.
///
/// Source: Home Assistant's waits, measured (5, 10, 20, 40 s, …, 600 s).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    tries: u32,
}

impl Retry {
    /// The longest wait without `Retry-After`.
    pub const LONGEST: Duration = Duration::from_secs(600);
    /// The longest wait that a `Retry-After` can ask for.
    pub const LONGEST_ASKED: Duration = Duration::from_secs(86_400);

    /// Returns how long to wait after one more try that was not ready. `asked` is what the other side wants
    /// (`Retry-After`), `random` any number, for the jitter of 0.05 to 0.5 s.
    pub fn next_wait(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let doubled = 5u64.saturating_mul(1u64.checked_shl(self.tries.min(32)).unwrap_or(u64::MAX));
        self.tries = self.tries.saturating_add(1);
        let wait = Duration::from_secs(doubled).min(Self::LONGEST) + Duration::from_millis(50 + random % 451);
        asked.map_or(wait, |asked| wait.max(asked.min(Self::LONGEST_ASKED)))
    }

    /// Returns how many tries in a row were not ready.
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// Starts anew: the entry is in another state than waiting for a retry.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_ten_minutes() {
        let mut retry = Retry::default();
        let waits: Vec<_> = (0..9).map(|_| retry.next_wait(None, 0).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        retry.reset();
        assert_eq!(retry.next_wait(None, 450), Duration::from_millis(5500));
        assert_eq!(Retry { tries: u32::MAX }.next_wait(None, 1).as_secs(), 600);
    }

    #[test]
    fn the_other_side_may_ask_for_more_up_to_a_day() {
        let wait = |secs| Retry::default().next_wait(Some(Duration::from_secs(secs)), 0);
        assert_eq!(wait(1), Duration::from_millis(5050));
        assert_eq!(wait(300), Duration::from_secs(300));
        assert_eq!(wait(1_000_000), Duration::from_secs(86_400));
    }
}
