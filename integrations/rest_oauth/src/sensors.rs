//! Which members of the JSON are sensors: `name = path unit`, one in a line.

use serde_json::Value;

/// One sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sensor {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) unit: Option<String>,
}

/// The most sensors of an entry.
pub(crate) const MAX: usize = 100;
/// The longest line, in characters.
const MAX_LINE: usize = 300;

impl Sensor {
    /// Reads lines such as `Outside = weather.temperature °C`. Empty lines and those that start with `#` are none.
    /// Names differ in more than case and punctuation.
    ///
    /// # Errors
    /// A key of the texts.
    pub(crate) fn parse_lines(text: &str) -> Result<Vec<Self>, &'static str> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut sensors: Vec<Self> = Vec::new();
        for line in lines {
            let sensor = Self::parse(line).ok_or("invalid_sensor")?;
            if sensors.iter().any(|other| other.slug() == sensor.slug()) {
                return Err("same_sensor");
            }
            sensors.push(sensor);
            if sensors.len() > MAX {
                return Err("too_many_sensors");
            }
        }
        if sensors.is_empty() { Err("no_sensors") } else { Ok(sensors) }
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once('=')?;
        let (name, rest) = (name.trim(), rest.trim());
        let (path, unit) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let unit = Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty());
        let sensor = Self { name: name.to_owned(), path: path.to_owned(), unit };
        let fine = line.chars().count() <= MAX_LINE && !sensor.slug().is_empty() && !path.is_empty();
        fine.then_some(sensor)
    }

    /// Returns what tells it from the entry's other sensors: its name as one word. Letters of any script stay.
    pub(crate) fn slug(&self) -> String {
        let words = self.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
    }

    /// Returns its state in a JSON.
    pub(crate) fn state(&self, json: &Value) -> String {
        at(json, &self.path).and_then(text).unwrap_or_else(|| "unknown".to_owned())
    }
}

/// Returns what is at a path of names and numbers with dots between, such as `list.0.value`; `.` alone is all.
pub(crate) fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    if path == "." {
        return Some(json);
    }
    path.split('.').try_fold(json, |json, name| match json {
        Value::Object(object) => object.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Returns a value as a text, if it is a single one.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(lines: &str, expected: Result<&[(&str, &str, &str)], &str>) {
        let got = Sensor::parse_lines(lines).map(|sensors| {
            let parts = |s: &Sensor| (s.name.clone(), s.path.clone(), s.unit.clone().unwrap_or_default());
            sensors.iter().map(parts).collect::<Vec<_>>()
        });
        let expected = expected.map(|all| {
            all.iter().map(|(n, p, u)| ((*n).to_owned(), (*p).to_owned(), (*u).to_owned())).collect::<Vec<_>>()
        });
        assert_eq!(got, expected, "{lines}");
    }

    #[test]
    fn lines_are_sensors() {
        check(
            "Outside = weather.temp °C\n\n# not this\nWind=wind",
            Ok(&[("Outside", "weather.temp", "°C"), ("Wind", "wind", "")]),
        );
        check(" a = b   km per h ", Ok(&[("a", "b", "km per h")]));
        check("a = b = c", Ok(&[("a", "b", "= c")]));
        check("außen = t", Ok(&[("außen", "t", "")]));
        for (lines, error) in [
            ("", "no_sensors"),
            ("# x", "no_sensors"),
            ("a", "invalid_sensor"),
            ("= b", "invalid_sensor"),
            ("a =", "invalid_sensor"),
            ("!! = b", "invalid_sensor"),
            ("a = b\nA! = c", "same_sensor"),
        ] {
            check(lines, Err(error));
        }
        check(&format!("a = {}", "b".repeat(300)), Err("invalid_sensor"));
        let many: String = (0..=MAX).map(|n| format!("s{n} = p\n")).collect();
        check(&many, Err("too_many_sensors"));
    }

    #[test]
    fn a_path_leads_to_single_values() {
        let json = json!({"a": {"b": [1, {"c": "x"}]}, "t": true, "f": 1.50, "n": null});
        let state = |path: &str| Sensor { name: "s".into(), path: path.into(), unit: None }.state(&json);
        for (path, expected) in
            [("a.b.0", "1"), ("a.b.1.c", "x"), ("t", "true"), ("f", "1.5"), ("n", "unknown"), ("a", "unknown")]
        {
            assert_eq!(state(path), expected, "{path}");
        }
        for path in ["", ".", "a.", "a.b.2", "a.b.-1", "a.b.x", "t.x", "zz"] {
            assert_eq!(state(path), "unknown", "{path}");
        }
        assert_eq!(at(&json!(5), ".").and_then(text).as_deref(), Some("5"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(?s).{0,200}", path in ".{0,40}") {
            let _ = Sensor::parse_lines(&text);
            let _ = at(&json!({"a": [[]]}), &path);
        }
    }
}
