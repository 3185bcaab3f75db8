//! Counts blocks and bytes: `memory` what a home takes, `checks` what asking allocates.

#![expect(clippy::print_stdout, reason = "the counts are the output")]

use std::{hint::black_box, sync::Arc};

use anyhow::{Result, bail};
use auth_core::{AuthSnapshot, EntityNo, Group, GroupId, Permission, Policy, User};
use engine_bench::world::{World, area_of, at, device_of};
use hashbrown::HashMap;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const N: usize = 100_000;
const SETS: usize = 100;

fn main() -> Result<()> {
    let _profiler = dhat::Profiler::builder().testing().build();
    match std::env::args().nth(1).as_deref() {
        Some("memory") => memory(),
        Some("checks") => checks(),
        _ => bail!("say `memory` or `checks`"),
    }
    Ok(())
}

fn bytes() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// A home with a hundred sets of groups, of which each has a list for each permission.
fn memory() {
    let names: Vec<String> = World::new(N).names;
    let before = bytes();
    let bare: HashMap<Arc<str>, u32> = names.iter().zip(0..).map(|(name, n)| (Arc::from(name.as_str()), n)).collect();
    let table_of_names = bytes() - before;
    black_box(bare);

    let policies: Vec<Policy> = (0..SETS)
        .map(|n| {
            let areas = json!({format!("area_{n}"): true, format!("area_{}", n + 1): {"read": true}});
            Policy::from_value(&json!({"entities": {"area_ids": areas}})).unwrap_or_default()
        })
        .collect();
    let before = bytes();
    let copies = policies.clone();
    let policy_bytes = bytes() - before;
    drop(copies);

    let before = bytes();
    let mut edit = AuthSnapshot::default().edit();
    for (n, name) in names.iter().enumerate() {
        let (device, area) = (device_of(n), area_of(n, 400));
        edit.place_entity(name, at(&device, &area));
    }
    for (n, policy) in policies.into_iter().enumerate() {
        edit.set_group(Group::new(format!("g{n}"), "G", policy));
        edit.set_user(User { group_ids: vec![GroupId::from(format!("g{n}"))], ..User::new(format!("u{n}"), "U") });
    }
    let snapshot = edit.finish();
    for n in 0..SETS {
        let user = format!("u{n}").into();
        Permission::ALL.into_iter().for_each(|permission| _ = black_box(snapshot.rights_of(&user).visible(permission)));
    }
    let ours = bytes() - before;
    let limit = N * SETS * 3 / 8 + 16 * N + policy_bytes;
    println!("{}", json!({"ours": ours, "names": table_of_names, "limit": limit, "policies": policy_bytes}));
    drop(snapshot);
}

/// Asks in every way that must not allocate, and says how many blocks that took.
fn checks() {
    let world = World::new(1_000);
    let questions = world.questions();
    let rights = world.snapshot.rights(&world.principal);
    let directory = world.snapshot.directory();
    let numbers: Vec<EntityNo> = questions.iter().filter_map(|(name, _)| directory.entity(name)).collect();
    let visible = rights.visible(Permission::Read);
    let before = dhat::HeapStats::get().total_blocks;
    let mut granted = 0usize;
    for ((name, permission), no) in questions.iter().zip(&numbers) {
        let rights = world.snapshot.rights(&world.principal);
        granted += usize::from(rights.check(name, *permission));
        granted += usize::from(rights.check("light.unheard_of", *permission));
        granted += usize::from(rights.granted_by_number(*no).contains(*permission));
        granted += usize::from(visible.contains(*no));
        granted += usize::from(rights.everywhere(*permission));
    }
    black_box(granted);
    let again = rights.visible(Permission::Read);
    let blocks = dhat::HeapStats::get().total_blocks - before;
    println!("{}", json!({"questions": questions.len() * 5 + 1, "blocks": blocks}));
    drop(again);
}
