//! Which crate of the workspace may depend on which.

use std::collections::BTreeSet;

use super::Graph;

/// Every arrow that may be drawn, from top to bottom. A crate may also reach below an arrow's end: `hub` may name
/// `auth-core`, because a chain of arrows leads there. Nothing points upwards, nor sideways.
pub(crate) const ARROWS: &[(&str, &[&str])] = &[
    ("bench", &["http-adapter", "ws-adapter", "components", "mqtt"]),
    ("engine-bench", &["auth-core"]),
    (
        "hub",
        &[
            "admin-page",
            "http-adapter",
            "ws-adapter",
            "passkeys",
            "demo",
            "mqtt",
            "rest_oauth",
            "single-sign-on",
            "outbound",
        ],
    ),
    ("admin-page", &["http-adapter"]),
    ("http-adapter", &["management", "frontend"]),
    ("ws-adapter", &["management", "frontend"]),
    ("management", &["home"]),
    ("passkeys", &["home"]),
    ("home", &["config-entries", "store", "auth-login", "templates", "recorder", "service-bus"]),
    ("single-sign-on", &["home", "outbound"]),
    ("demo", &["components", "config-entries"]),
    ("mqtt", &["config-entries"]),
    ("rest_oauth", &["config-entries", "outbound"]),
    ("components", &["service-bus"]),
    ("store", &["audit", "auth-core", "auth-login", "config-entries", "registries"]),
    ("service-bus", &["registries"]),
    ("registries", &["auth-core"]),
    ("integration-testkit", &["config-entries", "components"]),
    ("config-entries", &["service-bus"]),
    ("recorder", &["auth-core"]),
    ("audit", &["auth-core"]),
    ("auth-login", &["auth-core"]),
    ("frontend", &[]),
    ("outbound", &[]),
    ("templates", &[]),
    ("auth-core", &["policy-merge"]),
    ("policy-merge", &[]),
];

/// May depend on anything; nothing may depend on it.
const TOOL: &str = "xtask";

/// Returns a line for each dependency between members that `arrows` does not allow. Those of tests are free.
pub(crate) fn breaches(arrows: &[(&str, &[&str])], graph: &Graph) -> Vec<String> {
    let members: BTreeSet<&str> = graph.members().map(|package| package.name.as_str()).collect();
    let mut breaches = Vec::new();
    for package in graph.members().filter(|package| package.name != TOOL) {
        let name = package.name.as_str();
        if !arrows.iter().any(|(from, _)| *from == name) {
            breaches.push(format!("{name}: has no place in the table of arrows in xtask/src/arrows/layers.rs"));
            continue;
        }
        let allowed = below(arrows, name);
        for dependency in package.declared.iter().filter(|dependency| members.contains(dependency.as_str())) {
            if !allowed.contains(dependency.as_str()) {
                let allowed: Vec<_> = allowed.iter().copied().collect();
                breaches.push(format!("{name} -> {dependency}: not allowed; may depend on: {}", allowed.join(", ")));
            }
        }
    }
    breaches
}

/// Returns all that a chain of arrows from `name` leads to.
fn below<'a>(arrows: &[(&'a str, &[&'a str])], name: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![name];
    while let Some(name) = open.pop() {
        for (_, ends) in arrows.iter().filter(|(from, _)| *from == name) {
            open.extend(ends.iter().copied().filter(|end| found.insert(*end)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(graph: &[(&str, &[&str])], expected: &[&str]) {
        let arrows: &[(&str, &[&str])] =
            &[("top", &["left", "right"]), ("left", &["base"]), ("right", &["base"]), ("base", &[])];
        let breaches = breaches(arrows, &Graph::made_up(graph));
        let starts: Vec<_> = breaches.iter().map(|breach| breach.split(':').next().unwrap()).collect();
        assert_eq!(starts, expected);
    }

    #[test]
    fn arrows_point_down_only() {
        check(&[("top", &["left", "base"]), ("left", &["base", "serde"]), ("base", &[])], &[]);
        check(&[("base", &["left"]), ("left", &[])], &["base -> left"]);
        check(&[("left", &["right"]), ("right", &[])], &["left -> right"]);
        check(&[("base", &["base2"]), ("base2", &[])], &["base -> base2", "base2"]);
        check(&[("xtask", &["top"]), ("top", &[])], &[]);
        check(&[("top", &["xtask"]), ("xtask", &[])], &["top -> xtask"]);
    }

    #[test]
    fn the_table_has_no_circle_and_names_what_it_points_to() {
        for (from, ends) in ARROWS {
            assert!(!below(ARROWS, from).contains(from), "{from} depends on itself");
            for end in *ends {
                assert!(ARROWS.iter().any(|(name, _)| name == end), "{end} has no line");
            }
        }
    }
}
