//! What the hub costs, as ratios to baselines measured in the same run on the same machine.
//!
//! Run by `cargo xtask bench [NAME] [--json]`. Nothing here fails on time: figures are printed, with the aim beside
//! them.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod accounts;
mod demo;
mod history;
mod home_of;
mod login;
mod mqtt;
mod pages;
mod rest;
mod websocket;

use anyhow::Result;
use serde_json::json;

/// The hub's own, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One figure: ours, a baseline's, and what we aim at.
pub(crate) struct Figure {
    name: &'static str,
    ours: f64,
    baseline: f64,
    unit: &'static str,
    aim: &'static str,
}

impl Figure {
    fn ratio(&self) -> f64 {
        self.ours / self.baseline
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let name = arguments.iter().find(|argument| !argument.starts_with("--"));
    let wanted = |bench: &str| name.is_none_or(|name| name == bench);
    let mut figures = Vec::new();
    if wanted("rest") {
        figures.push(rest::run()?);
    }
    if wanted("websocket") {
        figures.push(websocket::run()?);
    }
    if wanted("accounts") {
        figures.extend(accounts::run()?);
    }
    if wanted("pages") {
        figures.push(pages::run()?);
    }
    if wanted("history") {
        figures.extend(history::run()?);
    }
    if wanted("demo") {
        figures.extend(demo::run()?);
    }
    if wanted("mqtt") {
        let measured = mqtt::run()?;
        if measured.is_empty() {
            eprintln!("left out: mqtt, since mosquitto is not installed");
        }
        figures.extend(measured);
    }
    for figure in &figures {
        if as_json {
            let (ours, baseline, ratio) = (figure.ours, figure.baseline, figure.ratio());
            println!(
                "{}",
                json!({"name": figure.name, "ours": ours, "baseline": baseline, "ratio": ratio, "unit": figure.unit, "aim": figure.aim})
            );
        } else {
            println!(
                "{:<58} {:>10.2} / {:>10.2} {:<4} = {:>5.2}   aim {}",
                figure.name,
                figure.ours,
                figure.baseline,
                figure.unit,
                figure.ratio(),
                figure.aim
            );
        }
    }
    Ok(())
}
