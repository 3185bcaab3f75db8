//! What changes by itself.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;

use crate::home::Home;

#[tokio::test]
async fn sensors_change_step_by_step_and_always_alike() {
    let (home, twin) = (Home::new(), Home::new());
    let first = home.shown();
    let mut domains = BTreeSet::new();
    for n in 0..200 {
        home.demo.step(n);
        twin.demo.step(n);
    }
    for (id, (state, _)) in home.shown() {
        // What shows a time shows the time of its own run.
        if state.len() < 20 {
            assert_eq!(twin.shown()[&id].0, state, "{id}");
        }
        if first[&id].0 != state {
            domains.insert(id.domain().to_owned());
        }
    }
    for domain in ["sensor", "binary_sensor", "event"] {
        assert!(domains.contains(domain), "{domain} of {domains:?}");
    }
    assert!(!domains.contains("lock") && !domains.contains("light"), "{domains:?}");
    assert!(home.state("sensor.house_power").context.user_id.is_none());
}

#[tokio::test]
async fn people_and_their_group_move_together() {
    let home = Home::new();
    let mut seen = BTreeSet::new();
    for n in 0..2_000 {
        home.demo.step(n);
        let state = |id: &str| home.state(id).state.to_string();
        if n % 24 == 0 {
            assert_eq!(state("person.ada"), state("device_tracker.ada_phone"));
            let anybody = [state("person.ada"), state("person.ben")].contains(&"home".to_owned());
            assert_eq!(state("group.family") == "home", anybody);
            seen.insert(state("group.family"));
        }
    }
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn rooms_warm_up_and_machines_come_home() {
    let home = Home::new();
    let warm = json!({"entity_id": "climate.thermostat", "temperature": 23});
    home.call("admin", "climate.set_temperature", warm).await.unwrap();
    home.call("admin", "vacuum.start", json!({"entity_id": "vacuum.vacuum"})).await.unwrap();
    home.call("admin", "siren.turn_on", json!({"entity_id": "siren.house", "duration": 8})).await.unwrap();
    (0..12).for_each(|n| home.demo.step(n));
    assert_eq!(home.state("climate.thermostat").attributes["current_temperature"], json!(20.6));
    assert_eq!(home.state("vacuum.vacuum").attributes["cleaned_area"], json!(12));
    assert_eq!(&*home.state("siren.house").state, "off");
    home.call("admin", "vacuum.return_to_base", json!({"entity_id": "vacuum.vacuum"})).await.unwrap();
    home.demo.step(12);
    assert_eq!(&*home.state("vacuum.vacuum").state, "docked");
}

#[tokio::test]
async fn any_step_may_be_taken() {
    let home = Home::new();
    for n in [u64::MAX, 0, u64::MAX - 1, u64::from(u32::MAX) * 1_440, 7] {
        home.demo.step(n);
    }
}

#[tokio::test(start_paused = true)]
async fn it_lives_until_it_is_dropped() {
    let home = Home::new();
    let before = home.shown();
    let lived = tokio::time::timeout(Duration::from_secs(32), home.demo.live()).await;
    assert!(lived.is_err(), "for ever");
    let after = home.shown();
    assert!(before.iter().filter(|(id, shown)| after[*id] != **shown).count() >= 5);
    // Steps 0 to 6: energy adds up in four of them.
    assert_eq!(&*home.state("sensor.house_energy").state, "3482.14");
    tokio::time::timeout(Duration::from_secs(1), home.demo.live()).await.unwrap_err();
    assert_eq!(&*home.state("sensor.house_energy").state, "3482.14", "it goes on with step 7");
}
