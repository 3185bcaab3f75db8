//! What is wrong with a policy, what is odd about it, and what it would change before it is saved.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    asked::Asked,
    names::Names,
    problem::{Mistake, Problem, Wrong},
};

/// What was found out about a policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    pub(crate) mistakes: Vec<Mistake>,
    /// More than are listed.
    pub(crate) n_mistakes: usize,
    pub(crate) odd: Vec<String>,
    pub(crate) people: Vec<OfPerson>,
    /// Whose changes are not listed.
    pub(crate) n_more_people: usize,
}

/// What changes for somebody.
#[derive(Clone, Debug)]
pub(crate) struct OfPerson {
    pub(crate) name: String,
    /// Their membership does not always count.
    pub(crate) at_times: bool,
    pub(crate) changes: Vec<Change>,
}

/// What is gained or lost of one permission.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) is_gain: bool,
    pub(crate) permission: String,
    pub(crate) count: usize,
    pub(crate) listed: Vec<Entity>,
    pub(crate) n_more: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The most of each that are listed, so that the page stays small: of mistakes, findings, people, and entities of one change.
const MAX_LISTED: usize = 12;

#[derive(Deserialize)]
struct Validated {
    errors: Vec<Mistake>,
    n_errors: usize,
}

#[derive(Deserialize)]
struct Linted {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    text: String,
}

#[derive(Deserialize)]
struct Previewed {
    users: Vec<OfUser>,
}

#[derive(Deserialize)]
struct OfUser {
    user_id: String,
    name: Option<String>,
    at_times: bool,
    effects: Vec<Effect>,
}

#[derive(Deserialize)]
struct Effect {
    permission: String,
    gained: Vec<String>,
    lost: Vec<String>,
}

impl Checked {
    /// Checks a policy, given as its text, for a group that may be new, with users who would be in it besides. `only_at_times`
    /// says that those would not always be.
    pub(crate) async fn find(
        asked: &Asked,
        names: &Names,
        (group_id, text): (&str, &str),
        (user_ids, only_at_times): (&[String], bool),
    ) -> Result<Self, Problem> {
        let validated: Validated = asked.run("policy/validate", json!({"policy": text})).await?;
        let mut checked = Self { n_mistakes: validated.n_errors, ..Self::default() };
        checked.mistakes = validated.errors.into_iter().take(MAX_LISTED).collect();
        if checked.n_mistakes > 0 {
            return Ok(checked);
        }
        let linted: Linted = asked.run("policy/lint", json!({"policy": text})).await?;
        checked.odd = linted.findings.into_iter().take(MAX_LISTED).map(|finding| finding.text).collect();
        let draft = json!({"group_id": group_id, "policy": text, "user_ids": user_ids});
        let previewed: Previewed = asked.run::<Previewed>("policy/preview", draft).await?;
        checked.n_more_people = previewed.users.len().saturating_sub(MAX_LISTED);
        let people = previewed.users.into_iter().take(MAX_LISTED);
        checked.people = people
            .map(|user| OfPerson {
                at_times: user.at_times || only_at_times && user_ids.contains(&user.user_id),
                name: user.name.unwrap_or(user.user_id),
                changes: user.effects.iter().flat_map(|effect| Change::of(effect, names)).collect(),
            })
            .collect();
        Ok(checked)
    }

    /// Returns a policy's text as the JSON that it is.
    pub(crate) fn parse(text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }

    /// Says that a policy with mistakes is not saved.
    pub(crate) fn wrong(&self) -> Option<Wrong> {
        (self.n_mistakes > 0).then(|| Wrong::new("The policy has mistakes, so nothing was saved."))
    }

    /// Tells whether nothing changes for anybody.
    pub(crate) fn changes_nothing(&self) -> bool {
        self.n_mistakes == 0 && self.people.is_empty()
    }
}

impl Change {
    fn of(effect: &Effect, names: &Names) -> Vec<Self> {
        let of = |is_gain: bool, ids: &[String]| {
            let listed = ids.iter().take(MAX_LISTED);
            let listed = listed.map(|id| Entity { id: id.clone(), name: names.entity(id).to_owned() });
            (!ids.is_empty()).then(|| Self {
                is_gain,
                permission: effect.permission.clone(),
                count: ids.len(),
                listed: listed.collect(),
                n_more: ids.len().saturating_sub(MAX_LISTED),
            })
        };
        [of(true, &effect.gained), of(false, &effect.lost)].into_iter().flatten().collect()
    }
}
