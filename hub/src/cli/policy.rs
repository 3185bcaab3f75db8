//! `doorward policy`: its commands and options.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, a line each.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// An entity, and what to do with it.
#[derive(Debug, Args)]
pub(crate) struct Question {
    /// The entity's id, such as `light.kitchen`. It need not exist.
    pub(crate) entity: String,
    /// `read`, `control` or `edit`.
    pub(crate) permission: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Say everything that is wrong with a policy, with a hint where there is one.
    Validate {
        /// A file with the policy as JSON; `-` for standard input.
        file: PathBuf,
        /// What Home Assistant itself would have names for, and nothing else.
        #[arg(long)]
        home_assistant: bool,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say what is odd about a policy: rules that grant nothing new, names that nothing has, limits that limit nothing.
    Lint {
        /// A file with the policy as JSON; `-` for standard input.
        file: PathBuf,
        /// The home that it is meant for; without one, only what is odd anywhere.
        #[arg(long)]
        data: Option<PathBuf>,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Print the merge of policies: what somebody may do who is in all of those groups.
    Merge {
        /// Files with policies as JSON.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print where two policies differ, and what that means in a home.
    Diff {
        before: PathBuf,
        after: PathBuf,
        /// The home: which entities are gained and lost.
        #[arg(long)]
        data: Option<PathBuf>,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say who would gain and lose which entities if a group had another policy.
    Preview {
        #[arg(long)]
        data: PathBuf,
        /// The group's id.
        group: String,
        /// A file with the policy as JSON; `-` for standard input.
        file: PathBuf,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say whether a policy, or a user of a home, may do something with an entity; exit status 1 if not.
    Check {
        /// A file with the policy as JSON; needed unless `--user` is given.
        #[arg(long, conflicts_with = "user")]
        policy: Option<PathBuf>,
        /// The home: whose user, and where entities are.
        #[arg(long)]
        data: Option<PathBuf>,
        /// User name, name or id.
        #[arg(long, requires = "data")]
        user: Option<String>,
        #[command(flatten)]
        question: Question,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Say why a user may or may not do something with an entity.
    Explain {
        #[arg(long)]
        data: PathBuf,
        /// User name, name or id.
        #[arg(long)]
        user: String,
        #[command(flatten)]
        question: Question,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// List who may do something with an entity, and why.
    WhoCan {
        #[arg(long)]
        data: PathBuf,
        #[command(flatten)]
        question: Question,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// List what a user may do: the entities they may read, control and edit.
    WhatCan {
        #[arg(long)]
        data: PathBuf,
        /// User name, name or id.
        #[arg(long)]
        user: String,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Run the hub until it is asked to end (Ctrl-C), then print the smallest policy that allows what a user did meanwhile:
    /// states that were asked for by id, services that were called. What lists show is not counted.
    Record {
        #[arg(long)]
        data: PathBuf,
        /// User name, name or id.
        #[arg(long)]
        user: String,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:8123")]
        listen: SocketAddr,
        /// Name areas, domains and the like where everything there was used. They also speak of what comes there later.
        #[arg(long)]
        by_place: bool,
    },
    /// Print the smallest policy that allows what was done.
    Smallest {
        #[arg(long)]
        data: PathBuf,
        /// What was done: an entity's id and a permission on each line; `-` for standard input.
        file: PathBuf,
        /// Name areas, domains and the like where everything there was used. They also speak of what comes there later.
        #[arg(long)]
        by_place: bool,
    },
}
