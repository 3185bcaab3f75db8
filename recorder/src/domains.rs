//! Domains that are treated in a way of their own. The lists are Home Assistant's (`recorder/history/const.py` and
//! `logbook/const.py` there).

/// Tells whether every write of an entity of this domain is significant, also one of attributes alone: their graphs are
/// of attributes (`current_temperature`, `humidity`), and trackers move without changing their zone.
pub fn counts_always(domain: &str) -> bool {
    ["climate", "device_tracker", "humidifier", "thermostat", "water_heater"].contains(&domain)
}

/// Tells whether a state of this domain means nothing without its attributes: they are there in every answer, whatever
/// was left out elsewhere.
pub fn needs_attributes(domain: &str) -> bool {
    ["climate", "humidifier", "input_datetime", "thermostat", "water_heater"].contains(&domain)
}

/// Tells whether an entity of this domain changes all the time, so that its changes are no news.
pub(crate) fn is_continuous(domain: &str) -> bool {
    ["counter", "proximity"].contains(&domain)
}
