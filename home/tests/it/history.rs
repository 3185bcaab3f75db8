//! The history from inside: nothing that was written before is missing, what is lost is noted, and no id inherits a past.

use auth_core::{EntityId, Principal, principal::danger};
use home::{Home, LineForm, ReadHistory, ReadLogbook, Shape, UpdateEntity, line};
use recorder::Period;
use registries::{EntityEntry, EntityPatch, Registries};
use serde_json::Map;
use service_bus::{Next, OpenFeed, StateWriter, WriteStates};

use crate::{ask, open, session};

fn writer(home: &Home) -> StateWriter {
    let wish = WriteStates { integration: "test".to_owned() };
    home.bus().state_writer(home.bus().authorize(&danger::integration_principal("test"), wish).unwrap())
}

fn id(text: &str) -> EntityId {
    text.parse().unwrap()
}

fn machine() -> Principal {
    danger::system_principal("test")
}

/// Returns what an entity was, as the hub itself may read it.
fn states(home: &Home, entity_id: &str) -> Vec<String> {
    let wish = ReadHistory { entities: vec![(id(entity_id), 0)], period: Period::default(), shape: Shape::default() };
    let history = home.history(home.bus().authorize(&machine(), wish).unwrap());
    let states = history.entities.iter().flat_map(|(_, stretch)| &stretch.states);
    states.map(|state| state.state.to_string()).collect()
}

fn lines(home: &Home) -> Vec<String> {
    let wish = ReadLogbook { entity_ids: None, period: Period::default(), context: None };
    let logbook = home.logbook(home.bus().authorize(&machine(), wish).unwrap());
    logbook.lines.iter().map(|(id, state)| format!("{id}={}", state.state)).collect()
}

fn measured(home: &Home, name: &str) -> i64 {
    home.measurements().into_iter().find(|(measured, ..)| *measured == name).unwrap().3
}

#[tokio::test]
async fn an_answer_holds_everything_that_was_written_before() {
    let (home, ..) = open().await;
    let (writer, lamp) = (writer(&home), id("light.lamp"));
    writer.set(&lamp, "before", Map::new()).unwrap();
    assert!(!home.has_history());
    assert_eq!(states(&home, "light.lamp"), [""; 0]);
    home.start_history(machine()).unwrap();
    assert!(home.has_history());
    // Nothing takes in what waits but the reader.
    for n in 0..100 {
        writer.set(&lamp, &n.to_string(), Map::new()).unwrap();
        let states = states(&home, "light.lamp");
        assert_eq!((states.len(), states[0].as_str(), states[n + 1].as_str()), (n + 2, "before", &*n.to_string()));
    }
    writer.withdraw(&lamp);
    assert_eq!(states(&home, "light.lamp").len(), 101, "what is gone was");
    assert_eq!(lines(&home).len(), 100);
}

#[tokio::test]
async fn who_may_hear_nothing_records_nothing() {
    let (home, ..) = open().await;
    let (writer, lamp) = (writer(&home), id("light.lamp"));
    home.start_history(danger::integration_principal("test")).unwrap();
    writer.set(&lamp, "on", Map::new()).unwrap();
    assert_eq!(states(&home, "light.lamp"), [""; 0]);
}

#[tokio::test]
async fn what_is_lost_is_noted_and_what_there_is_now_is_known() {
    let (home, ..) = open().await;
    let (writer, lamp) = (writer(&home), id("light.lamp"));
    home.start_history(machine()).unwrap();
    for name in ["light.same", "light.gone", "light.lamp"] {
        writer.set(&id(name), "first", Map::new()).unwrap();
    }
    assert_eq!(states(&home, "light.same"), ["first"]);
    // More than may wait, with nobody taking it in.
    for n in 0..(1 << 16) + 10 {
        writer.set(&lamp, &n.to_string(), Map::new()).unwrap();
    }
    writer.withdraw(&id("light.gone"));
    assert_eq!(measured(&home, "doorward_history_gaps_total"), 0);
    let after = states(&home, "light.lamp");
    assert_eq!(after.last().unwrap(), &((1 << 16) + 9).to_string());
    assert_eq!(measured(&home, "doorward_history_gaps_total"), 1);
    // What did not change meanwhile has lost nothing, what went is known to have gone.
    assert_eq!(states(&home, "light.same"), ["first"]);
    let now = Period { start: service_bus::now(), ..Period::default() };
    let wish = ReadHistory {
        entities: vec![(id("light.gone"), 0), (id("light.same"), 0)],
        period: now,
        shape: Shape::default(),
    };
    let history = home.history(home.bus().authorize(&machine(), wish).unwrap());
    let before: Vec<_> = history.entities.iter().map(|(_, stretch)| stretch.before.is_some()).collect();
    assert_eq!(before, [false, true]);
    // And it goes on.
    writer.set(&lamp, "last", Map::new()).unwrap();
    assert_eq!(states(&home, "light.lamp").last().unwrap(), "last");
    assert_eq!(measured(&home, "doorward_history_gaps_total"), 1);
    assert!(measured(&home, "doorward_history_states") <= 200_000);
}

