//! What parses prints, and parses to the same again; a policy read from a value is the one read from its text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy_merge::{Policy, Problem};
use service_bus::parse_json;

fuzz_target!(|text: &str| {
    let parsed = Policy::parse(text);
    if let Ok(policy) = &parsed {
        assert_eq!(Policy::parse(&policy.to_string()).as_ref(), Ok(policy), "parse after print");
        assert_eq!(Policy::from_value(&policy.to_value()).as_ref(), Ok(policy), "from_value after to_value");
    }
    // By the reader that the adapters use: `serde_json`'s own has a key with a meaning of its own in this build.
    let Ok(value) = parse_json(text.as_bytes()) else {
        assert!(parsed.is_err(), "a policy that is no JSON");
        return;
    };
    let from_value = Policy::from_value(&value);
    // A value has no duplicates, so neither has its text: all must agree, mistakes and their words included.
    assert_eq!(Policy::parse(&value.to_string()), from_value, "text and value");
    match (&parsed, &from_value) {
        (Ok(policy), from_value) => assert_eq!(from_value.as_ref(), Ok(policy), "parsed, yet not from its value"),
        (Err(errors), Ok(_)) => assert!(
            errors.iter().any(|error| error.problem == Problem::DuplicateName),
            "only a value hides what is named twice: {errors}"
        ),
        (Err(_), Err(_)) => {}
    }
});
