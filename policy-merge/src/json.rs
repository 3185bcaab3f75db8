//! JSON as it was written: order and duplicates of object keys kept, so that both can be reported.

use alloc::{borrow::Cow, format, string::String, vec::Vec};
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A JSON document, as far as a policy's errors need it.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    True,
    False,
    Signed(i64),
    Unsigned(u64),
    /// Any number that is no whole one: its digits depend on who reads it.
    Fraction,
    Text,
    Array(Vec<Node>),
    /// Members in document order; a name may occur more than once.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Says what it is, as an error does.
    pub(crate) fn description(&self) -> Cow<'static, str> {
        match self {
            Self::Null => "null".into(),
            Self::True => "true".into(),
            Self::False => "false".into(),
            Self::Signed(n) => format!("the number {n}").into(),
            Self::Unsigned(n) => format!("the number {n}").into(),
            Self::Fraction => "a number with a fraction or exponent".into(),
            Self::Text => "a string".into(),
            Self::Array(_) => "an array".into(),
            Self::Object(_) => "an object".into(),
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(true) => Self::True,
            Value::Bool(false) => Self::False,
            Value::Number(n) => match (n.as_u64(), n.as_i64()) {
                (Some(n), _) => Self::Unsigned(n),
                (None, Some(n)) => Self::Signed(n),
                (None, None) => Self::Fraction,
            },
            Value::String(_) => Self::Text,
            Value::Array(items) => Self::Array(items.iter().map(Into::into).collect()),
            Value::Object(members) => Self::Object(members.iter().map(|(k, v)| (k.clone(), v.into())).collect()),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(if value { Node::True } else { Node::False })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Unsigned(value))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Fraction)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Node::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use serde::de::value::{BytesDeserializer, Error};

    use super::*;

    #[test]
    fn what_is_no_json_is_said_to_be_none() {
        let refused: Result<Node, Error> = Node::deserialize(BytesDeserializer::new(b"x"));
        assert_eq!(refused.unwrap_err().to_string(), "invalid type: byte array, expected JSON");
    }
}
