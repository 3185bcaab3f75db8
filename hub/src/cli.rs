//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod policy;
pub(crate) use policy::{Format, Policy, Question};

/// A Home Assistant-compatible hub whose permissions hold.
#[derive(Debug, Parser)]
#[command(name = "doorward", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// How the log on standard error is written.
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a furnished demo home in a temporary directory.
    Demo {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8123")]
        listen: SocketAddr,
        /// Write address, users and tokens to this file as JSON once the hub answers.
        #[arg(long)]
        creds_file: Option<PathBuf>,
    },
    /// Run the hub.
    Serve {
        /// Where the home is kept.
        #[arg(long)]
        data: PathBuf,
        /// Where to listen; 127.0.0.1:8123 if neither this nor the configuration says.
        #[arg(long)]
        listen: Option<SocketAddr>,
        /// A configuration file in TOML: certificate, proxies, limits.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Which area an entity counts as being in.
        #[arg(long, value_enum, default_value = "own")]
        area_rule: Area,
    },
    /// Read a Home Assistant's configuration directory into an empty home, all of it or nothing.
    ImportHa {
        /// Home Assistant's configuration directory, the one with `.storage` in it.
        config_dir: PathBuf,
        /// Where the home is kept.
        #[arg(long)]
        data: PathBuf,
    },
    /// Write the config entries as Home Assistant stores them, secrets included. The hub must not be running on the data.
    ExportHa {
        /// Where to write: `.storage/core.config_entries` under this directory. Nothing is written over.
        config_dir: PathBuf,
        /// Where the home is kept.
        #[arg(long)]
        data: PathBuf,
    },
    /// List config entries and work with them, in a running hub or, where it says so, in its data.
    #[command(subcommand)]
    Entry(Entry),
    /// List and change users.
    #[command(subcommand)]
    User(User),
    /// List and change groups.
    #[command(subcommand)]
    Group(Group),
    /// List, make and revoke tokens for programs.
    #[command(subcommand)]
    Token(Token),
    /// Read the audit trail and check it.
    #[command(subcommand)]
    Audit(Audit),
    /// Work with policies, in files or in a home.
    #[command(subcommand)]
    Policy(Policy),
    /// Write a copy of a home, of a running hub or of its data: consistent, and read whole before it counts. Every secret of
    /// the home is in it.
    Backup {
        /// Where to write. Nothing is written over.
        file: PathBuf,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        locked: Locked,
    },
    /// Put a copy in the place of a home, once everything in it could be read. The hub must not be running on the data.
    Restore {
        /// The copy.
        file: PathBuf,
        /// Where the home is to be.
        #[arg(long)]
        data: PathBuf,
        /// Put a home that is there aside.
        #[arg(long)]
        replace: bool,
        /// A file with the key of somebody whom the copy is encrypted for (age); once for each.
        #[arg(long = "identity")]
        identities: Vec<PathBuf>,
        /// The copy is encrypted with a passphrase: the first line of standard input.
        #[arg(long)]
        passphrase: bool,
    },
    /// Say whether a configuration file can be used.
    CheckConfig {
        /// The file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print a script with which a shell completes these commands.
    Completions { shell: clap_complete::Shell },
    /// Print the version.
    Version,
}

/// Which area an entity counts as being in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Area {
    /// Its own, else its device's, else that of the device's parent.
    Own,
    /// Its device's, else that of the device's parent, as Home Assistant's permission code has it.
    Device,
}

/// Where the home is: in data that no hub is running on, or in a running hub.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Place {
    /// The home's data. No hub must be running on it.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// The address of a running hub. The token of an administrator is read from `DOORWARD_TOKEN`.
    #[arg(long)]
    pub(crate) url: Option<String>,
}

/// Whom a backup is encrypted for, with age; not at all if nothing is said.
#[derive(Clone, Debug, Args)]
pub(crate) struct Locked {
    /// Somebody's public key, `age1…`; once for each.
    #[arg(long = "recipient", conflicts_with = "passphrase")]
    pub(crate) recipients: Vec<String>,
    /// Whoever knows the passphrase, which is the first line of standard input.
    #[arg(long)]
    pub(crate) passphrase: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Entry {
    /// List the entries: id, domain, title, state, and why it is in it.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take an entry down and set it up again.
    Reload {
        /// The address of a running hub. The token of an administrator is read from `DOORWARD_TOKEN`.
        #[arg(long)]
        url: String,
        /// The entry's id.
        entry: String,
    },
    /// Remove an entry with its devices and entities.
    Remove {
        #[command(flatten)]
        place: Place,
        /// The entry's id.
        entry: String,
    },
    /// Ask for new credentials of an entry: a reauthentication appears in the interface.
    Reauth {
        /// The address of a running hub. The token of an administrator is read from `DOORWARD_TOKEN`.
        #[arg(long)]
        url: String,
        /// The entry's id.
        entry: String,
    },
}

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
    },
    /// Revoke a token.
    Revoke {
        #[command(flatten)]
        place: Place,
        /// The token's id, as `list` shows it.
        id: String,
    },
}

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
