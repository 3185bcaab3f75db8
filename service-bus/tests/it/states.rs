//! The rules of writing states.

use auth_core::{Context, EntityId};
use serde_json::{Map, json};
use service_bus::{ReadState, ReadStates, SetState, SetStateError, new_context_id, now};

use crate::home::{Home, id, principal};

fn set(home: &Home, entity_id: &EntityId, state: &str, force: bool) -> Result<bool, SetStateError> {
    let attributes = Map::from_iter([("n".to_owned(), json!(1))]);
    let request = SetState { entity_id: entity_id.clone(), state: state.into(), attributes, force };
    let request = home.bus.authorize(&principal("admin"), request).unwrap();
    home.bus.set_state(request, Context::new(new_context_id(now()), None)).map(|(_, new)| new)
}

#[test]
fn times_move_as_they_should() {
    let home = Home::new();
    let x = id("sensor.x");
    assert_eq!(set(&home, &x, "1", false), Ok(true));
    let first = home.writer.state(&x).unwrap();
    assert_eq!((first.last_changed, first.last_updated), (first.last_reported, first.last_reported));

    assert_eq!(set(&home, &x, "1", false), Ok(false));
    let same = home.writer.state(&x).unwrap();
    assert_eq!((same.last_changed, same.last_updated), (first.last_changed, first.last_updated));
    assert_eq!(same.context, first.context);

    home.writer.set(&x, "1", Map::new()).unwrap();
    let updated = home.writer.state(&x).unwrap();
    assert_eq!(updated.last_changed, first.last_changed);
    assert!(updated.last_updated > first.last_updated);

    set(&home, &x, "1", true).unwrap();
    let forced = home.writer.state(&x).unwrap();
    assert_eq!(forced.last_changed, forced.last_updated);
    assert!(forced.last_changed > updated.last_updated);
}

#[test]
fn a_long_state_is_refused_and_changes_nothing() {
    let home = Home::new();
    assert_eq!(set(&home, &id("light.a"), &"ä".repeat(256), false), Err(SetStateError::TooLong));
    assert_eq!(&*home.writer.state(&id("light.a")).unwrap().state, "off");
    set(&home, &id("light.a"), &"ä".repeat(255), false).unwrap();
}

#[test]
fn reading_and_writing_need_their_permission() {
    let home = Home::new();
    let read = |who: &str, entity_id: &str| home.bus.authorize(&principal(who), ReadState(id(entity_id))).is_ok();
    assert!(read("ann", "light.a") && read("ann", "light.b"));
    // What exists and what does not cannot be told apart.
    assert!(!read("ann", "light.c") && !read("ann", "light.no_such") && !read("nobody", "light.a"));
    let request = SetState { entity_id: id("light.a"), state: "on".into(), attributes: Map::new(), force: false };
    assert!(home.bus.authorize(&principal("ann"), request).is_err());
    let all = home.bus.authorize(&principal("ann"), ReadStates).unwrap();
    let ids: Vec<_> = home.bus.read_states(&all).iter().map(|state| state.entity_id.to_string()).collect();
    assert_eq!(ids, ["light.a", "light.b"]);
}
