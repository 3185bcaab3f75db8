//! A crowd for minutes: many idle sockets, busy ones, readers that keep up, readers that do not, logins and revocations all
//! the while. Looks whether memory stays, whether anything is lost for those who keep up, whether those who do not are
//! dropped, and whether the others feel any of it.
//!
//! Run by `cargo xtask soak --minutes M`.

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "the figures are the output; a member of JSON that is missing is null"
)]

mod client;
mod hub;
#[path = "../../login.rs"]
mod login;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use client::Client;
use hub::Hub;
use serde_json::json;

const IDLE: usize = 2000;
const BUSY: usize = 200;
const BUSY_THREADS: usize = 4;
const READERS: usize = 10;
const SLOW: usize = 50;
/// How often a busy client does something.
const EVERY: Duration = Duration::from_secs(1);

/// What everybody shares.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    fired: AtomicUsize,
    delivered: AtomicUsize,
    lost: AtomicUsize,
    logins: AtomicUsize,
    revoked: AtomicUsize,
    alive_after_revocation: AtomicUsize,
    /// Seconds since the start, and microseconds that a command took.
    taken: Mutex<Vec<(f64, f64)>>,
}

fn main() -> Result<()> {
    let minutes: f64 = std::env::args().nth(1).context("minutes")?.parse()?;
    let mut hub = Hub::start()?;
    let shared = Arc::<Shared>::default();
    let begun = Instant::now();
    let mut threads = Vec::new();
    let mut start = |work: Box<dyn FnOnce() -> Result<()> + Send>| threads.push(thread::spawn(work));

    let mut idle = Vec::new();
    for _ in 0..IDLE {
        idle.push(Client::open(&hub.address, &hub.token)?);
    }
    // They never read: what is sent to them waits, until the hub has had enough.
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut client = Client::open(&hub.address, &hub.token)?;
        client.command("subscribe_events", json!({"event_type": "soak"}))?;
        slow.push(client);
    }
    for _ in 0..READERS {
        let client = Client::open(&hub.address, &hub.token)?;
        start(Box::new({
            let shared = Arc::clone(&shared);
            move || read(client, &shared)
        }));
    }
    for thread in 0..BUSY_THREADS {
        let clients = (0..BUSY / BUSY_THREADS).map(|_| Client::open(&hub.address, &hub.token));
        let clients = clients.collect::<Result<Vec<_>>>()?;
        start(Box::new({
            let shared = Arc::clone(&shared);
            move || fire(clients, thread, &shared, begun)
        }));
    }
    start(Box::new({
        let (shared, address) = (Arc::clone(&shared), hub.address.clone());
        move || come_and_go(&address, &shared)
    }));

    let end = begun + Duration::from_secs_f64(60.0 * minutes);
    let mut memory = Vec::new();
    while Instant::now() < end {
        thread::sleep(Duration::from_secs(5));
        memory.push((begun.elapsed().as_secs_f64(), hub.resident_megabytes()?));
        // Who is asked whether they are still there answers.
        idle.iter_mut().try_for_each(Client::breathe)?;
    }
    shared.stop.store(true, Relaxed);
    // One more, so that readers who wait for something look up.
    let mut last = Client::open(&hub.address, &hub.token)?;
    last.result("fire_event", json!({"event_type": "soak", "event_data": {"last": true}}))?;
    for thread in threads {
        thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    }
    let dropped = slow.into_iter().filter_map(|mut client| client.is_dropped().ok()).filter(|dropped| *dropped).count();
    let answering = idle.iter_mut().filter_map(|client| client.result("ping", json!({})).ok()).count();
    let stopped = hub.stop()?;
    report(&shared, &memory, dropped, answering);
    ensure!(stopped, "the hub did not end well");
    ensure!(shared.lost.load(Relaxed) == 0, "something was lost for those who keep up");
    ensure!(shared.alive_after_revocation.load(Relaxed) == 0, "a revoked session went on");
    ensure!(answering == IDLE, "{} idle sockets were dropped", IDLE - answering);
    Ok(())
}

