//! JSON as it was written: order and duplicates of object keys kept, so that both can be reported.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A JSON document, as far as a policy's errors need it. What can only be wrong is kept as its description.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    True,
    /// A value that is never right: `false`, a number, a string, an array.
    Other(String),
    /// Members in document order; a name may occur more than once.
    Object(Vec<(String, Node)>),
}

/// Any number that is no whole one: its digits depend on who reads it.
const FRACTION: &str = "a number with a fraction or exponent";

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(true) => Self::True,
            Value::Bool(false) => Self::Other("false".to_owned()),
            Value::Number(n) if n.is_f64() => Self::Other(FRACTION.to_owned()),
            Value::Number(n) => Self::Other(format!("the number {n}")),
            Value::String(_) => Self::Other("a string".to_owned()),
            Value::Array(_) => Self::Other("an array".to_owned()),
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
        Ok(if value { Node::True } else { Node::Other("false".to_owned()) })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Other(format!("the number {value}")))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Other(format!("the number {value}")))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other(FRACTION.to_owned()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Other("a string".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        while items.next_element::<Node>()?.is_some() {}
        Ok(Node::Other("an array".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Node::Object(object))
    }
}
