//! What people and scripts read: results on standard output, logs and errors on standard error.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

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

/// Starts the log on standard error; `RUST_LOG` chooses what is in it.
pub(crate) fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(io::stderr)).init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).init(),
    }
}
