//! Why somebody may or may not do something with a thing; and who may, of everybody.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use crate::{
    asked::{Asked, Frame},
    form::encoded,
    groups::{Choice, choices, href, people},
    names::{KINDS, Names, Suggested},
    problem::{Problem, Wrong},
    reply,
    shown::PERMISSIONS,
};

#[derive(Template)]
#[template(path = "why.html")]
struct Why {
    frame: Frame,
    person: String,
    person_href: String,
    entity_id: String,
    entity: String,
    answers: Vec<Answer>,
}

/// Why one thing may be done, or not.
struct Answer {
    permission: &'static str,
    granted: bool,
    text: String,
    rules: Vec<Rule>,
    exceptions: Vec<String>,
    remedy: Option<Remedy>,
}

struct Rule {
    group: String,
    href: String,
    text: String,
}

/// The smallest rule that would grant it.
struct Remedy {
    group: Option<String>,
    href: String,
    rule: String,
}

/// Says why somebody may or may not do something with an entity.
pub(crate) async fn why(asked: Asked) -> Result<Response, Problem> {
    let (user_id, entity_id) = (asked.query.get("user").to_owned(), asked.query.get("entity").to_owned());
    let names = Names::load(&asked).await?;
    let users = people(&asked).await?;
    let person = users.iter().find(|user| user.id == user_id);
    let person = person.ok_or_else(|| Problem::NotFound("There is no such user.".to_owned()))?;
    let mut answers = Vec::new();
    for permission in PERMISSIONS {
        let question = json!({"user_id": user_id, "entity_id": entity_id, "permission": permission});
        let told: Value = asked.run("policy/explain", question).await?;
        answers.push(Answer::of(permission, &told, &names));
    }
    let page = Why {
        frame: asked.frame("matrix"),
        person: person.name().to_owned(),
        person_href: crate::people::href(&person.id),
        entity: names.entity(&entity_id).to_owned(),
        entity_id,
        answers,
    };
    reply::page(StatusCode::OK, &page)
}

impl Answer {
    fn of(permission: &'static str, told: &Value, names: &Names) -> Self {
        let list = |name: &str| told.get(name).and_then(Value::as_array).into_iter().flatten();
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let exceptions = list("exceptions").filter_map(|taken| {
            let (rule, except) = (Rule::of(taken.get("rule")?, names), taken.get("except")?);
            let what = place(&text(except, "subcategory")?, text(except, "name").as_deref(), names);
            Some(format!("{}: {}, but for its exception of {what}", rule.group, rule.text))
        });
        let remedy = told.get("smallest_rule").and_then(|smallest| {
            let group = text(smallest, "group");
            Some(Remedy {
                href: group.as_deref().map_or_else(|| "/doorward/new-group".to_owned(), href),
                group,
                rule: smallest.get("rule")?.to_string(),
            })
        });
        Self {
            permission,
            granted: told.get("granted").and_then(Value::as_bool).unwrap_or_default(),
            text: text(told, "text").unwrap_or_default(),
            rules: list("rules").map(|rule| Rule::of(rule, names)).collect(),
            exceptions: exceptions.collect(),
            remedy,
        }
    }
}

impl Rule {
    fn of(rule: &Value, names: &Names) -> Self {
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        let may: Vec<_> = rule.get("permissions").and_then(Value::as_array).into_iter().flatten().collect();
        let may: Vec<_> = may.into_iter().filter_map(Value::as_str).collect();
        let group = text("group").unwrap_or_default().to_owned();
        let what = text("subcategory").map_or_else(|| "everything".to_owned(), |s| place(s, text("name"), names));
        Self { href: href(&group), group, text: format!("{} on {what}", may.join(", ")) }
    }
}

/// Says what a rule is about.
fn place(subcategory: &str, name: Option<&str>, names: &Names) -> String {
    let kind = KINDS.iter().find(|(_, known)| *known == subcategory).map(|(kind, _)| *kind);
    match (kind, name) {
        (Some(kind), Some(name)) => names.label(kind, name),
        (Some(kind), None) => format!("whatever has a {kind}"),
        (None, _) => "everything".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "who.html")]
struct Who {
    frame: Frame,
    entity_id: String,
    entity: String,
    permissions: Vec<Choice>,
    permission: String,
    suggested: Vec<Suggested>,
    people: Vec<Choice>,
    allowed: Option<Vec<Allowed>>,
    wrong: Option<Wrong>,
}

struct Allowed {
    href: String,
    name: String,
    text: String,
}

/// Lists who may do something with an entity, and why.
pub(crate) async fn who(asked: Asked) -> Result<Response, Problem> {
    let names = Names::load(&asked).await?;
    let users = people(&asked).await?;
    let asked_for = asked.query.get("entity");
    let permission = asked.query.filled("permission").unwrap_or("control");
    // A name does as well as an id.
    let entity_id = match names.resolve(asked_for) {
        Ok(("entity", id)) => id,
        _ => asked_for.to_owned(),
    };
    let (mut allowed, mut wrong) = (None, None);
    if !entity_id.is_empty() {
        let question = json!({"entity_id": entity_id, "permission": permission});
        match asked.run::<Value>("policy/who_can", question).await {
            Err(error) => wrong = Some(Wrong::of(error)?),
            Ok(told) => {
                let users = told.get("users").and_then(Value::as_array).into_iter().flatten();
                let users = users.filter_map(|user| {
                    let id = user.get("user_id")?.as_str()?;
                    Some(Allowed {
                        href: format!("why?user={}&entity={}", encoded(id), encoded(&entity_id)),
                        name: user.get("name").and_then(Value::as_str).unwrap_or(id).to_owned(),
                        text: user.get("why")?.get("text")?.as_str()?.to_owned(),
                    })
                });
                allowed = Some(users.collect());
            }
        }
    }
    let permissions =
        PERMISSIONS.map(|name| Choice { id: name.to_owned(), name: name.to_owned(), chosen: name == permission });
    let page = Who {
        frame: asked.frame("matrix"),
        entity: names.entity(&entity_id).to_owned(),
        suggested: names.suggested_entities(),
        people: choices(&users, ""),
        entity_id,
        permissions: permissions.into(),
        permission: permission.to_owned(),
        allowed,
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}
