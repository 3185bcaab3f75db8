//! What people and scripts read: results on standard output, logs and errors on standard error.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tracing::Level;
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};

use crate::cli::LogFormat;

/// Writes a line on standard output. A reader that has gone away is no error.
pub(crate) fn line(text: impl std::fmt::Display) {
    _ = writeln!(io::stdout().lock(), "{text}");
}

/// Says in one line on standard error what went wrong.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}").replace('\n', "; ");
    _ = writeln!(io::stderr().lock(), "doorward: {text}");
    ExitCode::FAILURE
}

/// What logs in detail: crates of ours, which log no secret. Libraries that carry messages for us log them as they are when
/// asked for detail, tokens and passwords included, so of others nothing finer than `info` is ever written.
const OURS: [&str; 14] = [
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
