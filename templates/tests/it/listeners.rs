//! What a render reports to have read.

use crate::render;

#[track_caller]
fn check(source: &str, all: bool, entities: &[&str], domains: &[&str], time: bool) {
    let listeners = render(source).listeners;
    assert_eq!(listeners.all, all, "{source}");
    assert_eq!(listeners.entities.iter().map(String::as_str).collect::<Vec<_>>(), entities, "{source}");
    assert_eq!(listeners.domains.iter().map(String::as_str).collect::<Vec<_>>(), domains, "{source}");
    assert_eq!(listeners.time, time, "{source}");
}

#[test]
fn what_was_read_is_listened_to() {
    check("text", false, &[], &[], false);
    check(
        "{{ states('lock.front_door') }}{{ states.light | list | count }}",
        false,
        &["lock.front_door"],
        &["light"],
        false,
    );
    check("{{ states.light.bed.state }}", false, &["light.bed"], &[], false);
    check("{{ states('no.such') }}{{ is_state('a.b', 'on') }}", false, &["a.b", "no.such"], &[], false);
    check("{{ states.light | map(attribute='state') | list }}", false, &[], &["light"], false);
    check("{% for s in states.nothing %}{% endfor %}", false, &[], &["nothing"], false);
    check("{{ states | count }}{{ states('light.bed') }}", true, &[], &[], false);
    check("{{ now() }}", false, &[], &[], true);
    check("{{ utcnow().year }}", false, &[], &[], true);
    check("{{ relative_time(1) }}", false, &[], &[], true);
    check("{{ expand('light.lights') | count }}", false, &["light.bed", "light.ceiling", "light.lights"], &[], false);
    check("{% if false %}{{ states('light.bed') }}{% endif %}", false, &[], &[], false);
    check("{{ area_entities('kitchen') | map('states') | list }}", false, &["light.ceiling"], &[], false);
}

#[test]
fn a_failed_render_still_listens() {
    check("{{ states('lock.front_door') | int }}", false, &["lock.front_door"], &[], false);
}