#[tokio::test]
async fn no_id_inherits_a_past() {
    let (home, owner, _) = open().await;
    let owner = session(&home, &owner).await;
    let writer = writer(&home);
    home.start_history(machine()).unwrap();
    let set = |name: &str, state: &str| drop(writer.set(&id(name), state, Map::new()).unwrap());
    // In no registry at first, then in one.
    set("light.a", "foreign");
    writer.withdraw(&id("light.a"));
    assert_eq!(states(&home, "light.a"), ["foreign"]);
    let mut furniture = Registries::default();
    for name in ["light.a", "light.b"] {
        furniture.put_entity(EntityEntry::new(id(name), "test", name, name, auth_core::Timestamp::default()));
    }
    home.furnish(furniture).await.unwrap();
    assert_eq!(states(&home, "light.a"), [""; 0]);
    set("light.a", "a");
    set("light.b", "b");
    // A change of anything else leaves the past as it is.
    let update = |name: &str, patch: EntityPatch| {
        home.update_entity(ask(&home, &owner, UpdateEntity { entity_id: id(name), patch }))
    };
    update("light.a", EntityPatch { name: Some(Some("Lamp".to_owned())), ..EntityPatch::default() }).await.unwrap();
    assert_eq!(states(&home, "light.a"), ["a"]);
    // Renamed: neither id has a past, the other entity's is as it was.
    writer.withdraw(&id("light.a"));
    set("light.c", "c");
    writer.withdraw(&id("light.c"));
    let patch = EntityPatch { new_entity_id: Some("light.c".to_owned()), ..EntityPatch::default() };
    update("light.a", patch).await.unwrap();
    for name in ["light.a", "light.c"] {
        assert_eq!(states(&home, name), [""; 0], "{name}");
    }
    assert_eq!(states(&home, "light.b"), ["b"]);
    // Removed: as if it had never been.
    home.remove_entity(ask(&home, &owner, home::RemoveEntity { entity_id: id("light.b") })).await.unwrap();
    assert_eq!(states(&home, "light.b"), [""; 0]);
    assert_eq!(lines(&home), [""; 0]);
}

/// What is held once because nothing but the state changes is not written a thousand times.
#[tokio::test]
async fn an_answer_is_bounded_in_bytes() {
    let (home, ..) = open().await;
    let writer = writer(&home);
    home.start_history(machine()).unwrap();
    let large = || Map::from_iter([("friendly_name".to_owned(), "x".repeat(1 << 20).into())]);
    for n in 0..200 {
        writer.set(&id("light.lamp"), &n.to_string(), large()).unwrap();
    }
    let read = |shape: Shape| {
        let wish = ReadHistory { entities: vec![(id("light.lamp"), 0)], period: Period::default(), shape };
        let history = home.history(home.bus().authorize(&machine(), wish).unwrap());
        history.entities[0].1.states.iter().map(|state| state.state.to_string()).collect::<Vec<_>>()
    };
    assert!(measured(&home, "doorward_history_bytes") < 2 << 20);
    let whole = read(Shape::default());
    assert!((25..32).contains(&whole.len()) && whole.last().unwrap() == "199", "{}", whole.len());
    for shape in [Shape { minimal: true, ..Shape::default() }, Shape { no_attributes: true, ..Shape::default() }] {
        assert_eq!(read(shape).len(), 200, "{shape:?}");
    }
    let wish = ReadLogbook { entity_ids: None, period: Period::default(), context: None };
    let logbook = home.logbook(home.bus().authorize(&machine(), wish).unwrap());
    let (lamp, state) = &logbook.lines[0];
    assert_eq!(line(&logbook.viewer(), lamp, state, LineForm::Rest)["name"], "lamp");
}

