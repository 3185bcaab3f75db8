//! Validation and merge.

use std::collections::BTreeSet;

use policy_merge::{Dialect, Policy, PolicyErrors, Problem};
use serde_json::{Value, value::RawValue};

use super::{
    line::{Class, Errors, MergeLine, MergeUnvalidatedLine, TextLine, ValidateLine},
    mismatch::{Mismatch, Outcome, accepted, parse, rejected, same, without_nulls},
};

/// The verdict `docs`, and every mistake where there are any.
pub(crate) fn validate(line: &ValidateLine<'_>) -> Outcome {
    match (line.docs, parse(line.policy)?) {
        (true, Ok(policy)) => {
            let value: Value = super::line::read(line.policy.get())?;
            same(&without_nulls(&value), &policy.to_value(), || "the policy printed again".to_owned())
        }
        (false, Err(errors)) => same_errors(&line.errors, &errors),
        (docs, got) => Err(verdict(docs, &got)),
    }
}

/// The same for text, which may not be JSON at all. Text that names a key twice is always refused.
pub(crate) fn validate_text(line: &TextLine) -> Outcome {
    let right = line.parses && line.docs && !line.duplicate_keys;
    match (right, Policy::parse_as(Dialect::HomeAssistant, &line.text)) {
        (true, Ok(_)) => Ok(()),
        // A parser with a limit may refuse what is nested deeper.
        (true, Err(_)) if line.depth > MAX_DEPTH => Ok(()),
        (false, Err(errors)) if line.parses && !line.duplicate_keys && line.depth <= MAX_DEPTH => {
            same_errors(&line.errors, &errors)
        }
        (false, Err(_)) => Ok(()),
        (right, got) => Err(verdict(right, &got)),
    }
}

const MAX_DEPTH: usize = 127;

/// The merge in any order; for `generic` policies that some of them are rejected, as we cannot hold them.
pub(crate) fn merge(line: &MergeLine<'_>) -> Outcome {
    match line.class {
        Class::Valid | Class::Null => merges(&line.policies, &line.merged),
        Class::Generic => some_rejected(&line.policies),
    }
}

/// Policies that validation rejects never reach a merge; all others merge as given.
pub(crate) fn merge_unvalidated(line: &MergeUnvalidatedLine<'_>) -> Outcome {
    match (&line.merged, line.all_valid) {
        (_, false) => some_rejected(&line.policies),
        (Some(merged), true) => merges(&line.policies, merged),
        (None, true) => Err(Mismatch::not_understood("`merged` where all policies are valid", "none")),
    }
}

fn some_rejected(policies: &[&RawValue]) -> Outcome {
    if policies.iter().any(|policy| rejected(policy).is_ok()) {
        return Ok(());
    }
    Err(Mismatch::new("policies", "at least one rejected", "all accepted"))
}

/// Merges in every order (in a few, where there are many) and compares each result.
pub(crate) fn merges(policies: &[&RawValue], expected: &Value) -> Outcome {
    let mut policies = policies.iter().map(|policy| accepted(policy)).collect::<Outcome<Vec<_>>>()?;
    let expected = without_nulls(expected);
    let n_orders = match policies.len() {
        0 | 1 => 1,
        n @ 2..=4 => (1..=n).product(),
        // Swaps in Heap's order: the first few move each policy a little; every policy is first and last once.
        n => 4 * n,
    };
    let mut swaps = Swaps::new(policies.len());
    for _ in 0..n_orders {
        let merged = policy_merge::merge(&policies).to_value();
        same(&expected, &merged, || format!("merge in the order {:?}", swaps.order))?;
        if let Some((a, b)) = swaps.next() {
            policies.swap(a, b);
        }
    }
    policies.reverse();
    same(&expected, &policy_merge::merge(&policies).to_value(), || "merge in reverse".to_owned())
}

/// The swaps of Heap's algorithm, which visits every order of n things by swapping two at a time.
struct Swaps {
    order: Vec<usize>,
    counts: Vec<usize>,
}

impl Swaps {
    fn new(n: usize) -> Self {
        Self { order: (0..n).collect(), counts: vec![0; n] }
    }
}

impl Iterator for Swaps {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let at = self.counts.iter().enumerate().position(|(n, count)| *count < n)?;
        let count = self.counts.get_mut(at)?;
        let swap = if at % 2 == 0 { (0, at) } else { (*count, at) };
        *count += 1;
        self.counts.iter_mut().take(at).for_each(|count| *count = 0);
        self.order.swap(swap.0, swap.1);
        Some(swap)
    }
}

fn verdict(accepted: bool, got: &Result<Policy, PolicyErrors>) -> Mismatch {
    let got = match got {
        Ok(policy) => format!("accepted as {policy}"),
        Err(errors) => format!("rejected: {errors}"),
    };
    Mismatch::new("verdict", if accepted { "accepted" } else { "rejected" }, got)
}

/// Compares kinds and places of mistakes as sets; where the vector's list was cut, it must be a part of ours.
fn same_errors(expected: &Errors, got: &PolicyErrors) -> Outcome {
    let (listed, total) = expected.docs();
    let listed: BTreeSet<_> = listed.iter().cloned().collect();
    let found: BTreeSet<_> = got
        .iter()
        .map(|error| {
            let kind = match &error.problem {
                Problem::UnknownName { .. } => "key",
                Problem::WrongValue { .. } => "value",
                Problem::DuplicateName => "duplicate",
                Problem::Syntax { .. } | Problem::TooLong { .. } | Problem::TooManyParts { .. } => "syntax",
            };
            (kind.to_owned(), error.path.clone())
        })
        .collect();
    same(&total, &found.len(), || format!("number of errors ({got})"))?;
    if total == listed.len() {
        return same(&listed, &found, || "errors".to_owned());
    }
    let missing: BTreeSet<_> = listed.difference(&found).collect();
    same(&BTreeSet::new(), &missing, || "listed errors that were not found".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_visit_every_order_once() {
        for (n, orders) in [(0, 1), (1, 1), (2, 2), (3, 6), (4, 24)] {
            let mut swaps = Swaps::new(n);
            let mut seen = BTreeSet::from([swaps.order.clone()]);
            while swaps.next().is_some() {
                assert!(seen.insert(swaps.order.clone()), "{:?} twice", swaps.order);
            }
            assert_eq!(seen.len(), orders);
        }
    }
}
