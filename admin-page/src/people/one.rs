//! One of the people: what they are called, which groups they are in, what they are logged in with.

use askama::Template;
use axum::response::Response;
use serde_json::{Value, json};

use super::href;
use crate::{
    asked::{Asked, Frame},
    groups::{self, Choice, MAX_CHOICES, all, people},
    problem::{Problem, Wrong},
    reply,
    shown::User,
    tokens::{Token, tokens_of},
};

#[derive(Template)]
#[template(path = "person.html")]
struct Page {
    frame: Frame,
    href: String,
    user: User,
    is_self: bool,
    name: String,
    is_active: bool,
    local_only: bool,
    groups: Vec<Membership>,
    others: Vec<Choice>,
    tokens: Vec<Token>,
    n_more_tokens: usize,
    wrong: Option<Wrong>,
}

struct Membership {
    href: String,
    name: String,
    when: String,
}

/// The fields of somebody, as they are typed.
struct Typed {
    name: String,
    is_active: bool,
    local_only: bool,
}

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    page(&asked, None, None).await
}

async fn page(asked: &Asked, typed: Option<Typed>, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let user_id = asked.param("user_id");
    let found = people(asked).await?.into_iter().find(|user| user.id == user_id);
    let user = found.ok_or_else(|| Problem::NotFound("There is no such user.".to_owned()))?;
    let (all_groups, clock) = (all(asked).await?, asked.clock());
    let (tokens, n_more_tokens) = tokens_of(asked, &user).await?;
    let groups = all_groups.iter().filter(|group| user.group_ids.contains(&group.id)).map(|group| Membership {
        href: groups::href(&group.id),
        name: group.name.clone(),
        when: user.conditions.get(&group.id).cloned().unwrap_or_default().text(&clock),
    });
    let others = all_groups.iter().filter(|group| !user.group_ids.contains(&group.id));
    let others = others
        .take(MAX_CHOICES)
        .map(|group| Choice { id: group.id.clone(), name: group.name.clone(), chosen: false })
        .collect();
    let typed = typed.unwrap_or_else(|| Typed {
        name: user.name().to_owned(),
        is_active: user.is_active,
        local_only: user.local_only,
    });
    let page = Page {
        frame: asked.frame("people"),
        href: href(&user.id),
        is_self: asked.session.as_ref().is_some_and(|session| session.user_id.as_str() == user.id),
        groups: groups.collect(),
        user,
        name: typed.name,
        is_active: typed.is_active,
        local_only: typed.local_only,
        others,
        tokens,
        n_more_tokens,
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

/// Asks for an operation on somebody, and shows their page again, or another.
async fn ask(
    asked: &Asked,
    name: &str,
    mut members: Value,
    next: &str,
    typed: Option<Typed>,
) -> Result<Response, Problem> {
    if let Value::Object(members) = &mut members {
        members.insert("user_id".to_owned(), json!(asked.param("user_id")));
    }
    match asked.run::<Value>(name, members).await {
        Ok(_) => Ok(reply::see_other(next)),
        Err(error) => page(asked, typed, Some(Wrong::of(error)?)).await,
    }
}

fn done(asked: &Asked, word: &str) -> String {
    format!("{}?done={word}", href(asked.param("user_id")))
}

pub(crate) async fn update(asked: Asked) -> Result<Response, Problem> {
    let form = &asked.form;
    let typed = Typed {
        name: form.get("name").to_owned(),
        is_active: form.has("is_active"),
        local_only: form.has("local_only"),
    };
    if typed.name.is_empty() {
        return page(&asked, Some(typed), Some(Wrong::new("Everybody needs a name."))).await;
    }
    let members = json!({"name": typed.name, "is_active": typed.is_active, "local_only": typed.local_only});
    ask(&asked, "users/update", members, &done(&asked, "saved"), Some(typed)).await
}

pub(crate) async fn join(asked: Asked) -> Result<Response, Problem> {
    let group_id = asked.form.get("group_id").to_owned();
    if group_id.is_empty() {
        return page(&asked, None, Some(Wrong::new("Choose a group."))).await;
    }
    ask(&asked, "groups/set_member", json!({"group_id": group_id}), &done(&asked, "member"), None).await
}

pub(crate) async fn set_password(asked: Asked) -> Result<Response, Problem> {
    let password = asked.form.raw("password").to_owned();
    if password.is_empty() {
        return page(&asked, None, Some(Wrong::new("Give a password."))).await;
    }
    ask(&asked, "users/set_password", json!({"password": password}), &done(&asked, "password"), None).await
}

pub(crate) async fn remove_factor(asked: Asked) -> Result<Response, Problem> {
    ask(&asked, "users/remove_second_factor", json!({}), &done(&asked, "removed"), None).await
}

pub(crate) async fn delete(asked: Asked) -> Result<Response, Problem> {
    ask(&asked, "users/delete", json!({}), "/doorward/people?done=removed", None).await
}
