//! `oracle`: runs vectors of the permission system, in the format of `testdata/oracle/README.md`.
//!
//! What a line tests is recognised by its members, so a file may have any name. The homes that lines name are looked
//! for in the file itself, then in `registries.jsonl` beside it, then in the other files there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::output::{Tally, cut, say};

mod line;
mod mismatch;

mod house;
mod library;

mod access;
mod policies;
mod quirks;

use library::Library;
use line::Line;
use mismatch::{Mismatch, Outcome};

/// Runs every line of every file; prints each failure (the first fifty) and a count for each file.
pub(crate) fn run(paths: &[PathBuf]) -> Tally {
    let mut report = Report::default();
    for path in paths {
        match files(path) {
            Ok(files) => files.iter().for_each(|file| report.file(file)),
            Err(error) => report.unreadable(path, &error),
        }
    }
    if report.n_shown > MAX_SHOWN {
        say(format_args!("… and {} more failures", report.n_shown - MAX_SHOWN));
    }
    report.tally
}

/// How many failures are printed.
const MAX_SHOWN: usize = 50;

#[derive(Default)]
struct Report {
    tally: Tally,
    n_shown: usize,
}

impl Report {
    fn file(&mut self, path: &Path) {
        let text = match fs::read_to_string(path).context("cannot be read") {
            Ok(text) => text,
            Err(error) => return self.unreadable(path, &error),
        };
        let mut library = Library::new(path, &text);
        let mut tally = Tally::default();
        // Not `lines()`: strings may hold other line ends, and `\r` belongs to what stands before it.
        for (n, line) in text.split('\n').enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let outcome = run_line(line, &mut library);
            tally.count(outcome.is_ok());
            if let Err(mismatch) = outcome {
                let id = line::id_of(line).unwrap_or_else(|| format!("line {}", n + 1));
                self.failure(path, &id, &mismatch);
            }
        }
        say(format_args!("{}: {tally}", path.display()));
        self.tally += tally;
    }

    fn unreadable(&mut self, path: &Path, error: &anyhow::Error) {
        self.tally.count(false);
        say(format_args!("FAIL {}: {error:#}", path.display()));
    }

    fn failure(&mut self, path: &Path, id: &str, mismatch: &Mismatch) {
        self.n_shown += 1;
        if self.n_shown <= MAX_SHOWN {
            let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let Mismatch { what, expected, got } = mismatch;
            let (expected, got) = (cut(expected, 300), cut(got, 300));
            say(format_args!("FAIL {file} {id}: {what}: expected {expected}, got {got}"));
        }
    }
}

/// Returns the file itself, or the `.jsonl` files of a folder by name.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if fs::metadata(path).context("cannot be found")?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    library::vector_files(path)
}

fn run_line(text: &str, library: &mut Library) -> Outcome {
    match Line::parse(text)? {
        // The first line to name a home builds it; here it only has to be possible.
        Line::Registry(line) => house::House::new(&line).map(drop),
        Line::Validate(line) => policies::validate(&line),
        Line::Text(line) => policies::validate_text(&line),
        Line::Merge(line) => policies::merge(&line),
        Line::MergeUnvalidated(line) => policies::merge_unvalidated(&line),
        Line::Check(line) => access::check(&line, library),
        Line::CheckUnvalidated(line) => access::check_unvalidated(&line, library),
        Line::User(line) => access::user(&line, library),
        Line::Filter(line) => access::filter(&line, library),
        Line::Quirk(line) => quirks::run(&line, library),
    }
}

#[cfg(test)]
mod tests;
