//! Asks an engine and ours the same questions: first whether they agree, then what each costs.

use std::{
    collections::HashSet,
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use engine_bench::world::World;
use policy_merge::Permission;

use crate::home::{Kind, places, rules};

/// The most questions that have to be answered the same, and the fewest, where an engine is slow.
const SAMPLE: usize = 3_000;
const FEWEST: usize = 500;

/// How long comparing answers may go on once the fewest have been compared.
const PATIENCE: Duration = Duration::from_secs(15);

/// An engine that needs longer than this for one check is not measured.
const TOO_SLOW: Duration = Duration::from_millis(200);

/// How long a round of the other engine may take; a round of a slow one has fewer questions. Ours always gets all of them.
const ROUND: Duration = Duration::from_millis(400);
const ROUNDS: u32 = 11;

/// What one engine and ours cost at one size.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Nanoseconds for a check of ours.
    pub(crate) ours: f64,
    /// Nanoseconds for a check of the other, unless it is too slow.
    pub(crate) theirs: Option<f64>,
    /// How many questions both answered the same.
    pub(crate) same: usize,
}

/// Compares `check` with ours and times both in turns.
pub(crate) fn compare(world: &World, mut check: impl FnMut(&str, Permission) -> Result<bool>) -> Result<Cell> {
    let rights = world.snapshot.rights(&world.principal);
    let mut ours = |name: &str, permission| Ok(rights.check(name, permission));
    let questions = world.questions();
    let one = questions.get(..1).unwrap_or_default();
    // The first may have to get ready.
    time(one, &mut check)?;
    let of_one = time(one, &mut check)?;
    if of_one > TOO_SLOW {
        return Ok(Cell { ours: round(&questions, &mut ours)?, theirs: None, same: 0 });
    }
    let (same, cost) = agree(world, &mut check)?;
    let n = (ROUND.as_nanos() / cost.as_nanos().max(1)).clamp(20, questions.len() as u128) as usize;
    let fewer = questions.get(..n).unwrap_or(&questions);
    let (mut best, mut best_of_theirs) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        best = best.min(round(&questions, &mut ours)?);
        best_of_theirs = best_of_theirs.min(round(fewer, &mut check)?);
    }
    Ok(Cell { ours: best, theirs: Some(best_of_theirs), same })
}

/// Asks both the same questions. Returns how many, and what one costs the other engine.
///
/// # Errors
/// If an answer differs, or all answers are the same one.
fn agree(world: &World, check: &mut impl FnMut(&str, Permission) -> Result<bool>) -> Result<(usize, Duration)> {
    let rights = world.snapshot.rights(&world.principal);
    let sample = sample(world)?;
    let (mut same, mut granted) = (0, 0);
    let start = Instant::now();
    for (name, permission) in &sample {
        let (expected, answer) = (rights.check(name, *permission), check(name, *permission)?);
        ensure!(answer == expected, "{permission} on {name} should be {expected} and is {answer}");
        same += 1;
        granted += usize::from(answer);
        if same >= FEWEST && start.elapsed() > PATIENCE {
            break;
        }
    }
    ensure!(same >= FEWEST && granted > 0 && granted < same, "{granted} of {same} granted: these prove nothing");
    Ok((same, start.elapsed() / u32::try_from(same)?))
}

/// Returns questions for every permission: about entities that rules name, by themselves or by their device, then about
/// any.
fn sample(world: &World) -> Result<Vec<(&str, Permission)>> {
    let rules = rules(world)?;
    let named = |kind| rules.iter().filter(move |rule| rule.kind == kind).map(|rule| rule.name.as_str());
    let entities: HashSet<&str> = named(Kind::Entity).collect();
    let devices: HashSet<&str> = named(Kind::Device).collect();
    let places = places(world);
    let is_named = |name: &str, device: &str| entities.contains(name) || devices.contains(device);
    let pointed = places.iter().filter(|place| is_named(place.name, &place.device)).map(|place| place.name);
    let any = world.questions().into_iter().map(|(name, _)| name);
    let all = pointed.chain(any).flat_map(|name| Permission::ALL.map(|permission| (name, permission)));
    Ok(all.take(SAMPLE).collect())
}

/// Returns the nanoseconds for a check. Each question is asked once before the clock runs: what the other engine left of
/// the caches is not what a check costs.
fn round(questions: &[(&str, Permission)], check: &mut impl FnMut(&str, Permission) -> Result<bool>) -> Result<f64> {
    time(questions, check)?;
    Ok(time(questions, check)?.as_secs_f64() * 1e9 / questions.len() as f64)
}

fn time(
    questions: &[(&str, Permission)],
    check: &mut impl FnMut(&str, Permission) -> Result<bool>,
) -> Result<Duration> {
    let mut granted = 0_usize;
    let start = Instant::now();
    for (name, permission) in questions {
        granted += usize::from(check(black_box(name), *permission)?);
    }
    let elapsed = start.elapsed();
    black_box(granted);
    Ok(elapsed)
}