/// Fires events one after the other, each numbered, and notes how long each took.
fn fire(mut clients: Vec<Client>, thread: usize, shared: &Shared, begun: Instant) -> Result<()> {
    let mut n = 0_u64;
    // So large that those who do not read have enough of it soon.
    let ballast = "x".repeat(2000);
    while !shared.stop.load(Relaxed) {
        let round = Instant::now();
        for (at, client) in clients.iter_mut().enumerate() {
            let data = json!({"from": format!("{thread}.{at}"), "n": n, "ballast": ballast});
            let asked = Instant::now();
            client.result("fire_event", json!({"event_type": "soak", "event_data": data}))?;
            let taken = asked.elapsed().as_micros() as f64;
            shared.fired.fetch_add(1, Relaxed);
            let mut all = shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((begun.elapsed().as_secs_f64(), taken));
            drop(all);
            thread::sleep(EVERY.checked_div(clients_in(BUSY)).unwrap_or_default());
        }
        n += 1;
        thread::sleep(EVERY.saturating_sub(round.elapsed()));
    }
    Ok(())
}

fn clients_in(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Reads everything, and looks whether a number is missing.
fn read(mut client: Client, shared: &Shared) -> Result<()> {
    client.command("subscribe_events", json!({"event_type": "soak"}))?;
    let mut next = std::collections::HashMap::<String, u64>::new();
    loop {
        let message = client.read()?;
        let data = &message["event"]["data"];
        if data["last"] == true {
            return Ok(());
        }
        let (Some(from), Some(n)) = (data["from"].as_str(), data["n"].as_u64()) else { continue };
        let expected = next.entry(from.to_owned()).or_insert(n);
        if *expected != n {
            shared.lost.fetch_add(1, Relaxed);
        }
        *expected = n + 1;
        shared.delivered.fetch_add(1, Relaxed);
    }
}

/// Logs in, opens a socket, and has the session revoked: the socket must close.
fn come_and_go(address: &str, shared: &Shared) -> Result<()> {
    while !shared.stop.load(Relaxed) {
        let session = hub::log_in(address)?;
        shared.logins.fetch_add(1, Relaxed);
        let mut client = Client::open(address, &session.access_token)?;
        client.result("ping", json!({}))?;
        hub::revoke(address, &session.refresh_token)?;
        shared.revoked.fetch_add(1, Relaxed);
        if client.result("ping", json!({})).is_ok() {
            shared.alive_after_revocation.fetch_add(1, Relaxed);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn report(shared: &Shared, memory: &[(f64, f64)], dropped: usize, answering: usize) {
    let taken = shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = taken.last().map_or(0.0, |(at, _)| *at);
    let percentile = |from: f64, to: f64| {
        let mut some: Vec<f64> =
            taken.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, micros)| *micros).collect();
        some.sort_by(f64::total_cmp);
        some.get(some.len() * 99 / 100).copied().unwrap_or_default()
    };
    let of = |counter: &AtomicUsize| counter.load(Relaxed);
    for (at, megabytes) in memory.iter().step_by((memory.len() / 10).max(1)) {
        println!("after {at:.0} s: {megabytes:.1} MB");
    }
    println!(
        "{} events fired, {} delivered to {READERS} who keep up, {} lost",
        of(&shared.fired),
        of(&shared.delivered),
        of(&shared.lost)
    );
    println!(
        "{} logins, {} revoked, {} alive after that",
        of(&shared.logins),
        of(&shared.revoked),
        of(&shared.alive_after_revocation)
    );
    println!("{dropped} of {SLOW} who do not read dropped, {answering} of {IDLE} idle sockets answer");
    println!(
        "99th percentile of a command: {:.0} us in the first quarter, {:.0} us in the last",
        percentile(0.0, whole / 4.0),
        percentile(whole * 0.75, f64::MAX)
    );
}
