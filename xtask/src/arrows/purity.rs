//! What the pure crates may not pull in: whatever waits, reads a clock, draws lots, opens files or sockets, or logs.

use super::Graph;

/// Crates whose every effect is in their return values. Their `clippy.toml` forbids the same in `std`.
const PURE: &[&str] = &["policy-merge", "auth-core", "registries", "auth-login", "audit", "templates", "recorder"];

/// Packages that have effects, and which.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("runs tasks", &["async-std", "async-executor", "async-io", "futures-executor", "rayon", "smol", "tokio"]),
    ("draws random numbers", &["fastrand", "getrandom", "oorandom", "rand", "rdrand"]),
    ("reads the clock", &["chrono", "coarsetime", "jiff", "quanta", "time", "web-time"]),
    (
        "reaches files, sockets or the system",
        &[
            "axum",
            "curl",
            "fs-err",
            "hyper",
            "libc",
            "memmap2",
            "mio",
            "nix",
            "notify",
            "reqwest",
            "rusqlite",
            "rustix",
            "socket2",
            "tempfile",
            "ureq",
            "walkdir",
            "windows-sys",
        ],
    ),
    ("logs to a global", &["env_logger", "log", "slog", "tracing"]),
];

/// What a pure crate pulls in all the same, and why that is right.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("auth-core", "jiff", "of schedules: time zone arithmetic; the present time comes in as an argument"),
    ("auth-core", "log", "of jiff; nobody listens"),
    ("registries", "jiff", "of auth-core"),
    ("registries", "log", "of auth-core"),
    ("auth-login", "jiff", "of auth-core"),
    ("auth-login", "log", "of auth-core"),
    ("audit", "jiff", "of auth-core"),
    ("audit", "log", "of auth-core"),
    ("audit", "getrandom", "of sha2, because auth-login's password-hash asks for it; a hash draws no lots"),
    ("audit", "libc", "of getrandom; nothing of ours reaches it"),
    ("auth-login", "getrandom", "of ring and password-hash, for key and salt generation, which we never call"),
    ("auth-login", "libc", "of getrandom and cpufeatures; nothing of ours reaches it"),
    ("recorder", "jiff", "of auth-core"),
    ("recorder", "log", "of auth-core"),
    ("templates", "jiff", "time zone arithmetic; the present time comes in as an argument"),
    ("templates", "log", "of jiff, which logs what it cannot read of the time zone database; nobody listens"),
];

/// Returns a line for each forbidden package in the closure of a pure crate, and for each exception without a case.
pub(crate) fn breaches(graph: &Graph) -> Vec<String> {
    breaches_of(PURE, EXCEPTIONS, graph)
}

fn breaches_of(pure: &[&str], exceptions: &[(&str, &str, &str)], graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    for name in pure {
        let Some(package) = graph.member(name) else {
            breaches.push(format!("{name}: is said to be pure, and is not in the workspace"));
            continue;
        };
        let closure = graph.closure(package);
        let is_exception = |found: &str| exceptions.iter().any(|(of, what, _)| of == name && *what == found);
        for (found, chain) in &closure {
            let effect = FORBIDDEN.iter().find(|(_, packages)| packages.contains(&found.as_str()));
            if let Some((effect, _)) = effect.filter(|_| !is_exception(found)) {
                breaches.push(format!("{name}: pulls in {found}, which {effect}: {}", chain.join(" -> ")));
            }
        }
        for (_, what, _) in exceptions.iter().filter(|(of, what, _)| of == name && !closure.contains_key(*what)) {
            breaches.push(format!("{name}: the exception for {what} is no longer needed"));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(graph: &[(&str, &[&str])], exceptions: &[(&str, &str, &str)], expected: &[&str]) {
        assert_eq!(breaches_of(&["pure"], exceptions, &Graph::made_up(graph)), expected);
    }

    #[test]
    fn effects_are_found_however_deep() {
        check(&[("pure", &["serde"])], &[], &[]);
        check(
            &[("pure", &["thin"]), ("thin", &["tokio"])],
            &[],
            &["pure: pulls in tokio, which runs tasks: pure -> thin -> tokio"],
        );
        check(&[("other", &["tokio"]), ("pure", &[])], &[], &[]);
        check(&[("other", &[])], &[], &["pure: is said to be pure, and is not in the workspace"]);
    }

    #[test]
    fn exceptions_hold_for_one_crate_and_must_be_needed() {
        let graph: &[(&str, &[&str])] = &[("pure", &["rand"])];
        check(graph, &[("pure", "rand", "")], &[]);
        check(graph, &[("other", "rand", "")], &["pure: pulls in rand, which draws random numbers: pure -> rand"]);
        check(&[("pure", &[])], &[("pure", "rand", "")], &["pure: the exception for rand is no longer needed"]);
    }
}
