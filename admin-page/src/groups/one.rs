//! One group: who is in it, and what they may do; checked, then saved.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{Choice, Times, all, choices, href, people};
use crate::{
    asked::{Asked, Frame},
    names::{Names, Suggested},
    part::Part,
    policy::{Checked, Draft},
    problem::{Problem, Wrong},
    reply,
    shown::{Group, User},
};

#[derive(Template)]
#[template(path = "group.html")]
struct Page {
    frame: Frame,
    href: String,
    group: Group,
    /// As it is typed.
    name: String,
    members: Vec<Member>,
    part: Part,
    choices: Vec<Choice>,
    times: Times,
    member_wrong: Option<Wrong>,
    draft: Draft,
    checked: Option<Checked>,
    suggested: Vec<Suggested>,
    wrong: Option<Wrong>,
    /// The policy on which what is typed was begun.
    was: String,
}

struct Member {
    user: User,
    when: String,
}

/// The most members of one page.
const MAX_MEMBERS: usize = 40;

/// What differs from the group as it is.
#[derive(Default)]
struct Typed {
    name: Option<String>,
    member: Option<(String, Times)>,
    member_wrong: Option<Wrong>,
    draft: Option<Draft>,
    checked: Option<Checked>,
    wrong: Option<Wrong>,
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    let group_id = asked.param("group_id").to_owned();
    anew(&asked, &group_id, Typed::default()).await
}

/// Shows a group with a membership that could not be.
pub(crate) async fn with_member(
    asked: &Asked,
    group_id: &str,
    member: (String, Times),
    wrong: Wrong,
) -> Result<Response, Problem> {
    anew(asked, group_id, Typed { member: Some(member), member_wrong: Some(wrong), ..Typed::default() }).await
}

/// Shows a group with something that could not be done.
pub(crate) async fn with_wrong(asked: &Asked, group_id: &str, wrong: Wrong) -> Result<Response, Problem> {
    anew(asked, group_id, Typed { wrong: Some(wrong), ..Typed::default() }).await
}

async fn anew(asked: &Asked, group_id: &str, typed: Typed) -> Result<Response, Problem> {
    let group = find(asked, group_id).await?;
    page(asked, group, &Names::load(asked).await?, typed).await
}

async fn page(asked: &Asked, group: Group, names: &Names, typed: Typed) -> Result<Response, Problem> {
    let (users, clock) = (people(asked).await?, asked.clock());
    let members: Vec<_> = users.iter().filter(|user| group.members.contains(&user.id)).collect();
    let part = Part::of(&asked.query, "from", members.len(), MAX_MEMBERS);
    let members = part.take(members).into_iter().map(|user| Member {
        when: user.conditions.get(&group.id).cloned().unwrap_or_default().text(&clock),
        user: user.clone(),
    });
    // Whose membership is to be changed is asked for by the address, until something is typed.
    let (chosen, times) = typed.member.unwrap_or_else(|| {
        let chosen = asked.query.get("member");
        let user = users.iter().find(|user| user.id == chosen);
        let when = user.and_then(|user| user.conditions.get(&group.id)).cloned().unwrap_or_default();
        (chosen.to_owned(), Times::of(&when, &clock))
    });
    let page = Page {
        frame: asked.frame("groups"),
        href: href(&group.id),
        name: typed.name.unwrap_or_else(|| group.name.clone()),
        members: members.collect(),
        part,
        choices: choices(&users, &chosen),
        times,
        member_wrong: typed.member_wrong,
        draft: typed.draft.unwrap_or_else(|| Draft::of_policy(&group.policy, names)),
        checked: typed.checked,
        suggested: names.suggested(),
        wrong: typed.wrong,
        was: group.policy.to_string(),
        group,
    };
    reply::page(Wrong::status(page.wrong.as_ref().or(page.member_wrong.as_ref())), &page)
}

async fn find(asked: &Asked, group_id: &str) -> Result<Group, Problem> {
    let found = all(asked).await?.into_iter().find(|group| group.id == group_id);
    found.ok_or_else(|| Problem::NotFound("There is no such group.".to_owned()))
}

/// What somebody wants done with what they typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Say what it would change.
    Check,
    Save,
    /// More rows.
    More,
    /// Have the JSON say what the rows say.
    Rewrite,
}

