//! Groups: the list, one of them, a new one, and who is in them.

pub(crate) mod create;
pub(crate) mod members;
pub(crate) mod one;
mod times;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::json;

pub(crate) use times::Times;

use crate::{
    asked::{Asked, Frame},
    form::encoded,
    part::Part,
    problem::Problem,
    reply,
    shown::{Group, User, short},
};

#[derive(Template)]
#[template(path = "groups.html")]
struct Page {
    frame: Frame,
    groups: Vec<Listed>,
    part: Part,
}

struct Listed {
    href: String,
    group: Group,
}

/// The most groups of one page.
const MAX_LISTED: usize = 100;
/// The most people or groups in one field to choose from; of more, the first, and whoever is chosen. Everybody can be put into
/// any group from their own page.
pub(crate) const MAX_CHOICES: usize = 200;

/// Somebody to choose.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

pub(crate) async fn list(asked: Asked) -> Result<Response, Problem> {
    let groups = all(&asked).await?;
    let part = Part::of(&asked.query, "from", groups.len(), MAX_LISTED);
    let groups = part.take(groups).into_iter().map(|group| Listed { href: href(&group.id), group });
    reply::page(StatusCode::OK, &Page { frame: asked.frame("groups"), groups: groups.collect(), part })
}

/// Returns every group, those of the home first.
pub(crate) async fn all(asked: &Asked) -> Result<Vec<Group>, Problem> {
    let mut groups: Vec<Group> = asked.run("groups/list", json!({})).await?;
    groups.iter_mut().for_each(|group| {
        let shown = short(&group.name).len();
        group.name.truncate(shown);
    });
    groups.sort_by_cached_key(|group| (group.system_generated, group.name.to_lowercase(), group.id.clone()));
    Ok(groups)
}

/// Returns everybody but the system's own users, by name.
pub(crate) async fn people(asked: &Asked) -> Result<Vec<User>, Problem> {
    let mut users: Vec<User> = asked.run("users/list", json!({})).await?;
    users.retain(|user| !user.system_generated);
    users.sort_by_cached_key(|user| (!user.is_owner, user.name().to_lowercase(), user.id.clone()));
    Ok(users)
}

/// Returns people as choices of a field.
pub(crate) fn choices<'a>(people: impl IntoIterator<Item = &'a User>, chosen: &str) -> Vec<Choice> {
    let choice = |user: &User| Choice { id: user.id.clone(), name: user.name().to_owned(), chosen: user.id == chosen };
    let choices = people.into_iter().map(choice).enumerate();
    choices.filter(|(n, choice)| *n < MAX_CHOICES || choice.chosen).map(|(_, choice)| choice).collect()
}

/// Returns where a group's page is.
pub(crate) fn href(group_id: &str) -> String {
    format!("/doorward/groups/{}", encoded(group_id))
}
