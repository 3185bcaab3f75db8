//! A permission check by name against one bare hash look-up of the same string.

use std::{hint::black_box, sync::Arc, time::Instant};

use anyhow::{Result, anyhow};
use auth_core::{AuthSnapshot, Group, Permission, Policy, User, Whereabouts, principal::danger};
use hashbrown::HashMap;

use crate::Figure;

const ROUNDS: usize = 21;

pub(crate) fn run() -> Result<Vec<Figure>> {
    [1_000, 100_000].into_iter().map(measure).collect()
}

fn measure(n_entities: usize) -> Result<Figure> {
    let names: Vec<String> = (0..n_entities).map(|n| format!("sensor.room_{:03}_value_{n:06}", n % 200)).collect();
    let mut edit = AuthSnapshot::default().edit();
    for (n, name) in names.iter().enumerate() {
        let (device, area) = (format!("device{}", n / 4), format!("area{}", n % 50));
        edit.place_entity(
            name,
            Whereabouts { device_id: Some(&device), area_id: Some(&area), ..Whereabouts::default() },
        );
    }
    let policy = r#"{"entities":{"entity_ids":{"sensor.room_001_value_000001":true},"device_ids":{"device3":true},
        "area_ids":{"area7":{"read":true},"area9":true},"domains":{"light":true}}}"#;
    edit.set_group(Group::new("g", "G", Policy::parse(policy).map_err(|errors| anyhow!("{errors}"))?));
    edit.set_user(User { group_ids: vec!["g".into()], ..User::new("u", "U") });
    let snapshot = edit.finish();
    let principal = danger::user_principal(&"u".into(), None);
    let rights = snapshot.rights(&principal);
    let mut map: HashMap<Arc<str>, u32> = HashMap::new();
    for (n, name) in (0u32..).zip(&names) {
        map.insert(Arc::from(name.as_str()), n);
    }
    // A stride that visits all of them in no order that memory would like.
    let order: Vec<&str> =
        (0..n_entities).filter_map(|n| names.get(n * 7919 % n_entities).map(String::as_str)).collect();
    let per_call = |run: &dyn Fn() -> usize| {
        // The best of several rounds: what it costs when nothing else runs.
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            black_box(run());
            best = best.min(start.elapsed().as_nanos() as f64 / order.len() as f64);
        }
        best
    };
    let ours = per_call(&|| order.iter().filter(|name| rights.check(black_box(name), Permission::Read)).count());
    let baseline = per_call(&|| order.iter().filter(|name| map.get(black_box(**name)).is_some()).count());
    let name = if n_entities == 1_000 {
        "check by name, 1,000 entities / one hash look-up"
    } else {
        "check by name, 100,000 entities / one hash look-up"
    };
    Ok(Figure { name, ours, baseline, unit: "ns", aim: "2" })
}
