//! Answers as people and programs read them.

use std::fmt::Display;

use auth_core::{AuthSnapshot, Effect, Explanation};
use serde_json::{Value, json};

use crate::{cli::Format, output};

/// Writes lines for people, or one object for programs.
pub(super) fn say<L: Display>(format: Format, lines: impl IntoIterator<Item = L>, object: Value) {
    match format {
        Format::Text => lines.into_iter().for_each(output::line),
        Format::Json => output::line(object),
    }
}

/// Returns an explanation as an object.
pub(super) fn explanation(explanation: &Explanation) -> Value {
    json!(management::shown::explanation(explanation))
}

/// Returns what is gained and lost, by entity id: lines, and a list.
pub(super) fn effects(before: &AuthSnapshot, after: &AuthSnapshot, effects: &[Effect]) -> (Vec<String>, Value) {
    let shown = management::shown::effects(before, after, effects);
    let mut lines = Vec::new();
    for management::shown::Change { permission, gained, lost } in &shown {
        for (word, ids) in [("gains", gained), ("loses", lost)] {
            if !ids.is_empty() {
                lines.push(format!("{word} {permission}: {}", ids.join(" ")));
            }
        }
    }
    (lines, json!(shown))
}
