//! Whatever the template, a render ends, in the stack it has, and within its bounds; and it ends the same way again.
#![no_main]

use std::{sync::Arc, thread};

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use templates::{Bound, Limits, MAX_SOURCE, Options, Template, TemplateError, TemplateHome, TemplateState};

const LIMITS: Limits = Limits { fuel: 20_000, work: 1 << 20, output: 4096, recursion: 160 };
/// What the crate says that it needs, and what a thread of tokio has.
const STACK: usize = 2 << 20;

fuzz_target!(|source: &str| {
    thread::scope(|scope| {
        let run = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || check(source));
        run.expect("a thread").join().expect("a panic ends the process");
    });
});

fn check(source: &str) {
    let template = match Template::parse(source) {
        Ok(template) => template,
        Err(error) => {
            let is_long = matches!(error, TemplateError::Bound(Bound::Source(MAX_SOURCE)));
            assert_eq!(is_long, source.len() > MAX_SOURCE, "{error}");
            return;
        }
    };
    assert_eq!(template.source(), source.trim());
    for strict in [false, true] {
        let options = Options { strict, limits: LIMITS, interrupt: None };
        let render = || template.render(Arc::new(House), &Map::new(), &options);
        let rendered = render();
        assert!(rendered.text.len() <= LIMITS.output, "{} bytes", rendered.text.len());
        assert_eq!(rendered.text, rendered.text.trim());
        assert!(rendered.warnings.len() <= 16);
        assert_eq!(rendered, render(), "again");
        if template.is_static() && source.len() <= LIMITS.output {
            assert_eq!(rendered.text, source.trim(), "a text without tags is itself");
        }
        if let Ok(value) = &rendered.result {
            // The native value is read from the output, so it cannot be much longer.
            assert!(value.to_string().len() <= 8 * rendered.text.len() + 16, "{value}");
        }
    }
}

struct House;

impl TemplateHome for House {
    fn state(&self, entity_id: &str) -> Option<Arc<TemplateState>> {
        let (state, attributes) = match entity_id {
            "group.all" => ("on", json!({"entity_id": ["light.bed", "group.all", "sensor.temperature"]})),
            "light.bed" => ("on", json!({"friendly_name": "Bed Light", "brightness": 180, "rgb": [1, 2, 3]})),
            "sensor.temperature" => ("21.46", json!({"unit_of_measurement": "°C"})),
            _ => return None,
        };
        let Value::Object(attributes) = attributes else { return None };
        Some(Arc::new(TemplateState {
            entity_id: entity_id.to_owned(),
            state: state.to_owned(),
            attributes: Arc::new(attributes),
            last_changed_micros: self.now_micros() - 3_600_000_000,
            ..TemplateState::default()
        }))
    }
    fn entity_ids(&self, domain: Option<&str>) -> Vec<String> {
        let ids = ["group.all", "light.bed", "sensor.temperature"].map(str::to_owned).into_iter();
        ids.filter(|id| domain.is_none_or(|domain| id.split('.').next() == Some(domain))).collect()
    }
    fn now_micros(&self) -> i64 {
        1_795_348_800_000_000
    }
    fn time_zone(&self) -> &str {
        "Europe/Berlin"
    }
    fn areas(&self) -> Vec<String> {
        vec!["kitchen".to_owned()]
    }
    fn area_entities(&self, _area: &str) -> Vec<String> {
        vec!["light.bed".to_owned()]
    }
    fn labels(&self, _lookup: Option<&str>) -> Vec<String> {
        vec!["sleep".to_owned()]
    }
}
