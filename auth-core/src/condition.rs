//! When a membership counts: from, until, and at which hours of the week.

#[cfg(feature = "schedules")]
use crate::Schedule;
use crate::Timestamp;

/// When a user's membership in a group counts. All that is given must hold; the default always does.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Not before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Not at this moment nor after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At these hours of the week only.
    #[cfg(feature = "schedules")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
}

impl Condition {
    /// Tells whether the membership counts at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until) && self.is_scheduled(now)
    }

    /// Returns the first moment after `now` at which [`Condition::holds`] answers otherwise than at `now`; `None` if it
    /// never does.
    ///
    /// Where a schedule gives the same answer for more than a fortnight, a moment then, to ask again at.
    pub fn changes_after(&self, now: Timestamp) -> Option<Timestamp> {
        let answer = self.holds(now);
        if self.until.is_some_and(|until| until <= now) {
            return None;
        }
        let horizon = self.from.unwrap_or(now).max(now).plus_secs(FORTNIGHT);
        let mut at = now;
        loop {
            // Nothing changes before it begins.
            at = match self.from.filter(|from| at < *from) {
                Some(from) => from,
                // The end is still to come, or this would have been left.
                None => [self.until, self.schedule_changes(at)].into_iter().flatten().min()?,
            };
            if self.holds(at) != answer || at > horizon {
                return Some(at);
            }
            if self.until.is_some_and(|until| until <= at) {
                return None;
            }
        }
    }

    #[cfg(feature = "schedules")]
    fn is_scheduled(&self, now: Timestamp) -> bool {
        self.schedule.as_ref().is_none_or(|schedule| schedule.holds(now))
    }

    #[cfg(feature = "schedules")]
    fn schedule_changes(&self, at: Timestamp) -> Option<Timestamp> {
        self.schedule.as_ref()?.changes_after(at)
    }

    #[cfg(not(feature = "schedules"))]
    #[expect(clippy::unused_self, reason = "as with schedules")]
    const fn is_scheduled(&self, _: Timestamp) -> bool {
        true
    }

    #[cfg(not(feature = "schedules"))]
    #[expect(clippy::unused_self, reason = "as with schedules")]
    const fn schedule_changes(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }
}

const FORTNIGHT: i64 = 14 * 86_400;

#[cfg(test)]
mod tests;
