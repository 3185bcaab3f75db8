//! The lines of vector files, told apart by their members.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

use super::mismatch::{Mismatch, Outcome};

/// One line of a vector file. Policies are kept as text, so that the real parser reads them.
pub(crate) enum Line<'a> {
    Registry(RegistryLine),
    Validate(ValidateLine<'a>),
    Text(TextLine),
    Merge(MergeLine<'a>),
    MergeUnvalidated(MergeUnvalidatedLine<'a>),
    Check(CheckLine<'a>),
    CheckUnvalidated(CheckUnvalidatedLine<'a>),
    User(UserLine<'a>),
    Filter(FilterLine),
    Quirk(QuirkLine<'a>),
}

/// Names a kind of error and where it stands.
pub(crate) type ErrorPath = (String, Vec<String>);

/// The mistakes that a validator should find, under the names of three verdicts of which ours is the last.
#[derive(Deserialize)]
pub(crate) struct Errors {
    #[serde(default)]
    errors: Vec<ErrorPath>,
    errors_total: Option<usize>,
    strict_errors: Option<Vec<ErrorPath>>,
    strict_errors_total: Option<usize>,
    docs_errors: Option<Vec<ErrorPath>>,
    docs_errors_total: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct RegistryLine {
    pub(crate) entities: BTreeMap<String, Entity>,
    pub(crate) devices: BTreeMap<String, Device>,
}

#[derive(Deserialize)]
pub(crate) struct Entity {
    pub(crate) device_id: Option<String>,
    pub(crate) area_id: Option<String>,
    pub(crate) id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Device {
    pub(crate) area_id: Option<String>,
    pub(crate) parent_device_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ValidateLine<'a> {
    #[serde(borrow)]
    pub(crate) policy: &'a RawValue,
    pub(crate) docs: bool,
    #[serde(flatten)]
    pub(crate) errors: Errors,
}

#[derive(Deserialize)]
pub(crate) struct TextLine {
    pub(crate) text: String,
    pub(crate) parses: bool,
    #[serde(default)]
    pub(crate) depth: usize,
    #[serde(default)]
    pub(crate) duplicate_keys: bool,
    #[serde(default)]
    pub(crate) docs: bool,
    #[serde(flatten)]
    pub(crate) errors: Errors,
}

#[derive(Deserialize)]
pub(crate) struct MergeLine<'a> {
    pub(crate) class: Class,
    #[serde(borrow)]
    pub(crate) policies: Vec<&'a RawValue>,
    pub(crate) merged: Value,
}

/// Which validation the policies of a line pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Class {
    Valid,
    Null,
    Generic,
}

#[derive(Deserialize)]
pub(crate) struct MergeUnvalidatedLine<'a> {
    #[serde(borrow)]
    pub(crate) policies: Vec<&'a RawValue>,
    pub(crate) all_valid: bool,
    pub(crate) merged: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) struct CheckLine<'a> {
    pub(crate) registry: String,
    #[serde(borrow)]
    pub(crate) policy: &'a RawValue,
    #[serde(flatten)]
    pub(crate) questions: Questions,
}

#[derive(Deserialize)]
pub(crate) struct CheckUnvalidatedLine<'a> {
    pub(crate) docs_valid: bool,
    pub(crate) registry: String,
    #[serde(borrow)]
    pub(crate) policy: &'a RawValue,
    #[serde(flatten)]
    pub(crate) questions: Questions,
}

/// Checks and their answers, which for policies that validation rejects may be names of exceptions.
#[derive(Deserialize)]
pub(crate) struct Questions {
    pub(crate) queries: Vec<(String, String)>,
    pub(crate) expect: Vec<Value>,
    pub(crate) access_all: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct UserLine<'a> {
    pub(crate) registry: String,
    pub(crate) user: UserFlags,
    #[serde(borrow)]
    pub(crate) groups: BTreeMap<String, &'a RawValue>,
    pub(crate) is_admin: bool,
    pub(crate) merged: Value,
    #[serde(flatten)]
    pub(crate) questions: Questions,
}

#[derive(Deserialize)]
pub(crate) struct UserFlags {
    pub(crate) is_owner: bool,
    pub(crate) is_active: bool,
    pub(crate) group_ids: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct FilterLine {
    pub(crate) user_case: String,
    pub(crate) key: String,
    pub(crate) entity_ids: Vec<String>,
    pub(crate) keep: Vec<bool>,
}

#[derive(Deserialize)]
pub(crate) struct QuirkLine<'a> {
    pub(crate) kind: String,
    #[serde(borrow)]
    pub(crate) input: &'a RawValue,
    pub(crate) recommended: Value,
}

impl<'a> Line<'a> {
    /// Takes a line apart.
    pub(crate) fn parse(text: &'a str) -> Outcome<Self> {
        let members: HashMap<Cow<'_, str>, IgnoredAny> = read(text)?;
        let has = |names: &[&str]| names.iter().all(|name| members.contains_key(*name));
        Ok(match () {
            () if has(&["kind", "input", "recommended"]) => Self::Quirk(read(text)?),
            () if has(&["entities", "devices"]) => Self::Registry(read(text)?),
            () if has(&["text", "parses"]) => Self::Text(read(text)?),
            () if has(&["user_case", "keep"]) => Self::Filter(read(text)?),
            () if has(&["user", "groups"]) => Self::User(read(text)?),
            () if has(&["policies", "all_valid"]) => Self::MergeUnvalidated(read(text)?),
            () if has(&["policies", "merged"]) => Self::Merge(read(text)?),
            () if has(&["policy", "queries", "docs_valid"]) => Self::CheckUnvalidated(read(text)?),
            () if has(&["policy", "queries"]) => Self::Check(read(text)?),
            () if has(&["policy", "docs"]) => Self::Validate(read(text)?),
            () => {
                let mut names: Vec<_> = members.keys().map(AsRef::as_ref).collect();
                names.sort_unstable();
                return Err(Mismatch::not_understood("the members of a known kind of vector", names.join(", ")));
            }
        })
    }
}

impl Errors {
    /// Returns the mistakes under our verdict: those listed, and how many there are in all.
    ///
    /// A list that is left out equals that of the verdict before it.
    pub(crate) fn docs(&self) -> (&[ErrorPath], usize) {
        let (list, total) = if let Some(list) = &self.docs_errors {
            (list, self.docs_errors_total)
        } else if let Some(list) = &self.strict_errors {
            (list, self.strict_errors_total)
        } else {
            (&self.errors, self.errors_total)
        };
        (list, total.unwrap_or(list.len()))
    }
}

/// Reads a line, or a part of one, into its type.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| Mismatch::not_understood("a line in the format of the vectors", error))
}

/// Returns the id of a line that has one.
pub(crate) fn id_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        id: String,
    }
    serde_json::from_str::<Head>(text).ok().map(|head| head.id)
}
