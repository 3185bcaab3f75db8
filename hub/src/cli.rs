//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod accounts;
mod audit;
mod policy;
mod security;
pub(crate) use accounts::{Group, Token, User};
pub(crate) use audit::Audit;
pub(crate) use policy::{Format, Policy, Question};
pub(crate) use security::{Ban, StepUp};

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

/// Which web frontend is served.
#[derive(Debug, Args)]
pub(crate) struct FrontendFiles {
    /// Serve Home Assistant's web frontend from this directory, into which the Python package home-assistant-frontend was
    /// unpacked.
    #[arg(long = "frontend", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Which releases of it are served.
    #[arg(long = "frontend-release", value_enum, default_value = "tried")]
    pub(crate) release: FrontendRelease,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FrontendRelease {
    /// The one that this hub was tried with.
    Tried,
    /// Whatever is there.
    Any,
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
        #[command(flatten)]
        frontend: FrontendFiles,
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
        #[command(flatten)]
        frontend: FrontendFiles,
        /// A Home Assistant's configuration directory that whoever sets an empty home up in the browser may bring in.
        #[arg(long, value_name = "HA_CONFIG_DIR")]
        import_from: Option<PathBuf>,
    },
    /// Print the description of the REST API: OpenAPI 3.1, as JSON.
    Openapi,
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
    /// List and change which addresses are shut out.
    #[command(subcommand)]
    Ban(Ban),
    /// Say what must be shown before something dangerous is done, and show it.
    #[command(subcommand)]
    StepUp(StepUp),
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
