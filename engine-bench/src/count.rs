//! One question asked so often and nothing else, for whoever counts instructions: twice as often costs so much more.

use std::{hint::black_box, sync::Arc};

use anyhow::{Result, bail};
use auth_core::Permission;
use engine_bench::world::World;
use hashbrown::HashMap;

pub(crate) fn run(question: &str, times: usize) -> Result<()> {
    let n = if question.ends_with("_100k") { 100_000 } else { 1_000 };
    let world = World::new(n);
    let questions = world.questions();
    let asked = || questions.iter().cycle().take(times);
    let rights = world.snapshot.rights(&world.principal);
    let directory = world.snapshot.directory();
    let numbers: Vec<_> = questions.iter().filter_map(|(name, _)| directory.entity(name)).collect();
    let count = match question {
        "check_name_1k" | "check_name_100k" => {
            asked().filter(|(name, permission)| rights.check(black_box(name), *permission)).count()
        }
        "look_up_1k" | "look_up_100k" => {
            let bare: HashMap<Arc<str>, usize> =
                world.names.iter().enumerate().map(|(n, name)| (Arc::from(name.as_str()), n)).collect();
            asked().filter(|(name, _)| bare.get(black_box(*name)).is_some_and(|n| *n > n / 2)).count()
        }
        // What asking costs around the question.
        "nothing_1k" => asked().filter(|(name, permission)| black_box(name).len() > *permission as usize).count(),
        "look_up_std_1k" => {
            let bare: std::collections::HashMap<String, usize> =
                world.names.iter().enumerate().map(|(n, name)| (name.clone(), n)).collect();
            asked().filter(|(name, _)| bare.get(black_box(*name)).is_some_and(|n| *n > n / 2)).count()
        }
        "masks_1k" => {
            let ask = |no: &&auth_core::EntityNo| rights.granted_by_number(**black_box(no)).contains(Permission::Read);
            numbers.iter().cycle().take(times).filter(ask).count()
        }
        "check_id_1k" => {
            let visible = rights.visible(Permission::Read);
            numbers.iter().cycle().take(times).filter(|no| visible.contains(**black_box(no))).count()
        }
        _ => bail!("no question `{question}`"),
    };
    black_box(count);
    Ok(())
}
