//! `doorward audit`: its commands and options.

use clap::{Subcommand, ValueEnum};

use super::{Format, Place};

/// What came of what is in the audit trail.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Came {
    Done,
    Denied,
    Failed,
}

/// One of the audit trails.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Trail {
    /// What administrators, the machine and integrations changed.
    Acts,
    /// Logins, and what people changed of their own accounts.
    Access,
    /// Service calls that were let through.
    Control,
    /// What was refused, or failed.
    Refused,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what was done and refused, the newest last.
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_enum)]
        trail: Option<Trail>,
        /// Who acted or asked, or whom it was done to: user name, name or id.
        #[arg(long)]
        user: Option<String>,
        /// What was done, such as `set_group` or `call_service`.
        #[arg(long)]
        action: Option<String>,
        #[arg(long, value_enum)]
        outcome: Option<Came>,
        /// What it was done to: an id, or a domain.
        #[arg(long)]
        on: Option<String>,
        /// Not before this moment, such as `2026-11-27T16:00+01:00`.
        #[arg(long)]
        since: Option<String>,
        /// Before this moment.
        #[arg(long)]
        until: Option<String>,
        /// At most so many, the newest.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Check that every record is as it was written, and print where each trail ends; exit status 1 if not. What is noted
    /// elsewhere of these lines proves later that nothing before was changed.
    Verify {
        #[command(flatten)]
        place: Place,
        /// A place that was noted before, such as `acts:17:` and 64 hex digits; once for each.
        #[arg(long = "noted")]
        noted: Vec<String>,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Show what is recorded and how long it is kept, or change it.
    Settings {
        #[command(flatten)]
        place: Place,
        /// Record service calls that were let through.
        #[arg(long)]
        control: Option<bool>,
        /// Keep records for so many days.
        #[arg(long)]
        keep_days: Option<u32>,
        /// Keep at most so many records of each trail.
        #[arg(long)]
        keep_lines: Option<u64>,
    },
}
