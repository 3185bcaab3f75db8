//! What a home of 100,000 entities takes, counted block by block in a process of its own.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::Figure;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let program = std::env::current_exe()?.with_file_name("allocations");
    let done = Command::new(&program).arg("memory").output().with_context(|| program.display().to_string())?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let counted: Value = serde_json::from_slice(&done.stdout)?;
    let megabytes = |name: &str| counted.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN) / 1e6;
    Ok(vec![Figure {
        key: "memory_100k",
        question: "memory, 100,000 entities, 100 sets, 3 lists",
        ours: megabytes("ours") - megabytes("names"),
        against: "a bit per entity, set and list, 16 bytes per entity, the policies; a table of names beside both",
        limit: megabytes("limit"),
        unit: "MB",
        aim: 1.0,
    }])
}
