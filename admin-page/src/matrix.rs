//! People against rooms, and opened up, against things; who may do something with one; and why.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    asked::{Asked, Frame},
    form::encoded,
    groups::{Choice, choices, href, people},
    names::{Names, Suggested},
    part::Part,
    problem::{Problem, Wrong},
    reply,
    shown::PERMISSIONS,
};

/// The most people and rows of one page, so that the page of a large home stays small: the rest is on the next.
const MAX_PEOPLE: usize = 12;
const MAX_ROWS: usize = 30;

#[derive(Template)]
#[template(path = "matrix.html")]
struct Page {
    frame: Frame,
    /// The room that is opened up.
    room: Option<String>,
    people: Vec<Person>,
    rows: Vec<Line>,
    links: Vec<Link>,
    /// Which people and rows are shown of how many.
    people_shown: String,
    rows_shown: String,
}

struct Line {
    href: String,
    name: String,
    id: String,
    cells: Vec<Cell>,
}

/// What somebody may do there, in words and with a sign.
struct Cell {
    href: String,
    class: &'static str,
    sign: &'static str,
    text: String,
}

struct Link {
    href: String,
    text: &'static str,
}

#[derive(Clone, Deserialize)]
struct Person {
    user_id: String,
    name: Option<String>,
    is_owner: bool,
    is_active: bool,
}

impl Person {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.user_id)
    }
}

#[derive(Deserialize)]
struct Matrix {
    people: Vec<Person>,
    rooms: Vec<Room>,
}

#[derive(Deserialize)]
struct Room {
    area_id: Option<String>,
    name: Option<String>,
    n_entities: usize,
    may: Vec<Counts>,
}

#[derive(Deserialize)]
struct Counts {
    read: usize,
    control: usize,
    edit: usize,
}

#[derive(Deserialize)]
struct Things {
    name: Option<String>,
    people: Vec<Person>,
    things: Vec<Thing>,
}

#[derive(Deserialize)]
struct Thing {
    entity_id: String,
    name: String,
    may: Vec<Vec<String>>,
}

const NO_ROOM: &str = "In no room";

pub(crate) async fn show(asked: Asked) -> Result<Response, Problem> {
    let (area, is_open) = (asked.query.filled("area"), asked.query.has("area"));
    let (room, people, rows) = if is_open {
        let members = area.map_or_else(|| json!({}), |area| json!({"area_id": area}));
        let Things { name, people, things } = asked.run("policy/room", members).await.map_err(not_found)?;
        let rows = things.into_iter().map(|thing| of_thing(&people, thing)).collect::<Vec<_>>();
        (Some(name.unwrap_or_else(|| NO_ROOM.to_owned())), people, rows)
    } else {
        let Matrix { people, rooms } = asked.run("policy/matrix", json!({})).await?;
        (None, people, rooms.iter().map(of_room).collect())
    };
    let of_people = Part::of(&asked.query, "people", people.len(), MAX_PEOPLE);
    let of_rows = Part::of(&asked.query, "rows", rows.len(), MAX_ROWS);
    let base = if is_open { format!("area={}&", encoded(area.unwrap_or_default())) } else { String::new() };
    let mut links = Vec::new();
    let mut link = |text, people: Option<usize>, rows: Option<usize>| {
        if let (Some(people), Some(rows)) = (people, rows) {
            links.push(Link { href: format!("/doorward/matrix?{base}people={people}&rows={rows}"), text });
        }
    };
    link("Previous people", of_people.before(), Some(of_rows.from));
    link("More people", of_people.after(), Some(of_rows.from));
    link("Previous rows", Some(of_people.from), of_rows.before());
    link("Next rows", Some(of_people.from), of_rows.after());
    let rows = of_rows.take(rows).into_iter().map(|line| Line { cells: of_people.take(line.cells), ..line });
    let page = Page {
        frame: asked.frame("matrix"),
        room,
        rows: rows.collect(),
        people: of_people.take(people),
        links,
        people_shown: of_people.text(),
        rows_shown: of_rows.text(),
    };
    reply::page(StatusCode::OK, &page)
}

fn of_room(room: &Room) -> Line {
    let open = format!("matrix?area={}", encoded(room.area_id.as_deref().unwrap_or_default()));
    let cell = |counts: &Counts| {
        let had = [("edit", counts.edit), ("control", counts.control), ("read", counts.read)];
        // The most that may be done with anything here, and with how much of it.
        let (may, count) = had.into_iter().find(|(_, count)| *count > 0).unwrap_or(("", 0));
        let part = if count > 0 && count < room.n_entities {
            format!(" ({count} of {})", room.n_entities)
        } else {
            String::new()
        };
        Cell::of(open.clone(), may, &part)
    };
    let name = room.name.clone().unwrap_or_else(|| NO_ROOM.to_owned());
    let id = format!("{} things", room.n_entities);
    Line { cells: room.may.iter().map(cell).collect(), href: open, name, id }
}

fn of_thing(people: &[Person], thing: Thing) -> Line {
    let Thing { entity_id, name, may } = thing;
    let cells = people.iter().zip(may).map(|(person, may)| {
        let most = ["edit", "control", "read"].into_iter().find(|p| may.iter().any(|may| may == p)).unwrap_or_default();
        // Policies may grant control without read.
        let is_plain = PERMISSIONS.iter().position(|p| *p == most).is_none_or(|at| may.len() == at + 1);
        let (class, text) = if is_plain { (most, String::new()) } else { (most, format!(" ({})", may.join(", "))) };
        Cell::of(format!("why?user={}&entity={}", encoded(&person.user_id), encoded(&entity_id)), class, &text)
    });
    Line { cells: cells.collect(), href: format!("who?entity={}", encoded(&entity_id)), name, id: entity_id }
}

impl Cell {
    fn of(href: String, may: &str, part: &str) -> Self {
        let (class, sign, text) = match may {
            "edit" => ("edit", "●", "edit"),
            "control" => ("control", "◐", "control"),
            "read" => ("read", "○", "read"),
            _ => ("none", "–", "none"),
        };
        Self { href, class, sign, text: format!("{text}{part}") }
    }
}

/// What a page's address names may be gone.
fn not_found(error: management::OperationError) -> Problem {
    match error {
        management::OperationError::NotFound(_) => Problem::NotFound("There is no such thing here.".to_owned()),
        error => error.into(),
    }
}

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
        person_href: format!("/doorward/people/{}", encoded(&person.id)),
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
    let kind = crate::names::KINDS.iter().find(|(_, known)| *known == subcategory).map(|(kind, _)| *kind);
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
    let status = page.wrong.as_ref().map_or(StatusCode::OK, |wrong| wrong.status);
    reply::page(status, &page)
}
