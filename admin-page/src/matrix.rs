//! People against rooms, and opened up, against things.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::json;

use crate::{
    asked::{Asked, Frame},
    form::encoded,
    part::Part,
    problem::Problem,
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
