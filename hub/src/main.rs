//! `doorward`: a Home Assistant-compatible hub whose permissions hold.
//!
//! This binary puts the crates together. The hub's own principals are made here and nowhere else.

mod cli;
mod command;
mod config;
mod integrations;
mod output;
mod run;
mod sign_on;
mod web;

use std::{process::ExitCode, time::Duration};

use clap::Parser;

/// Gives what password hashing took (20 MB a check) back to the system, which the system's own allocator keeps.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    output::start_log(arguments.log_format);
    // Threads that hashed passwords end soon after, and with them the memory that they worked in.
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = match builder.enable_all().thread_keep_alive(Duration::from_secs(1)).build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&error.into()),
    };
    match runtime.block_on(command::run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::failed(&error),
    }
}
