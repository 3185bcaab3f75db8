//! What keeping the past costs beside publishing it, and a day of one entity against writing the same JSON.

use std::{hint::black_box, time::Instant};

use anyhow::{Context, Result, ensure};
use auth_core::{EntityId, Principal};
use home::{Home, ReadHistory, Shape, history_states};
use recorder::Period;
use serde_json::Value;
use service_bus::{Feed, OpenFeed, StateWriter, now};

use crate::{Figure, home_of};

/// States of one round: as many as may wait to be taken in.
const STATES: usize = 50_000;

/// As many states as one entity keeps.
const DAY: usize = 5_000;

const ROUNDS: usize = 7;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (home, writer, reader) = runtime.block_on(home_of::unserved(true))?;
    let (bare_home, bare_writer, _) = runtime.block_on(home_of::unserved(false))?;
    // Somebody listens to both, as in any home with an open page.
    let (mut page, mut bare_page) = (listen(&home, &reader)?, listen(&bare_home, &reader)?);
    let lamps: Vec<_> = (0..100).map(|n| format!("light.lamp_{n:04}").parse()).collect::<Result<_, _>>()?;
    let (mut bare, mut published, mut recorded) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(publish(&bare_writer, &lamps)?);
        while bare_page.try_next().is_some() {}
        published = published.min(publish(&writer, &lamps)?);
        while page.try_next().is_some() {}
        let start = Instant::now();
        black_box(read(&home, &reader, "light.lamp_0000")?);
        recorded = recorded.min(start.elapsed().as_nanos() as f64 / STATES as f64);
    }
    let writes = Figure {
        name: "a state published to a page and the history / to the page",
        ours: published,
        baseline: bare,
        unit: "ns",
        aim: "1.2",
    };
    let states = Figure {
        name: "a state taken into the history / published on the bus",
        ours: recorded,
        baseline: published,
        unit: "ns",
        aim: "1",
    };
    Ok(vec![writes, states, day(&home, &writer, &reader)?])
}

fn listen(home: &Home, reader: &Principal) -> Result<Feed> {
    let feed = home.bus().open_feed(home.bus().authorize(reader, OpenFeed { capacity: STATES })?);
    feed.listen(Some("state_changed"));
    Ok(feed)
}

/// Returns nanoseconds for each state that is written.
fn publish(writer: &StateWriter, lamps: &[EntityId]) -> Result<f64> {
    let start = Instant::now();
    for n in 0..STATES {
        let lamp = lamps.get(n % lamps.len()).context("a lamp")?;
        writer.set(
            lamp,
            if (n / lamps.len()).is_multiple_of(2) { "on" } else { "off" },
            home_of::attributes("Lamp"),
        )?;
    }
    Ok(start.elapsed().as_nanos() as f64 / STATES as f64)
}

fn read(home: &Home, reader: &Principal, entity_id: &str) -> Result<String> {
    let period = Period { start: now().plus_secs(-86_400), ..Period::default() };
    let shape = Shape::default();
    let wish = ReadHistory { entities: vec![(entity_id.parse()?, 0)], period, shape };
    let history = home.history(home.bus().authorize(reader, wish)?);
    Ok(history_states(&history.viewer(), &history.entities, period.start, shape))
}

fn day(home: &Home, writer: &StateWriter, reader: &Principal) -> Result<Figure> {
    let lamp = "light.lamp_0100".parse()?;
    for n in 0..DAY {
        writer.set(&lamp, if n % 2 == 0 { "off" } else { "on" }, home_of::attributes("Lamp"))?;
    }
    let text = read(home, reader, "light.lamp_0100")?;
    let value: Value = serde_json::from_str(&text)?;
    let n = value.get("light.lamp_0100").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(n == DAY, "{n} states are known");
    let (mut ours, mut baseline) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(read(home, reader, "light.lamp_0100")?);
        ours = ours.min(start.elapsed().as_nanos() as f64 / 1e6);
        let start = Instant::now();
        black_box(value.to_string());
        baseline = baseline.min(start.elapsed().as_nanos() as f64 / 1e6);
    }
    let name = "history of 5,000 states of one entity / the same JSON from memory";
    Ok(Figure { name, ours, baseline, unit: "ms", aim: "2" })
}
