//! Feeds: filtered at delivery, bounded, told when the world changes.

use serde_json::Map;
use service_bus::{EventData, Feed, Next, OpenFeed};

use crate::home::{Home, id, principal};

fn open(home: &Home, who: &str, capacity: usize) -> Feed {
    home.bus.open_feed(home.bus.authorize(&principal(who), OpenFeed { capacity }).unwrap())
}

async fn entity(feed: &mut Feed) -> String {
    match feed.next().await {
        Next::Event(event) => match &event.data {
            EventData::StateChanged { entity_id, .. } => entity_id.to_string(),
            _ => event.event_type.to_string(),
        },
        Next::WorldChanged => "world".to_owned(),
        Next::TooSlow => "too slow".to_owned(),
    }
}

#[tokio::test]
async fn only_what_may_be_read_arrives() {
    let home = Home::new();
    let mut feed = open(&home, "ann", 8);
    feed.listen(Some("state_changed"));
    for entity_id in ["light.c", "lock.safe", "light.b", "light.a"] {
        home.writer.set(&id(entity_id), "on", Map::new()).unwrap();
    }
    assert_eq!(entity(&mut feed).await, "light.b");
    assert_eq!(entity(&mut feed).await, "light.a");
}

#[tokio::test]
async fn what_waited_is_shown_with_the_rights_of_now() {
    let mut home = Home::new();
    let mut feed = open(&home, "ann", 8);
    feed.listen(Some("state_changed"));
    home.writer.set(&id("light.a"), "on", Map::new()).unwrap();
    home.writer.set(&id("light.b"), "on", Map::new()).unwrap();
    home.set_policy(r#"{"entities":{"entity_ids":{"light.b":{"read":true}}}}"#);
    // The change of rights comes first, and the state of light.a never.
    assert_eq!(entity(&mut feed).await, "world");
    assert_eq!(entity(&mut feed).await, "light.b");
    home.set_policy("{}");
    home.writer.set(&id("light.b"), "off", Map::new()).unwrap();
    home.set_policy(r#"{"entities":{"domains":{"lock":true}}}"#);
    home.writer.set(&id("lock.safe"), "on", Map::new()).unwrap();
    assert_eq!(entity(&mut feed).await, "world");
    assert_eq!(entity(&mut feed).await, "lock.safe");
}

#[tokio::test]
async fn a_slow_listener_is_closed_and_others_are_not() {
    let home = Home::new();
    let mut slow = open(&home, "admin", 4);
    let mut quick = open(&home, "admin", 100);
    slow.listen(Some("state_changed"));
    quick.listen(Some("state_changed"));
    for n in 0..6 {
        home.writer.set(&id("light.a"), &n.to_string(), Map::new()).unwrap();
    }
    assert!(slow.is_too_slow() && !quick.is_too_slow());
    for _ in 0..4 {
        assert_eq!(entity(&mut slow).await, "light.a");
    }
    assert_eq!(entity(&mut slow).await, "too slow");
    for _ in 0..6 {
        assert_eq!(entity(&mut quick).await, "light.a");
    }
    drop(quick);
    let feed = open(&home, "admin", 1);
    assert!(!feed.is_too_slow());
}

#[tokio::test]
async fn snapshot_and_subscription_fit_together() {
    let home = Home::new();
    let mut feed = open(&home, "ann", 8);
    feed.listen(Some("state_changed"));
    home.writer.set(&id("light.a"), "before", Map::new()).unwrap();
    let (states, last) = feed.listen_to_states(|entity_id| entity_id.domain() == "light");
    assert_eq!(states.iter().map(|s| s.entity_id.to_string()).collect::<Vec<_>>(), ["light.a", "light.b"]);
    assert_eq!(&*states[0].state, "before");
    home.writer.set(&id("light.a"), "after", Map::new()).unwrap();
    let Next::Event(first) = feed.next().await else { panic!("an event") };
    let Next::Event(second) = feed.next().await else { panic!("an event") };
    assert!(first.number() <= last && second.number() > last);
}

#[tokio::test]
async fn a_type_that_is_no_longer_asked_for_does_not_arrive() {
    let home = Home::new();
    let mut feed = open(&home, "ann", 8);
    feed.listen(Some("state_changed"));
    feed.listen(Some("state_changed"));
    feed.unlisten(Some("state_changed"));
    home.writer.set(&id("light.a"), "1", Map::new()).unwrap();
    assert_eq!(entity(&mut feed).await, "light.a");
    feed.unlisten(Some("state_changed"));
    home.writer.set(&id("light.a"), "2", Map::new()).unwrap();
    feed.listen(Some("state_changed"));
    home.writer.set(&id("light.b"), "3", Map::new()).unwrap();
    assert_eq!(entity(&mut feed).await, "light.b");
}
