//! The clock on the home's wall: moments as people read and write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Shows and reads moments in one time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
    pub(crate) name: String,
}

impl Clock {
    /// Returns the clock of a time zone; one that nobody knows counts as UTC, and says so.
    pub(crate) fn of(name: &str) -> Self {
        // The database that schedules are read by.
        match jiff::tz::TimeZoneDatabase::bundled().get(name) {
            Ok(zone) => Self { zone, name: name.to_owned() },
            Err(_) => Self { zone: TimeZone::UTC, name: "UTC".to_owned() },
        }
    }

    /// Shows a moment as `2026-11-27 16:00`; what is none as it is.
    pub(crate) fn show(&self, moment: &str) -> String {
        self.format(moment, "%Y-%m-%d %H:%M").unwrap_or_else(|| moment.to_owned())
    }

    /// Shows a moment to the second.
    pub(crate) fn show_exactly(&self, moment: &str) -> String {
        self.format(moment, "%Y-%m-%d %H:%M:%S").unwrap_or_else(|| moment.to_owned())
    }

    /// Shows a moment if there is one.
    pub(crate) fn show_any(&self, moment: Option<&String>, none: &str) -> String {
        moment.map_or_else(|| none.to_owned(), |moment| self.show(moment))
    }

    /// Writes a moment as a field of the type `datetime-local` has it.
    pub(crate) fn field(&self, moment: Option<&String>) -> String {
        moment.and_then(|moment| self.format(moment, "%Y-%m-%dT%H:%M")).unwrap_or_default()
    }

    /// Reads such a field: nothing, or a moment with its offset. A time that the clocks skip counts as the moment they have
    /// moved by as much; of one that comes twice the first counts.
    ///
    /// # Errors
    /// What to write instead.
    pub(crate) fn read(&self, field: &str) -> Result<Option<String>, String> {
        let field = field.trim();
        if field.is_empty() {
            return Ok(None);
        }
        // Also with a space, as it is shown, and a day alone.
        let moment = field.replacen(' ', "T", 1).parse::<DateTime>().ok();
        let moment = moment.and_then(|moment| moment.to_zoned(self.zone.clone()).ok());
        let moment = moment.ok_or_else(|| format!("“{field}” is no moment such as 2026-11-27 16:00"))?;
        Ok(Some(moment.timestamp().to_string()))
    }

    fn format(&self, moment: &str, form: &str) -> Option<String> {
        let moment: Timestamp = moment.parse().ok()?;
        Some(moment.to_zoned(self.zone.clone()).strftime(form).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_and_read_by_the_clock_on_the_wall() {
        let clock = Clock::of("Europe/Amsterdam");
        let moment = "2026-11-27T15:00:00Z".to_owned();
        assert_eq!(clock.show(&moment), "2026-11-27 16:00");
        assert_eq!(clock.show("2026-11-27T15:00:07.5+00:00"), "2026-11-27 16:00");
        assert_eq!(clock.show_exactly("2026-11-27T15:00:07.5+00:00"), "2026-11-27 16:00:07");
        assert_eq!(clock.field(Some(&moment)), "2026-11-27T16:00");
        for written in ["2026-11-27T16:00", "2026-11-27 16:00", " 2026-11-27T16:00:00 "] {
            assert_eq!(clock.read(written), Ok(Some(moment.clone())), "{written}");
        }
        assert_eq!(clock.read(" "), Ok(None));
        for wrong in ["Friday", "2026-13-01T00:00", "27.11.2026"] {
            assert!(clock.read(wrong).is_err(), "{wrong}");
        }
        // The clocks go forward at two, and back at three.
        assert_eq!(clock.read("2026-03-29T02:30"), Ok(Some("2026-03-29T01:30:00Z".to_owned())));
        assert_eq!(clock.read("2026-10-25T02:30"), Ok(Some("2026-10-25T00:30:00Z".to_owned())));
        assert_eq!(Clock::of("Nowhere/None").name, "UTC");
    }
}
