//! An entity id is its own text: whatever was read, strictly or leniently, reads as itself.
#![no_main]

use auth_core::{ContextId, EntityId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let strict = text.parse::<EntityId>();
    if let Ok(id) = &strict {
        assert_eq!(id.as_str(), text);
        check(id);
        assert_eq!(EntityId::parse_lenient(text).as_ref(), Ok(id), "lenient takes what strict takes");
    }
    if let Ok(id) = EntityId::parse_lenient(text) {
        assert_eq!(id.as_str(), text.trim().to_ascii_lowercase());
        check(&id);
    }
    if let Some(id) = ContextId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert_eq!(ContextId::parse(&id.to_string()), Some(id));
    }
});

#[track_caller]
fn check(id: &EntityId) {
    assert_eq!(id.as_str().parse::<EntityId>().as_ref(), Ok(id), "reads as itself");
    assert_eq!(format!("{}.{}", id.domain(), id.object_id()), id.as_str());
    assert!(EntityId::is_domain(id.domain()) && !id.object_id().is_empty());
    assert!(id.as_str().len() <= EntityId::MAX_LEN);
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    assert!(id.as_str().bytes().all(plain) && id.as_str().matches('.').count() == 1, "{id}");
}
