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
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8123")]
        listen: SocketAddr,
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
    /// List and change users. The hub must not be running on the same data.
    #[command(subcommand)]
    User(User),
    /// List and change groups. The hub must not be running on the same data.
    #[command(subcommand)]
    Group(Group),
    /// List and make tokens for programs. The hub must not be running on the same data.
    #[command(subcommand)]
    Token(Token),
    /// Work with policies, in files or in a home.
    #[command(subcommand)]
    Policy(Policy),
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

/// Where the entries are: in data that no hub is running on, or in a running hub.
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
        #[arg(long)]
        data: PathBuf,
    },
    /// Make a user. The password is read from standard input.
    Create {
        #[arg(long)]
        data: PathBuf,
        /// The name to log in with: lower case.
        username: String,
        /// The name to show; the user name if left out.
        #[arg(long)]
        name: Option<String>,
        /// The groups, once for each.
        #[arg(long = "group")]
        groups: Vec<String>,
    },
    /// Change a user.
    Update {
        #[arg(long)]
        data: PathBuf,
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
        #[arg(long)]
        data: PathBuf,
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
        #[arg(long)]
        data: PathBuf,
        /// User name, name or id.
        user: String,
    },
    /// Remove a user for good.
    Remove {
        #[arg(long)]
        data: PathBuf,
        /// User name, name or id.
        user: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// List the groups and their policies.
    List {
        #[arg(long)]
        data: PathBuf,
    },
    /// Make a group or change it.
    Set {
        #[arg(long)]
        data: PathBuf,
        /// The group's id.
        id: String,
        /// The name to show; the id if left out.
        #[arg(long)]
        name: Option<String>,
        /// A file with the policy as JSON; `-` for standard input.
        #[arg(long)]
        policy: PathBuf,
    },
    /// Remove a group that nobody is in.
    Remove {
        #[arg(long)]
        data: PathBuf,
        /// The group's id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// List everybody's tokens, without their secrets.
    List {
        #[arg(long)]
        data: PathBuf,
    },
    /// Make a long-lived access token and print it.
    Create {
        #[arg(long)]
        data: PathBuf,
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
        #[arg(long)]
        data: PathBuf,
        /// The token's id, as `list` shows it.
        id: String,
    },
}