/// What a stream has not written yet is not shown by the rights to what has the id by then.
#[tokio::test]
async fn an_event_of_what_had_the_id_before_is_known() {
    let (home, owner, _) = open().await;
    let owner = session(&home, &owner).await;
    let writer = writer(&home);
    home.start_history(machine()).unwrap();
    let mut furniture = Registries::default();
    for name in ["light.a", "light.b"] {
        furniture.put_entity(EntityEntry::new(id(name), "test", name, name, auth_core::Timestamp::default()));
    }
    home.furnish(furniture).await.unwrap();
    let mut feed = home.bus().open_feed(home.bus().authorize(&machine(), OpenFeed { capacity: 100 }).unwrap());
    feed.listen(Some("state_changed"));
    let mut next = || loop {
        match feed.try_next() {
            Some(Next::Event(event)) => return event,
            Some(Next::WorldChanged) => {}
            other => panic!("{other:?}"),
        }
    };
    writer.set(&id("light.a"), "old", Map::new()).unwrap();
    let old = next();
    assert_eq!(&*home.recorded(&old).unwrap().state, "old");
    writer.withdraw(&id("light.a"));
    assert!(home.recorded(&next()).is_none(), "there is no state any more");
    let rename = async |from: &str, to: &str| {
        let patch = EntityPatch { new_entity_id: Some(to.to_owned()), ..EntityPatch::default() };
        home.update_entity(ask(&home, &owner, UpdateEntity { entity_id: id(from), patch })).await.unwrap();
    };
    rename("light.a", "light.c").await;
    rename("light.b", "light.a").await;
    assert!(home.recorded(&old).is_none());
    writer.set(&id("light.a"), "new", Map::new()).unwrap();
    assert_eq!(&*home.recorded(&next()).unwrap().state, "new");
}

/// A reader never sees the old past with the new rights, however the two meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rights_and_past_change_together() {
    let (home, owner, _) = open().await;
    let owner = session(&home, &owner).await;
    let mut furniture = Registries::default();
    for name in ["light.a", "light.b"] {
        furniture.put_entity(EntityEntry::new(id(name), "test", name, name, auth_core::Timestamp::default()));
    }
    home.furnish(furniture).await.unwrap();
    home.start_history(machine()).unwrap();
    let writer = writer(&home);
    let reader = {
        let home = home.clone();
        tokio::task::spawn_blocking(move || {
            // In a world in which the id is another entity's, there is nothing of the first.
            for _ in 0..20_000 {
                let wish = ReadHistory {
                    entities: vec![(id("light.a"), 0)],
                    period: Period::default(),
                    shape: Shape::default(),
                };
                let history = home.history(home.bus().authorize(&machine(), wish).unwrap());
                let owner_of_id = history.world.registries.entity("light.a").map(|entry| entry.id.clone());
                let states = history.entities.iter().flat_map(|(_, stretch)| &stretch.states);
                for state in states {
                    assert_eq!(Some(&*state.state), owner_of_id.as_deref(), "the past of another");
                }
            }
        })
    };
    let rename = async |from: &str, to: &str| {
        let patch = EntityPatch { new_entity_id: Some(to.to_owned()), ..EntityPatch::default() };
        home.update_entity(ask(&home, &owner, UpdateEntity { entity_id: id(from), patch })).await.unwrap();
    };
    let mut names = ["light.a", "light.b"];
    while !reader.is_finished() {
        // Each writes its own name under the id that it has, and takes the state away before it goes.
        writer.set(&id("light.a"), names[0], Map::new()).unwrap();
        writer.withdraw(&id("light.a"));
        rename("light.a", "light.x").await;
        rename("light.b", "light.a").await;
        rename("light.x", "light.b").await;
        names.reverse();
    }
    reader.await.unwrap();
}
