//! What people and scripts read: results on standard output, logs and errors on standard error.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tracing::Level;
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};

use crate::cli::LogFormat;

/// Writes text and the end of a line on standard output. A reader that has gone away is no error.
pub(crate) fn line(text: impl std::fmt::Display) {
    let text = plain(&text.to_string(), |c| c == '\n' || c == '\t');
    _ = writeln!(io::stdout().lock(), "{text}");
}

/// Writes fields with tabs between them as one line, whatever is in them: who chooses a name chooses no lines.
pub(crate) fn row<'a>(fields: impl IntoIterator<Item = &'a str>) {
    let fields: Vec<_> = fields.into_iter().map(|field| plain(field, |_| false)).collect();
    line(fields.join("\t"));
}

/// Returns text with what steers a terminal, or turns the direction of writing, written as `\u{…}`.
fn plain(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) && !is_kept(c) {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Says in one line on standard error what went wrong.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}").replace('\n', "; ");
    _ = writeln!(io::stderr().lock(), "doorward: {text}");
    ExitCode::FAILURE
}

/// What logs in detail: crates of ours, which log no secret. Libraries that carry messages for us log them as they are when
/// asked for detail, tokens and passwords included, so of others nothing finer than `info` is ever written.
const OURS: [&str; 15] = [
    "audit",
    "auth_login",
    "config_entries",
    "demo",
    "doorward",
    "home",
    "http_adapter",
    "management",
    "mqtt",
    "outbound",
    "rest_oauth",
    "service_bus",
    "single_sign_on",
    "store",
    "ws_adapter",
];

/// Starts the log on standard error; `RUST_LOG` chooses what is in it, within what may be in it at all.
pub(crate) fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let is_ours = |target: &str| {
        let name = target.split("::").next().unwrap_or_default();
        OURS.contains(&name)
    };
    let plain = filter_fn(move |metadata| *metadata.level() <= Level::INFO || is_ours(metadata.target()));
    let registry = tracing_subscriber::registry().with(filter).with(plain);
    match format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(io::stderr)).init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).init(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let none = |_| false;
        assert_eq!(plain("Ann\u{1b}[2J\nBob\t\u{202e}x", none), r"Ann\u{1b}[2J\u{a}Bob\u{9}\u{202e}x");
        assert_eq!(plain("a\tb\nc\u{9b}", |c| c == '\n' || c == '\t'), "a\tb\nc\\u{9b}");
        assert_eq!(plain("Äöü 客厅 👪", none), "Äöü 客厅 👪");
    }
}
