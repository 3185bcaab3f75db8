//! `doorward ban` and `doorward step-up`: their commands and options.

use clap::Subcommand;

use super::Place;

#[derive(Debug, Subcommand)]
pub(crate) enum Ban {
    /// List the addresses that are shut out: from what, until when, why.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Shut addresses out from everything. Their sessions end.
    Add {
        #[command(flatten)]
        place: Place,
        /// An address, or a range of them such as `203.0.113.0/24`.
        network: String,
        /// Until this moment, such as `2026-11-27T16:00+01:00`; for good, if left out.
        #[arg(long)]
        until: Option<String>,
        /// For those who will wonder.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let addresses in again.
    Remove {
        #[command(flatten)]
        place: Place,
        /// As the list shows it.
        network: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StepUp {
    /// Say what the home asks for, and how it stands with the token in `DOORWARD_TOKEN`.
    Status {
        /// The address of a running hub.
        #[arg(long)]
        url: String,
    },
    /// Show the second factor of the user whose token is in `DOORWARD_TOKEN`: the code is the first line of standard input.
    Show {
        /// The address of a running hub.
        #[arg(long)]
        url: String,
    },
    /// Ask for a second factor before users, groups, tokens, bans, backups and audit settings change.
    Require {
        #[command(flatten)]
        place: Place,
        /// It was shown at most so many minutes ago: 1 to 60.
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Ask for it no more.
    Relax {
        #[command(flatten)]
        place: Place,
    },
}
