//! `doorward user`, `group` and `token`: their commands and options.

use std::path::PathBuf;

use clap::Subcommand;

use super::Place;

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// List the users.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Make a user. The password is read from standard input.
    Create {
        #[command(flatten)]
        place: Place,
        /// The name to log in with: lower case.
        username: String,
        /// The name to show; the user name if left out.
        #[arg(long)]
        name: Option<String>,
        /// The groups, once for each.
        #[arg(long = "group")]
        groups: Vec<String>,
    },
    /// Make an account for a program: it never has a password, and may do nothing without groups.
    CreateService {
        #[command(flatten)]
        place: Place,
        /// The name to show.
        name: String,
        /// The groups, once for each.
        #[arg(long = "group")]
        groups: Vec<String>,
    },
    /// Change a user.
    Update {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        user: String,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        active: Option<bool>,
        #[arg(long)]
        local_only: Option<bool>,
        /// The groups, once for each; in place of the present ones.
        #[arg(long = "group")]
        groups: Vec<String>,
    },
    /// Say when a user's membership in a group counts: always, unless something is said here.
    Member {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        user: String,
        /// The group's id.
        group: String,
        /// Not before this moment, such as `2026-11-27T16:00+01:00`.
        #[arg(long)]
        from: Option<String>,
        /// Not at this moment nor after it.
        #[arg(long)]
        until: Option<String>,
        /// A file with hours of the week as JSON: `{"time_zone": "Europe/Berlin", "windows": [{"days": ["mon"], "start":
        /// "08:00", "end": "12:30"}]}`; `-` for standard input.
        #[arg(long)]
        schedule: Option<PathBuf>,
    },
    /// Give a user another password, read from standard input.
    Password {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        user: String,
    },
    /// List failed logins of a running hub: how many, and how long the next try waits.
    Failures {
        /// The address of the hub. The token of an administrator is read from `DOORWARD_TOKEN`.
        #[arg(long)]
        url: String,
    },
    /// Forget the failed logins of a user or an address, so that nobody waits for them any more.
    Forgive {
        /// The address of the hub. The token of an administrator is read from `DOORWARD_TOKEN`.
        #[arg(long)]
        url: String,
        /// An address, or a user by user name, name or id.
        whom: String,
    },
    /// Take a user's second factor away, who has lost it.
    ResetMfa {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        user: String,
    },
    /// List the accounts at identity providers that users can sign in with.
    Links {
        #[command(flatten)]
        place: Place,
    },
    /// Let an account at an identity provider sign in as a user. The page that refuses it says issuer and subject.
    Link {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        user: String,
        /// The provider's issuer, letter for letter.
        #[arg(long)]
        issuer: String,
        /// The account, as the provider names it.
        #[arg(long)]
        subject: String,
    },
    /// End a link, and the sessions that began with it.
    Unlink {
        #[command(flatten)]
        place: Place,
        /// The link's id, as `links` shows it.
        link: String,
    },
    /// Remove a user for good.
    Remove {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        user: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// List the groups and their policies.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Make a group or change it.
    Set {
        #[command(flatten)]
        place: Place,
        /// The group's id.
        id: String,
        /// The name to show; the id if left out.
        #[arg(long)]
        name: Option<String>,
        /// A file with the policy as JSON; `-` for standard input. The present one stays if left out.
        #[arg(long)]
        policy: Option<PathBuf>,
    },
    /// Remove a group that nobody is in.
    Remove {
        #[command(flatten)]
        place: Place,
        /// The group's id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// List everybody's tokens, without their secrets.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Make a long-lived access token and print it.
    Create {
        #[command(flatten)]
        place: Place,
        /// User name, name or id.
        #[arg(long)]
        user: String,
        /// Distinct among the user's tokens.
        #[arg(long)]
        name: String,
        /// In days.
        #[arg(long, default_value_t = 3650)]
        expires: u32,
        /// A file with a policy as JSON, which narrows what may be done by the token; `-` for standard input.
        #[arg(long)]
        policy: Option<PathBuf>,
        /// As many requests may be made by it in a minute; any number, if left out.
        #[arg(long)]
        rate_limit: Option<u32>,
    },
    /// Revoke a token.
    Revoke {
        #[command(flatten)]
        place: Place,
        /// The token's id, as `list` shows it.
        id: String,
    },
}
