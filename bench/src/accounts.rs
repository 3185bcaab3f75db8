//! What signing in costs, and what it costs everybody else.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use auth_core::principal::danger;
use home::{Home, SetAudit};

use crate::{Figure, home_of, login::log_in, websocket::Caller};

const CHECKS: usize = 200_000;
const CALLS: usize = 3000;
const ROUNDS: usize = 5;
const LOGINS_FOR: Duration = Duration::from_secs(3);

pub(crate) fn run() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (home, address, token) = runtime.block_on(home_of::open_and_serve())?;
    let mut figures = vec![token_check(&home, &token)];
    figures.push(audit(&runtime, &home, address, &token)?);
    figures.extend(logins(address, &token)?);
    Ok(figures)
}

/// Who is it, by an access token that was seen before.
fn token_check(home: &Home, token: &str) -> Figure {
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..CHECKS {
            _ = std::hint::black_box(home.authenticate(std::hint::black_box(token), ip));
        }
        best = best.min(begun.elapsed().as_nanos() as f64 / CHECKS as f64 / 1000.0);
    }
    Figure { name: "who is it, by an access token / a bound", ours: best, baseline: 2.0, unit: "us", aim: "1" }
}

/// A service call that is recorded against one that is not.
fn audit(runtime: &tokio::runtime::Runtime, home: &Home, address: SocketAddr, token: &str) -> Result<Figure> {
    let set = |control: bool| {
        let wish = SetAudit { control: Some(control), keep_days: None, keep_lines: None };
        let asked = home.bus().authorize(&danger::system_principal("bench"), wish)?;
        runtime.block_on(home.set_audit(asked))?;
        anyhow::Ok(())
    };
    let keeping = runtime.spawn({
        let home = home.clone();
        async move {
            loop {
                _ = home.flush_audit().await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    });
    let mut caller = Caller::log_in(address, token)?;
    let (mut on, mut off) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        set(true)?;
        on = on.min(caller.time(CALLS)?);
        set(false)?;
        off = off.min(caller.time(CALLS)?);
    }
    keeping.abort();
    Ok(Figure { name: "call_service, recorded / not recorded", ours: on, baseline: off, unit: "us", aim: "1.1" })
}

/// Logins as fast as they go, and what everybody else feels of them.
fn logins(address: SocketAddr, token: &str) -> Result<Vec<Figure>> {
    let alone = slowest(address, token, LOGINS_FOR)?;
    let (stop, n) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (stop, n) = (Arc::clone(&stop), Arc::clone(&n));
            std::thread::spawn(move || {
                while !stop.load(Relaxed) {
                    if log_in(&address.to_string(), "pass").is_ok() {
                        n.fetch_add(1, Relaxed);
                    }
                }
            })
        })
        .collect();
    let begun = Instant::now();
    let beside = slowest(address, token, LOGINS_FOR)?;
    stop.store(true, Relaxed);
    let per_second = n.load(Relaxed) as f64 / begun.elapsed().as_secs_f64();
    for client in clients {
        _ = client.join();
    }
    Ok(vec![
        Figure {
            name: "logins a second, four clients / a bound",
            ours: per_second,
            baseline: 20.0,
            unit: "/s",
            aim: "> 1",
        },
        Figure {
            name: "GET /api/, 99th percentile beside logins / alone",
            ours: beside,
            baseline: alone,
            unit: "us",
            aim: "-",
        },
    ])
}

/// Returns the 99th percentile of requests one after the other, in microseconds.
fn slowest(address: SocketAddr, token: &str, during: Duration) -> Result<f64> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let request = format!("GET /api/ HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
    let mut buffer = [0; 4096];
    let mut taken = Vec::new();
    let end = Instant::now() + during;
    while Instant::now() < end {
        let begun = Instant::now();
        socket.write_all(request.as_bytes())?;
        let n = socket.read(&mut buffer)?;
        anyhow::ensure!(buffer.get(..n).is_some_and(|got| got.starts_with(b"HTTP/1.1 200")), "no answer");
        taken.push(begun.elapsed().as_micros() as f64);
    }
    taken.sort_by(f64::total_cmp);
    taken.get(taken.len() * 99 / 100).copied().context("no request")
}
