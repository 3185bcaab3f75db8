//! How long the demo hub takes to answer, and how much memory it then holds.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::Figure;

const ROUNDS: usize = 5;
const SETTLING: Duration = Duration::from_secs(3);

pub(crate) fn run() -> Result<Vec<Figure>> {
    let binary = std::env::current_exe()?.with_file_name("doorward");
    ensure!(binary.exists(), "{}: build it first, with cargo build --release -p hub", binary.display());
    let (mut millis, mut megabytes) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let (time, memory) = once(&binary)?;
        millis = millis.min(time);
        megabytes = megabytes.min(memory);
    }
    Ok(vec![
        Figure { name: "demo hub: start to first answer", ours: millis, baseline: 300.0, unit: "ms", aim: "1" },
        Figure {
            name: "demo hub: resident memory, three seconds later",
            ours: megabytes,
            baseline: 40.0,
            unit: "MB",
            aim: "1",
        },
    ])
}

fn once(binary: &PathBuf) -> Result<(f64, f64)> {
    // What the demo keeps, and leaves behind when it is killed, goes with this directory.
    let dir = std::env::temp_dir().join(format!("doorward-bench-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let file = dir.join("creds.json");
    let start = Instant::now();
    let mut process = Command::new(binary)
        .args(["demo", "--listen", "127.0.0.1:0", "--creds-file"])
        .arg(&file)
        .env("TMPDIR", &dir)
        .stdout(Stdio::null())
        .spawn()?;
    while !file.exists() && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let time = start.elapsed().as_micros() as f64 / 1000.0;
    // Six users' passwords have just been hashed, 20 MB each; what the hub holds afterwards is what counts.
    std::thread::sleep(SETTLING);
    let status = fs::read_to_string(format!("/proc/{}/status", process.id()));
    process.kill()?;
    process.wait()?;
    fs::remove_dir_all(&dir)?;
    let status = status?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kilobytes: f64 = resident.trim().trim_end_matches(" kB").trim().parse()?;
    Ok((time, kilobytes / 1024.0))
}
