//! What to write instead.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use crate::{PolicyError, Problem, Subcategory};

impl PolicyError {
    /// Returns what its writer probably meant, or could do; `None` where the error says it all.
    pub fn hint(&self) -> Option<String> {
        match &self.problem {
            Problem::Syntax { .. } => None,
            Problem::TooLong { .. } => Some("grant by area, label or domain instead of by entity".to_owned()),
            Problem::TooManyParts { .. } => Some("put rules with the same exceptions together".to_owned()),
            Problem::DuplicateName => Some("put what both say into one".to_owned()),
            Problem::UnknownName { allowed } => unknown_name(&self.path, allowed),
            Problem::WrongValue { found, .. } if found == "false" => Some(match self.path.as_slice() {
                [_] => "leave the whole category out to grant nothing".to_owned(),
                _ => {
                    "rules only grant: to take something out of what this policy grants, name it in `except`".to_owned()
                }
            }),
            Problem::WrongValue { found, .. } if found == "a string" => {
                Some("write `true` without quotes, or an object such as {\"read\": true}".to_owned())
            }
            Problem::WrongValue { found, .. } if found == "an array" => {
                Some("write an object with a member for each name, such as {\"light\": true}".to_owned())
            }
            Problem::WrongValue { found, .. } if found.starts_with("the number") => Some("write `true`".to_owned()),
            Problem::WrongValue { .. } => None,
        }
    }
}

fn unknown_name(path: &[String], allowed: &[&str]) -> Option<String> {
    let name = path.last()?;
    if path.len() == 1 && is_subcategory(name) {
        return Some(format!("`{name}` belongs inside `entities`"));
    }
    if name == "*" {
        return Some("there are no wildcards: `all` speaks about every entity".to_owned());
    }
    if allowed == ["read", "control", "edit"] {
        return match name.as_str() {
            "write" | "set" | "change" | "use" | "call" => Some("`control` is for acting on an entity".to_owned()),
            "view" | "see" | "show" => Some("`read` is for seeing an entity".to_owned()),
            _ => did_you_mean(name, allowed),
        };
    }
    if allowed.contains(&"domains") && name.contains('.') {
        return Some("entity ids belong inside `entity_ids`".to_owned());
    }
    did_you_mean(name, allowed)
}

fn is_subcategory(name: &str) -> bool {
    name == Subcategory::All.as_str() || Subcategory::NAMED.iter().any(|s| s.as_str() == name)
}

fn did_you_mean(name: &str, allowed: &[&str]) -> Option<String> {
    closest(name, allowed.iter().copied()).map(|best| format!("did you mean `{best}`?"))
}

/// Returns the candidate that differs from `name` in the fewest letters, if they are few: a slip of the pen. O(letters of
/// the name · letters of all candidates); nothing for names of more than 64 bytes.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let name = name.to_lowercase();
    let alike = candidates.into_iter().filter_map(|candidate| {
        // A beginning is as good as a slip.
        let begun = name.len() >= 3 && candidate.starts_with(&name);
        let far = candidate.len().abs_diff(name.len()) > MAX_SLIPS;
        let slips = if begun {
            1
        } else if far {
            return None;
        } else {
            distance(&name, candidate)
        };
        (slips <= (1 + candidate.len() / 3).min(MAX_SLIPS)).then_some((slips, candidate))
    });
    alike.min().map(|(_, best)| best)
}

/// Longer names are nobody's slip of the pen.
const MAX_NAME: usize = 64;
/// More slips than this make another name.
const MAX_SLIPS: usize = 4;

/// Levenshtein's: how many letters must be added, dropped or replaced.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            *cell = replaced.min(left + 1).min(diagonal + 1);
            left = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    #[track_caller]
    fn check(text: &str, expected: &[Option<&str>]) {
        let errors = Policy::parse(text).unwrap_err();
        let hints: Vec<_> = errors.iter().map(PolicyError::hint).collect();
        assert_eq!(hints.iter().map(Option::as_deref).collect::<Vec<_>>(), expected, "{errors}");
    }

    #[test]
    fn a_slip_is_at_most_a_few_letters() {
        // Four letters away, where a name of nine may be four away; no beginning of it.
        assert_eq!(closest("efghi", ["abcdefghi"]), Some("abcdefghi"));
        assert_eq!(closest("fghi", ["abcdefghi"]), None);
    }

    #[test]
    fn says_what_was_probably_meant() {
        check(r#"{"domains":true}"#, &[Some("`domains` belongs inside `entities`")]);
        check(r#"{"entities":{"entity_id":true}}"#, &[Some("did you mean `entity_ids`?")]);
        check(r#"{"entities":{"Areas":true}}"#, &[Some("did you mean `area_ids`?")]);
        check(r#"{"entities":{"area":true}}"#, &[Some("did you mean `area_ids`?")]);
        check(r#"{"entities":{"zzzzzzzzzzzzzzzz":true}}"#, &[None]);
        check(r#"{"entities":{"light.sink":true}}"#, &[Some("entity ids belong inside `entity_ids`")]);
        check(r#"{"entities":{"*":true}}"#, &[Some("there are no wildcards: `all` speaks about every entity")]);
        check(r#"{"entities":{"all":{"write":true}}}"#, &[Some("`control` is for acting on an entity")]);
        check(r#"{"entities":{"all":{"view":true}}}"#, &[Some("`read` is for seeing an entity")]);
        check(r#"{"entities":{"all":{"reed":true}}}"#, &[Some("did you mean `read`?")]);
        check(r#"{"entities":false}"#, &[Some("leave the whole category out to grant nothing")]);
        check(
            r#"{"entities":{"domains":{"lock":false}}}"#,
            &[Some("rules only grant: to take something out of what this policy grants, name it in `except`")],
        );
        check(r#"{"entities":{"all":1}}"#, &[Some("write `true`")]);
        check(
            r#"{"entities":{"all":"yes"}}"#,
            &[Some("write `true` without quotes, or an object such as {\"read\": true}")],
        );
        check(
            r#"{"entities":{"domains":["light"]}}"#,
            &[Some("write an object with a member for each name, such as {\"light\": true}")],
        );
        check("[1", &[None]);
        check(r#"{"all":true}"#, &[Some("`all` belongs inside `entities`")]);
        check(r#"{"config_entries":true,"domain":1}"#, &[None, None]);
        check(r#"{"entities":{"domains":{"light":{"all":true}}}}"#, &[None]);
        check(r#"{"entities":{"any_of":{}}}"#, &[None]);
    }

    #[test]
    fn what_is_close_and_what_is_not() {
        assert_eq!(closest("lightt.sink", ["light.sink", "lock.front"]), Some("light.sink"));
        // At most a slip for each three letters and one more, and four in all.
        assert_eq!(closest("abcxyz", ["abcdef"]), Some("abcdef"));
        assert_eq!(closest("abwxyz", ["abcdef"]), None);
        assert_eq!(closest("0000efghijklmnop", ["abcdefghijklmnop"]), Some("abcdefghijklmnop"));
        assert_eq!(closest("00000fghijklmnop", ["abcdefghijklmnop"]), None);
        // A beginning will do, from three letters on.
        assert_eq!((closest("ent", ["entity_ids"]), closest("en", ["entity_ids"])), (Some("entity_ids"), None));
        let long = "x".repeat(MAX_NAME);
        assert_eq!(closest(&long, [long.as_str()]), Some(long.as_str()));
        let longer = "x".repeat(MAX_NAME + 1);
        assert_eq!(closest(&longer, [longer.as_str()]), None);
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [("", "", 0), ("a", "", 1), ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
