//! To-do lists.

use components::feature::todo as feature;
use jiff::civil::{Date, DateTime};
use serde_json::{Map, Value, json};
use service_bus::HandlerError;

use super::{Answer, Ask, Model, answer::short, invalid, keyed};

/// A to-do list.
#[derive(Clone)]
pub(crate) struct Todo {
    items: Vec<Item>,
    n_added: u32,
}

#[derive(Clone)]
struct Item {
    uid: String,
    summary: String,
    status: &'static str,
    due: Option<String>,
    description: Option<String>,
}

impl Todo {
    pub(crate) fn new(open: &[&str], done: &[&str]) -> Self {
        let mut list = Self { items: Vec::new(), n_added: 0 };
        let both = open.iter().map(|item| (item, OPEN)).chain(done.iter().map(|item| (item, DONE)));
        for (summary, status) in both {
            let item = list.item(summary, status);
            list.items.push(item);
        }
        list
    }

    /// Returns a new item, which is not on the list yet.
    fn item(&mut self, summary: &str, status: &'static str) -> Item {
        self.n_added += 1;
        let uid = format!("item-{}", self.n_added);
        Item { uid, summary: summary.to_owned(), status, due: None, description: None }
    }

    fn place(&self, name: &str) -> Result<usize, HandlerError> {
        let found = self.items.iter().position(|item| item.uid == name || item.summary == name);
        found.ok_or_else(|| {
            let text = format!("Unable to find to-do list item: {}", short(name));
            keyed("todo", "item_not_found", text, vec![("item", short(name))])
        })
    }

    fn add(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if self.items.len() >= MAX_ITEMS {
            return Err(invalid(format!("a list holds at most {MAX_ITEMS} items")));
        }
        let summary = bounded(ask.text("item").unwrap_or_default())?;
        let mut item = self.item(summary, OPEN);
        item.describe(ask)?;
        self.items.push(item);
        Ok(())
    }

    fn update(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        let place = self.place(ask.text("item").unwrap_or_default())?;
        let Some(item) = self.items.get_mut(place) else { return Ok(()) };
        if let Some(summary) = ask.text("rename") {
            item.summary = bounded(summary)?.to_owned();
        }
        if let Some(status) = ask.word("status", &[OPEN, DONE])? {
            item.status = status;
        }
        item.describe(ask)
    }

    fn remove(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        for name in ask.texts("item") {
            let place = self.place(name)?;
            self.items.remove(place);
        }
        Ok(())
    }

    fn list(&self, ask: &Ask<'_>) -> Result<Value, HandlerError> {
        let wanted = ask.texts("status");
        if let Some(other) = wanted.iter().find(|status| ![OPEN, DONE].contains(status)) {
            return Err(invalid(format!("`{}` is not a status", short(other))));
        }
        let items = self.items.iter().filter(|item| wanted.is_empty() || wanted.contains(&item.status));
        Ok(json!({"items": items.map(Item::to_json).collect::<Vec<_>>()}))
    }
}

impl Item {
    /// Takes what a call says about an item besides its name; null takes away what was there.
    fn describe(&mut self, ask: &Ask<'_>) -> Result<(), HandlerError> {
        if ask.has("due_date") && ask.has("due_datetime") {
            return Err(invalid("two or more values in the same group of exclusion: due_date, due_datetime"));
        }
        let read = |field: &str, parses: fn(&str) -> bool| match ask.data.get(field) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) if parses(text) => Ok(Some(Some(text.clone()))),
            Some(_) => Err(invalid(format!("{field} cannot be that"))),
        };
        let date = read("due_date", |text| text.len() == 10 && text.parse::<Date>().is_ok())?;
        let moment = read("due_datetime", |text| text.len() <= 40 && text.parse::<DateTime>().is_ok())?;
        if let Some(due) = date.or(moment) {
            self.due = due;
        }
        if let Some(description) = read("description", |text| bounded(text).is_ok())? {
            self.description = description;
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("summary".to_owned(), json!(self.summary));
        members.insert("uid".to_owned(), json!(self.uid));
        members.insert("status".to_owned(), json!(self.status));
        for (name, value) in [("due", &self.due), ("description", &self.description)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), json!(value));
            }
        }
        Value::Object(members)
    }
}

impl Model for Todo {
    fn features(&self) -> Option<u64> {
        let items = feature::CREATE_ITEM | feature::DELETE_ITEM | feature::UPDATE_ITEM;
        Some(items | feature::SET_DUE_DATE | feature::SET_DUE_DATETIME | feature::SET_DESCRIPTION)
    }

    fn state(&self) -> String {
        self.items.iter().filter(|item| item.status == OPEN).count().to_string()
    }

    fn attributes(&self) -> Map<String, Value> {
        Map::new()
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "get_items" => return self.list(ask).map(Some),
            "add_item" => self.add(ask)?,
            "update_item" => self.update(ask)?,
            "remove_item" => self.remove(ask)?,
            "remove_completed_items" => self.items.retain(|item| item.status == OPEN),
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }
}

fn bounded(text: &str) -> Result<&str, HandlerError> {
    match text.chars().count() {
        1..=MAX_TEXT => Ok(text),
        _ => Err(invalid(format!("an item has 1 to {MAX_TEXT} characters"))),
    }
}

const OPEN: &str = "needs_action";
const DONE: &str = "completed";
const MAX_ITEMS: usize = 500;
const MAX_TEXT: usize = 255;
