//! Checks: of a policy, of a user in groups, and as a filter of a list.

use std::collections::BTreeMap;

use auth_core::{Group, GroupId, User};
use serde_json::Value;

use super::{
    house::Subject,
    library::Library,
    line::{self, CheckLine, CheckUnvalidatedLine, FilterLine, Questions, UserFlags, UserLine},
    mismatch::{Mismatch, Outcome, accepted, permission, rejected, same, without_nulls},
};

/// Checks with one policy.
pub(crate) fn check(line: &CheckLine<'_>, library: &mut Library) -> Outcome {
    let policy = accepted(line.policy)?;
    ask(&library.house(&line.registry)?.member(&policy), &line.questions)
}

/// Policies that validation rejects never reach a check; all others answer as given.
pub(crate) fn check_unvalidated(line: &CheckUnvalidatedLine<'_>, library: &mut Library) -> Outcome {
    if !line.docs_valid {
        return rejected(line.policy);
    }
    let policy = accepted(line.policy)?;
    ask(&library.house(&line.registry)?.member(&policy), &line.questions)
}

/// A user with groups.
pub(crate) fn user(line: &UserLine<'_>, library: &mut Library) -> Outcome {
    same(&line.is_admin, &is_admin(&line.user), || "is_admin".to_owned())?;
    let mut groups = BTreeMap::new();
    for (id, policy) in &line.groups {
        groups.insert(id.clone(), accepted(policy)?);
    }
    for fixed in Group::system_groups() {
        if let Some(policy) = groups.get(fixed.id.as_str()) {
            same(policy, &fixed.policy, || format!("our policy of {}", fixed.id))?;
        }
    }
    if let Some(id) = line.user.group_ids.iter().find(|id| !groups.contains_key(*id)) {
        return Err(Mismatch::not_understood("a policy for each group", format!("none for {id:?}")));
    }
    let house = library.house(&line.registry)?;
    let subject = house.subject(line.user.is_owner, &line.user.group_ids, &groups);
    same(&without_nulls(&line.merged), &subject.merged().to_value(), || "merged policy".to_owned())?;
    ask(&subject, &line.questions)
}

/// A list of entities as a user may have it: all for administrators, else what they may do `key` with.
pub(crate) fn filter(line: &FilterLine, library: &mut Library) -> Outcome {
    let case = library.user(&line.user_case)?;
    let case: UserLine<'_> = line::read(&case)?;
    same(&line.entity_ids.len(), &line.keep.len(), || "answers".to_owned())?;
    let Some(permission) = permission(&line.key)? else { return Ok(()) };
    let groups = case.groups.iter().map(|(id, policy)| Ok((id.clone(), accepted(policy)?))).collect::<Outcome<_>>()?;
    let house = library.house(&case.registry)?;
    let subject = house.subject(case.user.is_owner, &case.user.group_ids, &groups);
    let everything = is_admin(&case.user) || subject.access_all(permission)?;
    for (entity_id, keep) in line.entity_ids.iter().zip(&line.keep) {
        let kept = everything || subject.check(entity_id, permission)?;
        same(keep, &kept, || format!("{permission} on {entity_id:?}, kept"))?;
    }
    Ok(())
}

/// Tells whether we call a user with these flags an administrator.
pub(crate) fn is_admin(flags: &UserFlags) -> bool {
    let group_ids = flags.group_ids.iter().map(|id| GroupId::from(id.as_str())).collect();
    let (is_owner, is_active) = (flags.is_owner, flags.is_active);
    User { is_owner, is_active, group_ids, ..User::new("subject", "Subject") }.is_admin()
}

fn ask(subject: &Subject<'_>, questions: &Questions) -> Outcome {
    let Questions { queries, expect, access_all } = questions;
    same(&queries.len(), &expect.len(), || "answers".to_owned())?;
    for ((entity_id, key), expected) in queries.iter().zip(expect) {
        // Keys that do not exist were refused, so there is no answer to compare.
        let Some(permission) = permission(key)? else { continue };
        let got = Value::Bool(subject.check(entity_id, permission)?);
        same(expected, &got, || format!("{permission} on {entity_id:?}"))?;
    }
    for (key, expected) in access_all {
        let Some(permission) = permission(key)? else { continue };
        let got = Value::Bool(subject.access_all(permission)?);
        same(expected, &got, || format!("access_all {permission}"))?;
    }
    Ok(())
}
