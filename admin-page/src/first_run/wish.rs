//! What was typed into the form of the first run, and what is wrong with it.

use std::sync::LazyLock;

use home::CorePatch;
use jiff::tz::TimeZoneDatabase;

use crate::form::Form;

/// The time zones that schedules are read by, in the order of the alphabet.
pub(super) static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut zones: Vec<_> = TimeZoneDatabase::bundled().available().map(|zone| zone.as_str().to_owned()).collect();
    zones.sort_unstable();
    zones
});

/// By their names in the core configuration.
pub(super) const UNIT_SYSTEMS: [(&str, &str); 2] = [("metric", "Metric (°C, km)"), ("us_customary", "US (°F, miles)")];

/// The most that is taken of one field, in characters.
const MAX_LEN: usize = 255;

/// What was typed, but for the passwords, which are not shown again.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) name: String,
    pub(super) username: String,
    home: String,
    pub(super) time_zone: String,
    pub(super) unit_system: String,
    country: String,
    currency: String,
    passwords: Passwords,
    /// What is wrong, by the field beside which it is said.
    wrong: Vec<(&'static str, &'static str)>,
}

/// What is to be known of two passwords. Not what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passwords {
    Missing,
    Different,
    Same,
}

/// One field, as the page shows it.
pub(super) struct Field {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) is_needed: bool,
    pub(super) value: String,
    pub(super) wrong: Option<&'static str>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            name: String::new(),
            username: String::new(),
            home: "Home".to_owned(),
            time_zone: "UTC".to_owned(),
            unit_system: "metric".to_owned(),
            country: String::new(),
            currency: String::new(),
            passwords: Passwords::Missing,
            wrong: Vec::new(),
        }
    }
}

impl Wish {
    pub(super) fn read(form: &Form) -> Self {
        let text = |name: &str| form.get(name).to_owned();
        let passwords = match (form.raw("password"), form.raw("password_again")) {
            ("", _) => Passwords::Missing,
            (first, second) if first == second => Passwords::Same,
            _ => Passwords::Different,
        };
        Self {
            name: text("name"),
            username: text("username"),
            home: text("home"),
            time_zone: text("time_zone"),
            unit_system: text("unit_system"),
            country: text("country").to_ascii_uppercase(),
            currency: text("currency").to_ascii_uppercase(),
            passwords,
            wrong: Vec::new(),
        }
    }

    /// Looks at everything, so that all that is wrong is said at once. Returns how the home is set if nothing is.
    pub(super) fn check(&mut self) -> Option<CorePatch> {
        let needed = [("name", &self.name), ("username", &self.username), ("home", &self.home)];
        let mut wrong = Vec::new();
        for (id, text) in needed {
            if text.is_empty() {
                wrong.push((id, "This is needed."));
            } else if text.chars().count() > MAX_LEN {
                wrong.push((id, "That is too long: 255 characters at most."));
            }
        }
        match self.passwords {
            Passwords::Missing => wrong.push(("password", "This is needed.")),
            Passwords::Different => wrong.push(("password_again", "That is not the same password.")),
            Passwords::Same => {}
        }
        if !ZONES.contains(&self.time_zone) {
            wrong.push(("time_zone", "Choose one of the list."));
        }
        if !UNIT_SYSTEMS.iter().any(|(value, _)| *value == self.unit_system) {
            wrong.push(("unit_system", "Choose one of the list."));
        }
        let is_code =
            |text: &str, len| text.is_empty() || (text.len() == len && text.chars().all(|c| c.is_ascii_uppercase()));
        if !is_code(&self.country, 2) {
            wrong.push(("country", "Two letters, such as NL; or nothing."));
        }
        if !is_code(&self.currency, 3) {
            wrong.push(("currency", "Three letters, such as EUR; or nothing."));
        }
        self.wrong = wrong;
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        self.wrong.is_empty().then(|| CorePatch {
            location_name: Some(self.home.clone()),
            time_zone: Some(self.time_zone.clone()),
            unit_system: Some(self.unit_system.clone()),
            country: filled(&self.country),
            currency: filled(&self.currency),
            ..CorePatch::default()
        })
    }

    /// Says something beside a field.
    pub(super) fn mark(&mut self, id: &'static str, text: &'static str) {
        self.wrong.push((id, text));
    }

    /// Returns what is said beside a field.
    pub(super) fn wrong(&self, id: &str) -> Option<&'static str> {
        self.wrong.iter().find(|(field, _)| *field == id).map(|(_, text)| *text)
    }

    pub(super) fn about_you(&self) -> Vec<Field> {
        let field =
            |id, label, kind, autocomplete, value: &str| self.field(id, label, (kind, autocomplete, true), value);
        vec![
            field("name", "Your name", "text", "name", &self.name),
            field("username", "User name, to log in with", "text", "username", &self.username),
            field("password", "Password", "password", "new-password", ""),
            field("password_again", "Password, once more", "password", "new-password", ""),
        ]
    }

    pub(super) fn about_home(&self) -> Vec<Field> {
        let field = |id, label, is_needed, value: &str| self.field(id, label, ("text", "off", is_needed), value);
        vec![
            field("home", "What the home is called", true, &self.home),
            field("country", "Country, as two letters (may be empty)", false, &self.country),
            field("currency", "Currency, as three letters (may be empty)", false, &self.currency),
        ]
    }

    fn field(
        &self,
        id: &'static str,
        label: &'static str,
        (kind, autocomplete, is_needed): (&'static str, &'static str, bool),
        value: &str,
    ) -> Field {
        Field { id, label, kind, autocomplete, is_needed, value: value.to_owned(), wrong: self.wrong(id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"name=Ann&username=ann&password=+a+secret&password_again=+a+secret&home=The+hut\
        &time_zone=Europe/Amsterdam&unit_system=metric&country=nl&currency=";

    #[track_caller]
    fn check(change: &str, expected: &[&str]) {
        // The last value of a field counts.
        let text = [WHOLE, b"&", change.as_bytes()].concat();
        let mut wish = Wish::read(&Form::read(&text).unwrap());
        let patch = wish.check();
        assert_eq!(patch.is_some(), expected.is_empty(), "{change}");
        assert_eq!(wish.wrong.iter().map(|(id, _)| *id).collect::<Vec<_>>(), expected, "{change}");
    }

    #[test]
    fn what_is_wrong_is_said_beside_its_field_and_all_at_once() {
        check("", &[]);
        check("name=+&username=&home=", &["name", "username", "home"]);
        check("password=", &["password"]);
        check("password=x", &["password_again"]);
        check("password_again=a+secret", &["password_again"]);
        check("time_zone=Mars/Base", &["time_zone"]);
        check("unit_system=imperial&country=NLD&currency=euro", &["unit_system", "country", "currency"]);
        check("country=&currency=eur", &[]);
        check(&format!("home={}", "x".repeat(256)), &["home"]);
    }

    #[test]
    fn what_was_typed_is_what_the_home_is_set_to() {
        let patch = Wish::read(&Form::read(WHOLE).unwrap()).check().unwrap();
        assert_eq!(patch.location_name.as_deref(), Some("The hut"));
        assert_eq!(patch.time_zone.as_deref(), Some("Europe/Amsterdam"));
        assert_eq!((patch.country.as_deref(), patch.currency), (Some("NL"), None));
    }

    #[test]
    fn the_time_zones_are_the_known_ones_and_utc_is_chosen() {
        assert!(ZONES.len() > 400 && ZONES.contains(&Wish::default().time_zone));
        assert!(ZONES.iter().all(|zone| TimeZoneDatabase::bundled().get(zone).is_ok()));
    }
}