impl Wish {
    /// Reads which button was pressed, and whether it stands below the JSON.
    pub(crate) fn of(asked: &Asked) -> (Self, bool) {
        match asked.form.get("do") {
            "save" => (Self::Save, false),
            "save-json" => (Self::Save, true),
            "check-json" => (Self::Check, true),
            "more" => (Self::More, false),
            "rows" => (Self::Rewrite, false),
            _ => (Self::Check, false),
        }
    }
}

/// Takes what was typed as a policy: its text, checked; or what is wrong. The draft afterwards is as it is to be shown.
pub(crate) async fn read(
    asked: &Asked,
    names: &Names,
    (group_id, user_ids, at_times): (&str, &[String], bool),
    draft: &mut Draft,
) -> Result<(Option<String>, Option<Checked>, Option<Wrong>), Problem> {
    let (wish, is_json) = Wish::of(asked);
    // What rows cannot say is never taken from rows: there are none, and they would say nothing.
    let is_json = is_json || !draft.fits;
    if wish == Wish::More {
        draft.grow();
        return Ok((None, None, None));
    }
    let text = if is_json {
        draft.json.clone()
    } else {
        if wish != Wish::Rewrite && draft.json_is_typed() {
            let text = "The JSON was changed as well as the rows. Use the buttons below it, or have it written anew from the rows.";
            return Ok((None, None, Some(Wrong::new(text))));
        }
        match draft.policy_of_rows(names) {
            Some(policy) => {
                draft.write_json(&policy);
                policy.to_string()
            }
            None => return Ok((None, None, Some(Wrong::new("Some rows cannot be as they are: see beside them.")))),
        }
    };
    let checked = Checked::find(asked, names, (group_id, &text), (user_ids, at_times)).await?;
    let wrong = if wish == Wish::Save { checked.wrong() } else { None };
    // What was typed as JSON fills the rows.
    if is_json
        && checked.n_mistakes == 0
        && let Some(policy) = Checked::parse(&text)
    {
        let rows = Draft::of_policy(&policy, names);
        *draft = Draft { json: draft.json.clone(), json_before: draft.json.clone(), ..rows };
    }
    Ok((Some(text), Some(checked), wrong))
}

/// Checks a policy, or saves it.
pub(crate) async fn submit(asked: Asked) -> Result<Response, Problem> {
    let mut group = find(&asked, asked.param("group_id")).await?;
    let names = Names::load(&asked).await?;
    let mut draft = Draft::of_form(&asked.form, &names);
    let (text, checked, mut wrong) = read(&asked, &names, (&group.id, &[], false), &mut draft).await?;
    let (name, stored) = (asked.form.get("name").to_owned(), group.policy.to_string());
    if let (Wish::Save, Some(text), None) = (Wish::of(&asked).0, &text, &wrong) {
        if name.is_empty() {
            wrong = Some(Wrong::new("A group needs a name."));
        } else if asked.form.raw("was") != stored {
            wrong = Some(changed_meanwhile());
        } else {
            let members = json!({"group_id": group.id, "name": name, "policy": text, "policy_before": group.policy});
            match asked.run::<Value>("groups/set", members).await {
                Ok(_) => return Ok(reply::see_other(&format!("{}?done=saved", href(&group.id)))),
                Err(error) => {
                    let said = Wrong::of(error)?;
                    // Two at once: one of them comes second.
                    let now = find(&asked, &group.id).await?;
                    wrong = Some(if now.policy == group.policy { said } else { changed_meanwhile() });
                    group = now;
                }
            }
        }
    }
    page(&asked, group, &names, Typed { name: Some(name), draft: Some(draft), checked, wrong, ..Typed::default() })
        .await
}

fn changed_meanwhile() -> Wrong {
    let text = "Somebody else has changed this policy since you began. Below is what you typed, and what it would change now; \
        save again if you mean that.";
    Wrong { status: StatusCode::CONFLICT, ..Wrong::new(text) }
}

/// Removes a group that nobody is in.
pub(crate) async fn delete(asked: Asked) -> Result<Response, Problem> {
    let group_id = asked.param("group_id").to_owned();
    match asked.run::<Value>("groups/delete", json!({"group_id": group_id})).await {
        Ok(_) => Ok(reply::see_other("/doorward/groups?done=removed")),
        Err(error) => {
            let wrong = Wrong::of(error)?;
            with_wrong(&asked, &group_id, wrong).await
        }
    }
}
