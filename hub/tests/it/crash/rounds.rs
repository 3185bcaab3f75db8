//! Many power cuts at random points under a mixed load, and disks that fail in the middle of a write.
//!
//! `cargo xtask crash --rounds N` runs many; a few are part of every test run. Every other round writes under a limit of the
//! size of files: a write then ends short, and the next is refused, as on a full disk.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::model::{Faults, Held, Key, Model, Read, check_trail, read};
use crate::{
    import::{imported, read as fixture},
    support::{Server, Ws},
};

/// SplitMix64: the same seed makes the same choices.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len())) }
    }
}

/// One client that changes things as fast as it may, several at once.
struct Load<'a> {
    owner: &'a mut Ws,
    model: &'a mut Model,
    ids: BTreeMap<Key, String>,
    rng: &'a mut Rng,
    /// Names that nobody has had.
    n_names: &'a mut u64,
    asked: BTreeMap<u64, (Key, Held)>,
}

const AT_ONCE: usize = 12;

impl Load<'_> {
    /// Changes things until the connection ends. Returns how many changes were acknowledged, and how many refused.
    fn run(mut self) -> (usize, usize) {
        let (mut n, mut n_refused) = (0, 0);
        loop {
            while self.asked.len() < AT_ONCE {
                self.ask();
            }
            let Some(message) = self.owner.next() else { return (n, n_refused) };
            let Some((key, to)) = self.asked.remove(&message["id"].as_u64().unwrap_or_default()) else { continue };
            if message["success"] != true {
                // Refused by the disk: whether it is there is seen after the next start.
                n_refused += 1;
                continue;
            }
            n += 1;
            let result = &message["result"];
            for id in [&result["user"]["id"], &result["area_id"]] {
                if let Some(id) = id.as_str() {
                    self.ids.insert(key.clone(), id.to_owned());
                }
            }
            self.model.acknowledged(key, to);
        }
    }

    fn fresh(&mut self, letter: char) -> String {
        *self.n_names += 1;
        format!("{letter}{}", self.n_names)
    }

    /// Returns something that is there, that nothing is being done with, and whose id is known.
    fn some(&mut self, is: impl Fn(&Key) -> bool) -> Option<Key> {
        let busy: Vec<_> = self.asked.values().map(|(key, _)| key.clone()).collect();
        let fit: Vec<Key> = self
            .model
            .keys()
            .filter(|key| is(key) && !busy.contains(key) && matches!(self.model.now(key), Some(Some(_))))
            .filter(|key| self.ids.contains_key(key) || matches!(key, Key::Group(_) | Key::Entry(_)))
            .cloned()
            .collect();
        self.rng.choose(&fit).cloned()
    }

    fn ask(&mut self) {
        let groups = ["system-users", "system-read-only"];
        let (command, members, key, to) = match self.rng.below(11) {
            0 | 1 => {
                let name = self.fresh('u');
                let group = groups[self.rng.below(2)];
                let members = json!({"name": name, "group_ids": [group]});
                ("config/auth/create", members, Key::User(name), Some(json!([group]).to_string()))
            }
            2 => {
                let Some(key) = self.some(|key| matches!(key, Key::User(name) if name.starts_with('u'))) else {
                    return self.area();
                };
                let chosen: Vec<_> = groups.iter().filter(|_| self.rng.below(2) == 0).collect();
                let members = json!({"user_id": self.ids[&key], "group_ids": chosen});
                ("config/auth/update", members, key, Some(json!(chosen).to_string()))
            }
            3 => {
                let Some(key) = self.some(|key| matches!(key, Key::User(name) if name.starts_with('u'))) else {
                    return self.area();
                };
                ("config/auth/delete", json!({"user_id": self.ids[&key]}), key, None)
            }
            4 | 5 => {
                let id = format!("g{}", self.rng.below(6));
                let key = Key::Group(id.clone());
                if self.asked.values().any(|(busy, _)| *busy == key) {
                    return self.area();
                }
                let policy = json!({"entities": {"domains": {self.fresh('m'): true}}});
                let to = Some(policy.to_string());
                ("doorward/groups/set", json!({"group_id": id, "policy": policy}), key, to)
            }
            6 => {
                let Some(key) = self.some(|key| matches!(key, Key::Group(id) if id.starts_with('g') && id.len() == 2))
                else {
                    return self.area();
                };
                let Key::Group(id) = &key else { return };
                ("doorward/groups/delete", json!({"group_id": id}), key, None)
            }
            7 => {
                let Some(key) = self.some(|key| matches!(key, Key::Entry(_))) else { return self.area() };
                let Key::Entry(id) = &key else { return };
                let title = self.fresh('e');
                ("config_entries/update", json!({"entry_id": id, "title": title}), key, Some(title))
            }
            8 => {
                let name = self.fresh('t');
                let members = json!({"client_name": name, "lifespan": 10});
                ("auth/long_lived_access_token", members, Key::Token(name), Some(String::new()))
            }
            9 => {
                let Some(key) = self.some(|key| matches!(key, Key::Token(name) if name.starts_with('t'))) else {
                    return self.area();
                };
                ("auth/delete_refresh_token", json!({"refresh_token_id": self.ids[&key]}), key, None)
            }
            _ => return self.area(),
        };
        self.send(command, members, key, to);
    }

    fn area(&mut self) {
        if self.rng.below(3) == 0
            && let Some(key) = self.some(|key| matches!(key, Key::Area(name) if name.starts_with('a')))
        {
            let members = json!({"area_id": self.ids[&key]});
            return self.send("config/area_registry/delete", members, key, None);
        }
        let name = self.fresh('a');
        let members = json!({"name": name, "icon": "mdi:x"});
        self.send("config/area_registry/create", members, Key::Area(name), Some("mdi:x".to_owned()));
    }

    fn send(&mut self, command: &str, members: Value, key: Key, to: Held) {
        self.model.asked(key.clone(), to.clone());
        let id = self.owner.command(command, members);
        self.asked.insert(id, (key, to));
    }
}

