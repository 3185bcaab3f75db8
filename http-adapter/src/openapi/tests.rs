use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{DESCRIBED, openapi};
use crate::{route::Serve, routes};

/// Every route is described, by a name of its own, and nothing is described that is no route.
#[test]
fn the_description_is_of_the_routes() {
    let whole = openapi();
    let mut ids = BTreeSet::new();
    let mut n = 0;
    for route in routes().filter(|route| !route.is_page()) {
        let how = &whole["paths"][route.path][route.method.to_ascii_lowercase()];
        let id =
            how["operationId"].as_str().unwrap_or_else(|| panic!("{} {}: not described", route.method, route.path));
        assert!(ids.insert(id.to_owned()), "{id} is described twice");
        assert_eq!(how["x-doorward-access"], route.access.as_str(), "{id}");
        assert!(how["responses"].as_object().is_some_and(|responses| responses.len() >= 3), "{id}: {how}");
        n += usize::from(matches!(route.serve, Serve::Handler(_)));
    }
    let described: Map<String, Value> = serde_json::from_str(DESCRIBED).unwrap_or_default();
    assert_eq!(described["routes"].as_object().map(Map::len), Some(n), "something is described that is no route");
}

/// What is referred to is there.
#[test]
fn references_lead_somewhere() {
    let whole = openapi();
    let text = whole.to_string();
    let mut n = 0;
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(whole.pointer(reference).is_some(), "{reference} is not there");
        n += 1;
    }
    assert!(n > 100, "{n}");
}
