//! What permissions cost, each question beside the least that anything like it could cost, measured in the same run.
//!
//! Run by `cargo xtask bench engine [--json]`. `--svg FILE` draws the picture of the README. `count QUESTION TIMES` asks one question so often and does nothing else:
//! for whoever counts instructions.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod change;
mod check;
mod count;
mod figure;
mod memory;
mod merge;
mod number;
mod picture;
mod visible;

use anyhow::Result;
use figure::Figure;

/// The hub's own, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["count", question, times] = arguments.as_slice() {
        return count::run(question, times.parse()?);
    }
    let mut figures = Vec::new();
    figures.extend(check::run());
    figures.extend(number::run());
    figures.extend(visible::run());
    figures.extend(merge::run());
    figures.extend(change::run());
    figures.extend(memory::run()?);
    if let Some(at) = arguments.iter().position(|argument| *argument == "--svg")
        && let Some(file) = arguments.get(at + 1)
    {
        std::fs::write(file, picture::svg(&figures))?;
    }
    if arguments.contains(&"--json") {
        println!("{}", figure::as_json(&figures));
    } else {
        figures.iter().for_each(|figure| println!("{figure}"));
    }
    Ok(())
}
