//! A new group: its name, what its members may do, and its first member, checked and saved in one go.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{
    Choice, Times, all, choices, href, members,
    one::{self, Wish},
    people,
};
use crate::{
    asked::{Asked, Frame},
    names::{Names, Suggested},
    policy::{Checked, Draft},
    problem::{Problem, Wrong},
    reply,
    shown::When,
};

#[derive(Template)]
#[template(path = "new_group.html")]
struct Page {
    frame: Frame,
    name: String,
    id: String,
    choices: Vec<Choice>,
    times: Times,
    draft: Draft,
    checked: Option<Checked>,
    suggested: Vec<Suggested>,
    wrong: Option<Wrong>,
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    let (names, users) = (Names::load(&asked).await?, people(&asked).await?);
    let page = Page {
        frame: asked.frame("groups"),
        name: String::new(),
        id: String::new(),
        choices: choices(&users, ""),
        times: Times::of(&When::default(), &asked.clock()),
        draft: Draft::of_policy(&json!({}), &names),
        checked: None,
        suggested: names.suggested(),
        wrong: None,
    };
    reply::page(StatusCode::OK, &page)
}

pub(crate) async fn submit(asked: Asked) -> Result<Response, Problem> {
    let (names, users, clock) = (Names::load(&asked).await?, people(&asked).await?, asked.clock());
    let form = &asked.form;
    let (name, id, user_id) = (form.get("name"), form.get("id"), form.get("user_id"));
    let group_id = if id.is_empty() { id_of(name) } else { id.to_owned() };
    let times = Times::of_form(form, &clock);
    let mut draft = Draft::of_form(form, &names);
    let user_ids: Vec<_> = users.iter().filter(|user| user.id == user_id).map(|user| user.id.clone()).collect();
    let about = (group_id.as_str(), user_ids.as_slice(), times.is_at_times());
    let (text, checked, mut wrong) = one::read(&asked, &names, about, &mut draft).await?;
    if let (Wish::Save, Some(text), None) = (Wish::of(&asked).0, &text, &wrong) {
        wrong = fault(&asked, (name, &group_id), (user_id, &times)).await?;
        if wrong.is_none() {
            let members = json!({"group_id": group_id, "name": name, "policy": text});
            match asked.run::<Value>("groups/set", members).await {
                Ok(_) => return with_first(&asked, &group_id, user_id, times).await,
                Err(error) => wrong = Some(Wrong::of(error)?),
            }
        }
    }
    let page = Page {
        frame: asked.frame("groups"),
        name: name.to_owned(),
        id: id.to_owned(),
        choices: choices(&users, user_id),
        times,
        draft,
        checked,
        suggested: names.suggested(),
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

/// Returns what is wrong with a new group besides its policy. The membership's times are looked at before the group is made:
/// the two are two changes.
async fn fault(
    asked: &Asked,
    (name, group_id): (&str, &str),
    (user_id, times): (&str, &Times),
) -> Result<Option<Wrong>, Problem> {
    if name.is_empty() {
        return Ok(Some(Wrong::new("A group needs a name.")));
    }
    if all(asked).await?.iter().any(|group| group.id == group_id) {
        let text = format!("There is a group with the id “{group_id}” already: choose another id.");
        return Ok(Some(Wrong::new(text)));
    }
    if user_id.is_empty() && times.is_at_times() {
        return Ok(Some(Wrong::new("The times are of the first member: choose who that is.")));
    }
    Ok(times.members(&asked.clock()).err().map(Wrong::new))
}

async fn with_first(asked: &Asked, group_id: &str, user_id: &str, times: Times) -> Result<Response, Problem> {
    let refused = if user_id.is_empty() { None } else { members::put(asked, group_id, user_id, &times).await? };
    match refused {
        None => Ok(reply::see_other(&format!("{}?done=created", href(group_id)))),
        Some(wrong) => {
            let wrong = Wrong { text: format!("The group is made, but nobody is in it yet. {}", wrong.text), ..wrong };
            one::with_member(asked, group_id, (user_id.to_owned(), times), wrong).await
        }
    }
}

/// Makes an id of a name: what ids may have of it.
fn id_of(name: &str) -> String {
    let plain =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let words: Vec<_> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let id: String = words.join("-").chars().take(64).collect();
    if id.is_empty() && !name.is_empty() { "group".to_owned() } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_names() {
        for (name, id) in [("Guests", "guests"), ("Ann's  week-end!", "ann-s-week-end"), ("客", "group"), ("", "")] {
            assert_eq!(id_of(name), id);
        }
    }
}
