//! When a membership counts, as somebody is typing it: from, until, hours of the week.

use serde_json::{Value, json};

use crate::{
    clock::Clock,
    form::Form,
    shown::{DAYS, When},
};

/// The fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    pub(crate) from: String,
    pub(crate) until: String,
    /// Of the hours of the week.
    pub(crate) zone: String,
    pub(crate) windows: Vec<Window>,
}

/// The fields of some hours on some days.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    pub(crate) key: String,
    pub(crate) days: Vec<Day>,
    pub(crate) start: String,
    pub(crate) end: String,
}

/// A day's box.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    pub(crate) value: &'static str,
    pub(crate) label: &'static str,
    pub(crate) ticked: bool,
}

/// A schedule has no more.
const MAX_WINDOWS: usize = 64;

impl Times {
    /// Returns the fields of a membership; of one that always counts by default.
    pub(crate) fn of(when: &When, clock: &Clock) -> Self {
        let schedule = when.schedule.as_ref();
        let windows = schedule.into_iter().flat_map(|schedule| &schedule.windows);
        let mut times = Self {
            from: clock.field(when.from.as_ref()),
            until: clock.field(when.until.as_ref()),
            zone: schedule.map_or(&clock.name, |schedule| &schedule.time_zone).clone(),
            windows: windows.map(|w| Window::of(&w.start, &w.end, |day| w.days.iter().any(|d| d == day))).collect(),
        };
        times.spare();
        times
    }

    /// Reads what was typed.
    pub(crate) fn of_form(form: &Form, clock: &Clock) -> Self {
        let keys = (0..MAX_WINDOWS).map(|n| format!("w{n}")).take_while(|key| form.has(&format!("{key}-start")));
        let windows = keys.map(|key| {
            let (start, end) = (form.get(&format!("{key}-start")), form.get(&format!("{key}-end")));
            Window::of(start, end, |day| form.ticked(&format!("{key}-day"), day))
        });
        let mut times = Self {
            from: form.get("from").to_owned(),
            until: form.get("until").to_owned(),
            zone: form.filled("zone").unwrap_or(&clock.name).to_owned(),
            windows: windows.filter(Window::says_anything).collect(),
        };
        times.spare();
        times
    }

    /// Adds an empty window, to be filled in.
    fn spare(&mut self) {
        self.windows.push(Window::of("", "", |_| false));
        for (n, window) in self.windows.iter_mut().enumerate() {
            window.key = format!("w{n}");
        }
    }

    /// Tells whether it does not always count.
    pub(crate) fn is_at_times(&self) -> bool {
        !self.from.is_empty() || !self.until.is_empty() || self.windows.iter().any(Window::says_anything)
    }

    /// Returns what is asked of a membership.
    ///
    /// # Errors
    /// What to write instead.
    pub(crate) fn members(&self, clock: &Clock) -> Result<Value, String> {
        let (from, until) = (clock.read(&self.from)?, clock.read(&self.until)?);
        let mut windows = Vec::new();
        for window in self.windows.iter().filter(|window| window.says_anything()) {
            let days: Vec<_> = window.days.iter().filter(|day| day.ticked).map(|day| day.value).collect();
            if days.is_empty() {
                return Err("Tick the days of the week to which the hours belong.".to_owned());
            }
            let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
            windows.push(json!({"days": days, "start": or(&window.start, "00:00"), "end": or(&window.end, "24:00")}));
        }
        let schedule = (!windows.is_empty()).then(|| json!({"time_zone": self.zone, "windows": windows}));
        // The operation says so too, but by then the group may have been made.
        let moment = |text: &String| text.parse::<jiff::Timestamp>().ok();
        if let (Some(from), Some(until)) = (from.as_ref().and_then(moment), until.as_ref().and_then(moment))
            && until <= from
        {
            return Err("“Until” is not after “from”: the membership would never count.".to_owned());
        }
        Ok(json!({"from": from, "until": until, "schedule": schedule}))
    }
}

impl Window {
    fn of(start: &str, end: &str, ticked: impl Fn(&str) -> bool) -> Self {
        let days = DAYS.iter().map(|(value, label)| Day { value, label, ticked: ticked(value) });
        Self { key: String::new(), days: days.collect(), start: start.to_owned(), end: end.to_owned() }
    }

    fn says_anything(&self) -> bool {
        !self.start.is_empty() || !self.end.is_empty() || self.days.iter().any(|day| day.ticked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let clock = Clock::of("Europe/Amsterdam");
        Times::of_form(&Form::read(text.as_bytes()).unwrap(), &clock).members(&clock)
    }

    #[test]
    fn times_are_read_by_the_homes_clock() {
        let weekend = read("from=2026-11-27T16:00&until=2026-11-29T20:00").unwrap();
        let wanted = json!({"from": "2026-11-27T15:00:00Z", "until": "2026-11-29T19:00:00Z", "schedule": null});
        assert_eq!(weekend, wanted);
        assert_eq!(read("").unwrap(), json!({"from": null, "until": null, "schedule": null}));
        let hours = read("w0-start=09:00&w0-end=&w0-day=mon&w0-day=tue&w1-start=&w1-end=").unwrap();
        let windows = json!([{"days": ["mon", "tue"], "start": "09:00", "end": "24:00"}]);
        assert_eq!(hours["schedule"], json!({"time_zone": "Europe/Amsterdam", "windows": windows}));
        for wrong in ["from=Friday", "from=2026-11-27T16:00&until=2026-11-27T16:00", "w0-start=09:00&w0-end=10:00"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
