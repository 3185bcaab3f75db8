//! What a check costs in other policy engines, beside ours in the same run; `--json` prints an object instead of a table.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod casbin;
mod cedar;
mod home;
mod measure;
mod rego;

use anyhow::{Context, Result, ensure};
use engine_bench::world::World;
use measure::Cell;
use serde_json::{Value, json};

/// The hub's own, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 2] = [1_000, 100_000];

/// What tells whether errors carry a backtrace.
const BACKTRACE: &str = "RUST_LIB_BACKTRACE";

/// An engine, the form of the rules in it, and what turns a world into measured cells.
type Line = (&'static str, &'static str, fn(&World) -> Result<Cell>);

const LINES: [Line; 7] = [
    ("cedar", "a policy for each rule", |world| {
        let engine = cedar::Cedar::new(world, cedar::Form::OnePerRule)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
    ("cedar", "rules in lists", |world| {
        let engine = cedar::Cedar::new(world, cedar::Form::Lists)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
    ("cedar", "rules as parents", |world| {
        let engine = cedar::Cedar::new(world, cedar::Form::Parents)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
    ("casbin", "places as resource roles", |world| {
        let engine = casbin::WithRoles::new(world)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
    ("casbin", "places in the request", |world| {
        let engine = casbin::WithFacts::new(world)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
    ("regorus", "interpreter", |world| {
        let mut engine = rego::Interpreter::new(world)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
    ("regorus", "virtual machine", |world| {
        let mut engine = rego::Machine::new(world)?;
        measure::compare(world, |name, permission| engine.check(name, permission))
    }),
];

/// A line of the table: an engine at every size.
struct Row {
    engine: &'static str,
    form: &'static str,
    cells: Vec<Cell>,
}

fn main() -> Result<()> {
    if std::env::var_os(BACKTRACE).is_none_or(|value| value != "0") {
        return without_backtraces();
    }
    let as_json = std::env::args().any(|argument| argument == "--json");
    let worlds = SIZES.map(World::new);
    let mut rows = Vec::new();
    for (engine, form, run) in LINES {
        let cell = |world| run(world).with_context(|| format!("{engine}, {form}, {} entities", world.names.len()));
        rows.push(Row { engine, form, cells: worlds.iter().map(cell).collect::<Result<_>>()? });
    }
    let ours: Vec<f64> = (0..SIZES.len()).map(|n| best_of_ours(&rows, n)).collect();
    if as_json {
        println!("{}", object(&rows, &ours));
    } else {
        print_table(&rows, &ours);
    }
    Ok(())
}

/// Runs this program again where errors carry no backtrace: an engine that uses errors inside would pay for each.
fn without_backtraces() -> Result<()> {
    let again = std::process::Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(BACKTRACE, "0")
        .status()?;
    ensure!(again.success(), "the comparison failed");
    Ok(())
}

/// Returns our best at a size, of all the turns that were taken with others.
fn best_of_ours(rows: &[Row], n: usize) -> f64 {
    rows.iter().filter_map(|row| row.cells.get(n)).map(|cell| cell.ours).fold(f64::MAX, f64::min)
}

fn print_table(rows: &[Row], ours: &[f64]) {
    let line = |engine: &str, cells: &[String], times: &str| {
        let cells: String = cells.iter().map(|cell| format!(" | {cell:>16}")).collect();
        println!("{engine:<34}{cells} | {times}");
    };
    line("engine", &["1,000 entities".to_owned(), "100,000 entities".to_owned()], "times ours");
    line("ours", &ours.iter().map(|ours| nanoseconds(*ours)).collect::<Vec<_>>(), "1 / 1");
    for Row { engine, form, cells } in rows {
        let costs: Vec<String> =
            cells.iter().map(|cell| cell.theirs.map_or("too slow".to_owned(), nanoseconds)).collect();
        // To what ours cost in the same turns.
        let times = cells.iter().map(|cell| match cell.theirs {
            Some(theirs) => format!("{:.0}", theirs / cell.ours),
            None => "-".to_owned(),
        });
        line(&format!("{engine}, {form}"), &costs, &times.collect::<Vec<_>>().join(" / "));
    }
    for Row { engine, form, cells } in rows {
        let same: Vec<String> = cells.iter().map(|cell| cell.same.to_string()).collect();
        println!("{engine}, {form}: the same answer as ours to {} questions", same.join(" and "));
    }
}

fn nanoseconds(cost: f64) -> String {
    if cost < 100.0 { format!("{cost:.1} ns") } else { format!("{cost:.0} ns") }
}

fn object(rows: &[Row], ours: &[f64]) -> Value {
    let by_size = |what: Vec<Value>| -> Value {
        SIZES.iter().map(ToString::to_string).zip(what).collect::<serde_json::Map<_, _>>().into()
    };
    let row = |Row { engine, form, cells }: &Row| {
        let times = cells.iter().map(|cell| json!(cell.theirs.map(|theirs| theirs / cell.ours)));
        json!({
            "engine": engine, "form": form,
            "ns": by_size(cells.iter().map(|cell| json!(cell.theirs)).collect()),
            "times_ours": by_size(times.collect()),
            "same_answers": by_size(cells.iter().map(|cell| json!(cell.same)).collect()),
        })
    };
    json!({
        "unit": "ns",
        "ours": by_size(ours.iter().map(|ours| json!(ours)).collect()),
        "engines": rows.iter().map(row).collect::<Vec<_>>(),
    })
}
