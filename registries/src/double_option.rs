//! Telling "not mentioned" from "set to null" in a request.

use serde::{Deserialize, Deserializer};

/// Reads a member that is there, `null` included. With `#[serde(default)]`, one that is not stays `None`.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}