/// Starts a hub whose files may not grow beyond so many blocks of 512 bytes. `None` if it does not start so.
fn start_limited(data: &Path, blocks: u64) -> Option<Server> {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    Server::try_start_by(
        &["sh", "-c", &script],
        &["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()],
        data,
    )
}

fn size_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn rounds(n_rounds: u64, seed: u64) -> Faults {
    let dir = imported();
    let token = fixture("logins.json")["owner"]["token"].as_str().unwrap().to_owned();
    let (mut rng, mut n_names, mut faults) = (Rng(seed), 0, Faults::default());
    let mut model: Option<Model> = None;
    let (mut n_acknowledged, mut n_refused, mut n_refused_starts) = (0, 0, 0);
    for round in 0..=n_rounds {
        // Without limits: what is there must open, and must be what was acknowledged.
        let mut server = Server::serve(&dir.0, &[]);
        let mut owner = Ws::open(&server.address, &token);
        let Read { found, ids } = {
            let read = read(&mut owner);
            check_trail(&mut owner, &read, &mut faults);
            read
        };
        match &mut model {
            Some(model) => model.check(found, &mut faults),
            None => model = Some(Model::begin(found)),
        }
        let model = model.as_mut().unwrap();
        if round == n_rounds {
            break;
        }
        if round % 2 == 1 {
            server.kill();
            drop(owner);
            let largest = ["home.db", "home.db-wal"].map(|name| size_of(&dir.0.join(name))).into_iter().max().unwrap();
            let blocks = largest / 512 + rng.below(400) as u64;
            let Some(limited) = start_limited(&dir.0, blocks) else {
                n_refused_starts += 1;
                continue;
            };
            server = limited;
            owner = Ws::open(&server.address, &token);
        }
        let process = server.id().to_string();
        let wait = Duration::from_micros(rng.next() % 120_000);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(wait);
            _ = Command::new("kill").args(["-KILL", &process]).status();
        });
        let load = Load { owner: &mut owner, model, ids, rng: &mut rng, n_names: &mut n_names, asked: BTreeMap::new() };
        let (acknowledged, refused) = load.run();
        n_acknowledged += acknowledged;
        n_refused += refused;
        killer.join().unwrap();
        server.kill();
    }
    eprintln!(
        "{n_acknowledged} changes acknowledged; {n_refused} changes and {n_refused_starts} starts refused by the disk"
    );
    faults
}

/// The number of rounds and the seed come from the environment: see `cargo xtask crash`.
#[test]
fn power_cuts_and_failing_disks() {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let begun = Instant::now();
    let n = number("DOORWARD_ROUNDS", 12);
    let Faults { lost, half, corrupt } = rounds(n, number("DOORWARD_SEED", 1));
    eprintln!("{:.0} s", begun.elapsed().as_secs_f64());
    _ = writeln!(std::io::stdout(), "{n} rounds, {lost} lost, {half} half, {corrupt} corrupt");
    assert_eq!((lost, half, corrupt), (0, 0, 0));
}
