//! The numbered examples of where Home Assistant surprises, with what we do instead.

use std::collections::BTreeMap;

use policy_merge::{Dialect, Policy};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    access::is_admin,
    library::Library,
    line::{QuirkLine, UserFlags, read},
    mismatch::{Mismatch, Outcome, parse, permission, same, without_nulls},
    policies::merges,
};

/// Compares what we do with `recommended`.
pub(crate) fn run(line: &QuirkLine<'_>, library: &mut Library) -> Outcome {
    let input = line.input.get();
    let got = match line.kind.as_str() {
        "validate" => json!(if parse(line.input)?.is_ok() { "accept" } else { "reject" }),
        "merge" => {
            let policies: Vec<&RawValue> = read(input)?;
            match policies.iter().map(|policy| parse(policy)).collect::<Outcome<Result<Vec<_>, _>>>()? {
                // What is recommended has names that validation rejects: the class `generic` of merge vectors, whose
                // policies typed ones cannot hold. They must not get in, so there is nothing to merge.
                Err(_)
                    if line.recommended.is_object()
                        && Policy::from_value_as(Dialect::HomeAssistant, &line.recommended).is_err() =>
                {
                    return Ok(());
                }
                Err(_) => reject(),
                Ok(_) => return merges(&policies, &line.recommended),
            }
        }
        "check" => {
            let (policy, entity_id, key): (&RawValue, String, String) = read(input)?;
            match (parse(policy)?, permission(&key)?) {
                (Err(_), _) => reject(),
                // A key that does not exist is refused, so nothing is granted.
                (Ok(_), None) => json!(false),
                (Ok(policy), Some(permission)) => {
                    json!(library.house(HOME)?.member(&policy).check(&entity_id, permission)?)
                }
            }
        }
        "access_all" => {
            let (policy, key): (&RawValue, String) = read(input)?;
            match (parse(policy)?, permission(&key)?) {
                (Err(_), _) => reject(),
                (Ok(_), None) => json!(false),
                (Ok(policy), Some(permission)) => json!(library.house(HOME)?.member(&policy).access_all(permission)?),
            }
        }
        "user" => user(read(input)?, library)?,
        other => return Err(Mismatch::not_understood("a kind of example", other)),
    };
    same(&without_nulls(&line.recommended), &got, || line.kind.clone())
}

/// The id of the line with the home of all examples.
const HOME: &str = "registry";

#[derive(Deserialize)]
struct UserInput<'a> {
    is_owner: bool,
    is_active: bool,
    #[serde(borrow)]
    groups: BTreeMap<String, &'a RawValue>,
}

/// A user's standing, and whether they may read a light. A group with a bad policy is rejected when it is loaded, and
/// grants nothing from then on; to the owner that makes no difference.
fn user(input: UserInput<'_>, library: &mut Library) -> Outcome<Value> {
    let group_ids: Vec<String> = input.groups.keys().cloned().collect();
    let mut groups = BTreeMap::<String, Policy>::new();
    for (id, policy) in &input.groups {
        match parse(policy)? {
            Ok(policy) => _ = groups.insert(id.clone(), policy),
            Err(_) if input.is_owner => {}
            Err(_) => return Ok(reject()),
        }
    }
    let house = library.house(HOME)?;
    let subject = house.subject(input.is_owner, &group_ids, &groups);
    let read = subject.check("light.kitchen", policy_merge::Permission::Read)?;
    let flags = UserFlags { is_owner: input.is_owner, is_active: input.is_active, group_ids };
    Ok(json!({"is_admin": is_admin(&flags), "read": read}))
}

fn reject() -> Value {
    json!("reject")
}
