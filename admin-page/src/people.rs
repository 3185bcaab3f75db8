//! People: the list, and a new one.

pub(crate) mod one;

use askama::Template;
use axum::response::Response;
use serde_json::{Value, json};

use crate::{
    asked::{Asked, Frame},
    form::encoded,
    groups::{all, people},
    part::Part,
    problem::{Problem, Wrong},
    reply,
    shown::{Group, User},
};

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    frame: Frame,
    people: Vec<Listed>,
    part: Part,
    groups: Vec<GroupBox>,
    new: New,
    wrong: Option<Wrong>,
}

struct Listed {
    href: String,
    user: User,
    groups: String,
}

/// A group's box to tick.
struct GroupBox {
    group: Group,
    ticked: bool,
}

/// The fields of somebody new.
#[derive(Default)]
struct New {
    name: String,
    username: String,
    local_only: bool,
}

/// The most people of one page, and groups to tick.
const MAX_LISTED: usize = 100;

pub(crate) async fn list(asked: Asked) -> Result<Response, Problem> {
    page(&asked, New::default(), None).await
}

async fn page(asked: &Asked, new: New, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let (users, groups) = (people(asked).await?, all(asked).await?);
    let part = Part::of(&asked.query, "from", users.len(), MAX_LISTED);
    let name_of =
        |id: &String| groups.iter().find(|group| group.id == *id).map_or_else(|| id.clone(), |g| g.name.clone());
    let listed = part.take(users).into_iter().map(|user| Listed {
        href: href(&user.id),
        groups: user.group_ids.iter().map(name_of).collect::<Vec<_>>().join(", "),
        user,
    });
    let people: Vec<_> = listed.collect();
    let page = Page {
        frame: asked.frame("people"),
        part,
        people,
        groups: groups
            .into_iter()
            .take(MAX_LISTED)
            .map(|group| GroupBox { ticked: asked.form.ticked("group", &group.id), group })
            .collect(),
        new,
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

/// Returns where somebody's page is.
pub(crate) fn href(user_id: &str) -> String {
    format!("/doorward/people/{}", encoded(user_id))
}

pub(crate) async fn create(asked: Asked) -> Result<Response, Problem> {
    let form = &asked.form;
    let new = New {
        name: form.get("name").to_owned(),
        username: form.get("username").to_owned(),
        local_only: form.has("local_only"),
    };
    let groups: Vec<_> = form.all("group").collect();
    let mut members = json!({"name": new.name, "group_ids": groups, "local_only": new.local_only});
    if let (Value::Object(members), Some(username)) = (&mut members, form.filled("username")) {
        members.insert("username".to_owned(), json!(username));
        members.insert("password".to_owned(), json!(form.raw("password")));
    }
    let wrong = if new.name.is_empty() {
        Wrong::new("Everybody needs a name.")
    } else if new.username.is_empty() != form.raw("password").is_empty() {
        Wrong::new("A user name and a password go together: give both, or neither.")
    } else {
        match asked.run::<User>("users/create", members).await {
            Ok(user) => return Ok(reply::see_other(&format!("{}?done=created", href(&user.id)))),
            Err(error) => Wrong::of(error)?,
        }
    };
    page(&asked, new, Some(wrong)).await
}
