//! JSON from outside, read as it stands.
//!
//! `serde_json::Value` gives one object key a meaning of its own if any crate in the build turns the feature
//! `raw_value` on: the text behind it is parsed anew, with a fresh limit of depth, so that a few kilobytes overflow the
//! stack. This reader has no such key. Both adapters read everything with it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Parses JSON. O(length). Of a key that occurs twice the last value counts.
///
/// # Errors
/// `serde_json`'s, also for what is nested deeper than 127.
pub fn parse_json(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Plain>(text).map(|plain| plain.0)
}

struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor).map(Self)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Plain(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Plain(value))) = members.next_entry::<String, Plain>()? {
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_a_meaning_of_its_own() {
        let text = br#"{"$serde_json::private::RawValue": "[1]", "$serde_json::private::Number": "1"}"#;
        let Value::Object(object) = parse_json(text).unwrap() else { panic!("an object") };
        assert_eq!(object.len(), 2);
        assert_eq!(object["$serde_json::private::RawValue"], "[1]");
    }

    #[test]
    fn everything_else_is_read_as_ever() {
        for text in
            ["null", "true", "-1", "18446744073709551615", "1.5e3", r#""\u00e4""#, r#"[{"a": [1, {}], "a": 2}]"#]
        {
            assert_eq!(parse_json(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        for bad in ["", "{", "1e999", r#""\ud800""#, "[1,]", "nul", "1 2"] {
            assert!(parse_json(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(parse_json("[".repeat(128).as_bytes()).is_err());
        let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
        assert!(parse_json(deep.as_bytes()).is_ok());
    }
}
