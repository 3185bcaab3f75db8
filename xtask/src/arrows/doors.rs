//! Who may make principals: the files that name `auth_core::principal::danger` or a function of it.
//!
//! Whoever makes a principal acts as that user, so the places are few and listed. Tests and examples in documentation
//! are free: what they make is gone with them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::Graph;

/// Where the dangerous door is.
const DOOR: &str = "auth-core/src/principal.rs";

/// Files (or folders, with a stroke at the end) that may go through it, and why.
pub(crate) const ALLOWED: &[(&str, &str)] = &[
    (DOOR, "has the door itself"),
    ("bench/src/accounts.rs", "turns the recording of service calls on and off, in a home that exists for that only"),
    ("bench/src/mqtt.rs", "hands the MQTT integration its role, in a home that exists for that only"),
    ("bench/src/home_of.rs", "hands an integration's role to the lights that it measures"),
    ("engine-bench/src/world.rs", "asks as a made-up user, in a home that exists for that only"),
    ("home/src/accounts/session.rs", "the authenticator: from a live token to its user"),
    ("hub/src/", "assembles everything, and hands the hub's own roles down"),
    ("integration-testkit/src/", "plays the home around an integration under test; nothing else depends on it"),
    ("xtask/src/arrows/doors.rs", "looks for the word"),
    ("xtask/src/oracle/house.rs", "asks as the users of vectors, in homes that exist for that only"),
];

/// The source files of the workspace by path from its root.
#[derive(Debug)]
pub(crate) struct Sources(Vec<(String, String)>);

impl Sources {
    /// Reads every Rust file in the folders of all members.
    pub(crate) fn read(root: &Path, graph: &Graph) -> Result<Self> {
        let mut files = Vec::new();
        for package in graph.members() {
            rust_files(&package.folder, &mut files)?;
        }
        let mut sources = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            sources.push((path, text));
        }
        Ok(Self(sources))
    }
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                rust_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns a line for each place that names the door and is not in `allowed`, and for each file there that does not.
///
/// # Errors
/// When the door cannot be found, as then nothing could be.
pub(crate) fn breaches(allowed: &[(&str, &str)], sources: &Sources) -> Result<Vec<String>> {
    let door = sources.0.iter().find(|(path, _)| path == DOOR).with_context(|| format!("{DOOR} is missing"))?;
    let words = words_of_danger(&door.1);
    ensure!(words.len() > 1, "{DOOR} has no public function in `mod danger`");
    let mut breaches = Vec::new();
    let mut users = BTreeSet::new();
    for (path, text) in &sources.0 {
        if is_test(path) {
            continue;
        }
        for (n, word) in uses(text, &words) {
            users.insert(path.as_str());
            if !allowed.iter().any(|(place, _)| covers(place, path)) {
                breaches.push(format!("{path}:{n}: names `{word}`, which makes principals, and is not on the list"));
            }
        }
    }
    for (place, _) in allowed.iter().filter(|(place, _)| !place.ends_with('/') && !users.contains(place)) {
        breaches.push(format!("{place}: is on the list and makes no principals any more"));
    }
    Ok(breaches)
}

fn covers(place: &str, path: &str) -> bool {
    if place.ends_with('/') { path.starts_with(place) } else { path == place }
}

/// Returns the module's name and those of its public functions.
fn words_of_danger(door: &str) -> Vec<String> {
    let inside = door.lines().skip_while(|line| !line.starts_with("pub mod danger"));
    let functions = inside.filter_map(|line| {
        let line = line.trim_start().strip_prefix("pub ")?;
        let line = line.strip_prefix("const ").unwrap_or(line).strip_prefix("fn ")?;
        words(line).next().map(str::to_owned)
    });
    std::iter::once("danger".to_owned()).chain(functions).collect()
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| ["tests", "benches", "examples"].contains(&part))
}

/// Returns the lines of code, counted from 1, that name one of `words`: neither comments nor modules of tests.
fn uses<'a>(text: &str, dangerous: &'a [String]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((n, line)) = lines.next() {
        if line == "#[cfg(test)]" {
            let opens = |line: &str| line.starts_with("mod ") && line.ends_with('{');
            if lines.peek().is_some_and(|(_, next)| opens(next)) {
                // Formatted code closes a module at the margin.
                lines.by_ref().find(|(_, line)| *line == "}");
            }
            continue;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        let named = words(line).find_map(|word| dangerous.iter().find(|dangerous| *dangerous == word));
        found.extend(named.map(|word| (n, word.as_str())));
    }
    found
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR_TEXT: &str = "pub fn who() {}\npub mod danger {\n    pub fn user_principal() {}\n    pub const fn system_principal() {}\n}\n";

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let sources = Sources(vec![file(DOOR, DOOR_TEXT), file(path, text)]);
        let breaches = breaches(&[(DOOR, ""), ("a/src/allowed.rs", ""), ("hub/src/", "")], &sources).unwrap();
        let stale = "a/src/allowed.rs: is on the list and makes no principals any more";
        let breaches: Vec<_> = breaches.iter().filter(|breach| *breach != stale).collect();
        assert_eq!(breaches, expected);
    }

    #[test]
    fn principals_are_made_only_where_allowed() {
        let line = "use auth_core::principal::{danger, Who};\n";
        check("a/src/allowed.rs", line, &[]);
        check("hub/src/deep/main.rs", line, &[]);
        check(
            "a/src/lib.rs",
            line,
            &["a/src/lib.rs:1: names `danger`, which makes principals, and is not on the list"],
        );
        check(
            "a/src/lib.rs",
            "\nlet p = x::user_principal(&id);\n",
            &["a/src/lib.rs:2: names `user_principal`, which makes principals, and is not on the list"],
        );
        check("a/src/lib.rs", "let who = endangered();\n", &[]);
        check("a/src/lib.rs", "//! use auth_core::principal::danger;\n", &[]);
    }

    #[test]
    fn tests_are_free_and_code_after_them_is_not() {
        check("a/tests/it/main.rs", "use danger;\n", &[]);
        check("a/src/b/tests.rs", "use danger;\n", &[]);
        check("a/src/lib.rs", "#[cfg(test)]\nmod tests {\n    use danger;\n}\n", &[]);
        check(
            "a/src/lib.rs",
            "#[cfg(test)]\nmod tests;\nuse danger;\n",
            &["a/src/lib.rs:3: names `danger`, which makes principals, and is not on the list"],
        );
        check(
            "a/src/lib.rs",
            "#[cfg(test)]\nmod tests {\n}\nuse danger;\n",
            &["a/src/lib.rs:4: names `danger`, which makes principals, and is not on the list"],
        );
    }

    #[test]
    fn a_stale_entry_and_a_lost_door_are_reported() {
        let sources = Sources(vec![(DOOR.to_owned(), DOOR_TEXT.to_owned())]);
        assert_eq!(breaches(&[(DOOR, ""), ("a/b.rs", "")], &sources).unwrap().len(), 1);
        assert!(breaches(&[], &Sources(Vec::new())).is_err());
        assert!(breaches(&[], &Sources(vec![(DOOR.to_owned(), "pub mod danger {}".to_owned())])).is_err());
    }
}
