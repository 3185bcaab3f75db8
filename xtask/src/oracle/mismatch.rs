//! What a vector expected and did not get.

use std::fmt::{Debug, Display};

use policy_merge::{Dialect, Permission, Policy, PolicyErrors};
use serde_json::{Value, value::RawValue};

/// One difference. A line is reported with the first one found.
#[derive(Debug)]
pub(crate) struct Mismatch {
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

pub(crate) type Outcome<T = ()> = Result<T, Mismatch>;

impl Mismatch {
    pub(crate) fn new(what: impl Display, expected: impl Display, got: impl Display) -> Self {
        Self { what: what.to_string(), expected: expected.to_string(), got: got.to_string() }
    }

    /// A line, or something it names, that makes no sense to us.
    pub(crate) fn not_understood(expected: impl Display, got: impl Display) -> Self {
        Self::new("not understood", expected, got)
    }
}

/// Compares; `what` is only asked for when there is a difference.
pub(crate) fn same<T: PartialEq + Debug>(expected: &T, got: &T, what: impl FnOnce() -> String) -> Outcome {
    if expected == got { Ok(()) } else { Err(Mismatch::new(what(), format!("{expected:?}"), format!("{got:?}"))) }
}

/// Parses a policy that must be accepted.
pub(crate) fn accepted(policy: &RawValue) -> Outcome<Policy> {
    parse(policy)?.map_err(|errors| Mismatch::new("policy", "accepted", format!("rejected: {errors}")))
}

/// Makes sure that a policy is rejected.
pub(crate) fn rejected(policy: &RawValue) -> Outcome {
    match parse(policy)? {
        Err(_) => Ok(()),
        Ok(policy) => Err(Mismatch::new("policy", "rejected", format!("accepted as {policy}"))),
    }
}

/// Parses a policy from its text and from its value, which must come to the same.
pub(crate) fn parse(policy: &RawValue) -> Outcome<Result<Policy, PolicyErrors>> {
    let value: Value =
        serde_json::from_str(policy.get()).map_err(|error| Mismatch::not_understood("a policy in JSON", error))?;
    let from_text = Policy::parse_as(Dialect::HomeAssistant, policy.get());
    let from_value = Policy::from_value_as(Dialect::HomeAssistant, &value);
    same(&places(&from_text), &places(&from_value), || "policy from value, as from text".to_owned())?;
    Ok(from_text)
}

/// Returns a policy, or where its mistakes are: the texts of mistakes may differ, as a value no longer knows how its
/// numbers were written.
fn places(parsed: &Result<Policy, PolicyErrors>) -> Result<&Policy, Vec<&[String]>> {
    parsed.as_ref().map_err(|errors| errors.iter().map(|error| error.path.as_slice()).collect())
}

/// Returns the permission that a key stands for; `None` for a key that does not exist and was duly refused.
pub(crate) fn permission(key: &str) -> Outcome<Option<Permission>> {
    let parsed = key.parse::<Permission>().ok();
    let known = ["read", "control", "edit"].contains(&key);
    same(&known.then_some(key), &parsed.map(Permission::as_str), || format!("key {key:?}"))?;
    Ok(parsed)
}

/// Returns the value without the members that are `null`, at every level.
pub(crate) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(kept.map(|(name, member)| (name.clone(), without_nulls(member))).collect())
        }
        other => other.clone(),
    }
}
