//! Answers as people and programs read them.

use std::fmt::Display;

use auth_core::{AuthSnapshot, Effect};
pub(super) use management::shown::explanation;
use serde_json::Value;

use crate::{cli::Format, output};

/// Writes lines for people, or one object for programs.
pub(super) fn say<L: Display>(format: Format, lines: impl IntoIterator<Item = L>, object: Value) {
    match format {
        Format::Text => lines.into_iter().for_each(output::line),
        Format::Json => output::line(object),
    }
}

/// Returns what is gained and lost, by entity id: lines, and a list.
pub(super) fn effects(before: &AuthSnapshot, after: &AuthSnapshot, effects: &[Effect]) -> (Vec<String>, Value) {
    let shown = management::shown::effects(before, after, effects);
    let mut lines = Vec::new();
    for effect in shown.as_array().into_iter().flatten() {
        let permission = effect.get("permission").and_then(Value::as_str).unwrap_or_default();
        for (word, member) in [("gains", "gained"), ("loses", "lost")] {
            let ids = effect.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let ids: Vec<_> = ids.collect();
            if !ids.is_empty() {
                lines.push(format!("{word} {permission}: {}", ids.join(" ")));
            }
        }
    }
    (lines, shown)
}
