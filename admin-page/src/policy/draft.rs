//! A policy as rows of a form, as somebody is typing it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::row::{Row, label};
use crate::{
    form::Form,
    names::{KINDS, Names},
    shown::PERMISSIONS,
};

/// A policy being typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Every room, with what is granted there.
    pub(crate) rooms: Vec<Row>,
    /// What else is granted.
    pub(crate) grants: Vec<Row>,
    /// What is taken out of that.
    pub(crate) except: Vec<Row>,
    /// The same as JSON; or what the rows have no fields for.
    pub(crate) json: String,
    /// The rows can say it.
    pub(crate) fits: bool,
    /// The JSON as it was when the page was made: whether somebody has typed there since.
    pub(crate) json_before: String,
}

/// Empty rows at the end of each list, to be filled in.
const SPARE: usize = 2;
/// The most rows of one list that are read.
const MAX_ROWS: usize = 500;
/// The most rows that a policy is shown by, so that the page stays small; longer ones are changed as JSON. And the most rooms
/// that have a row whether anything is granted there or not; of others it is written below.
const MAX_SHOWN: usize = 50;

type Rules = Map<String, Value>;

impl Draft {
    /// Shows a policy.
    pub(crate) fn of_policy(policy: &Value, names: &Names) -> Self {
        let json = serde_json::to_string_pretty(policy).unwrap_or_default();
        let mut draft = Self { json_before: json.clone(), json, ..Self::default() };
        let read = Self::read(policy, names).filter(|(grants, except)| grants.len() + except.len() <= MAX_SHOWN);
        draft.fits = read.is_some();
        let (grants, except) = read.unwrap_or_default();
        draft.arrange(grants, except, names);
        draft
    }

    /// Reads what was typed into the form.
    pub(crate) fn of_form(form: &Form, names: &Names) -> Self {
        let rows = |section: char| {
            let keys =
                (0..MAX_ROWS).map(|n| format!("{section}{n}")).take_while(|key| form.has(&format!("{key}-what")));
            keys.map(|key| Row::of_form(form, &key)).collect::<Vec<_>>()
        };
        let mut draft = Self {
            json: form.raw("json").to_owned(),
            json_before: form.raw("json_before").to_owned(),
            fits: form.get("fits") != "no",
            ..Self::default()
        };
        let grants = rows('r').into_iter().chain(rows('g')).filter(Row::says_anything);
        draft.arrange(grants.collect(), rows('x').into_iter().filter(Row::says_anything).collect(), names);
        draft
    }

    /// Adds empty rows, if there are rows at all.
    pub(crate) fn grow(&mut self) {
        for (section, list) in [('g', &mut self.grants), ('x', &mut self.except)] {
            for _ in 0..3 {
                list.push(Row { key: format!("{section}{}", list.len()), ..Row::default() });
            }
        }
    }

    /// Puts rows where they belong: rooms into the table of rooms, the rest below; with empty ones to fill in.
    fn arrange(&mut self, grants: Vec<Row>, except: Vec<Row>, names: &Names) {
        self.rooms = names
            .areas
            .iter()
            .take(MAX_SHOWN)
            .enumerate()
            .map(|(n, area)| Row {
                key: format!("r{n}"),
                what: format!("area:{}", area.id),
                label: area.name.clone(),
                ..Row::default()
            })
            .collect();
        for row in grants {
            match self.rooms.iter_mut().find(|room| room.what == row.what) {
                Some(room) => {
                    (room.read, room.control, room.edit) =
                        (room.read || row.read, room.control || row.control, room.edit || row.edit);
                }
                None => self.grants.push(row),
            }
        }
        self.except = except;
        for (section, list) in [('g', &mut self.grants), ('x', &mut self.except)] {
            list.extend((0..SPARE).map(|_| Row::default()));
            for (n, row) in list.iter_mut().enumerate() {
                row.key = format!("{section}{n}");
                if row.label.is_empty() && !row.what.is_empty() {
                    row.label =
                        names.resolve(&row.what).map_or_else(|_| String::new(), |(kind, id)| label(kind, &id, names));
                }
            }
        }
    }

    /// Reads a policy as rows; `None` if rows cannot say it.
    fn read(policy: &Value, names: &Names) -> Option<(Vec<Row>, Vec<Row>)> {
        let entities = match policy.as_object()?.get("entities") {
            None => return Some(<_>::default()),
            Some(Value::Bool(true)) => return Some((vec![Row::of("all", "", &json!(true), names)?], Vec::new())),
            Some(Value::Object(entities)) => entities,
            Some(_) => return None,
        };
        let mut grants = entities.clone();
        let except = match grants.remove("except") {
            None => Vec::new(),
            Some(Value::Object(except)) => Self::rows(&except, names)?,
            Some(_) => return None,
        };
        Some((Self::rows(&grants, names)?, except))
    }

    fn rows(rules: &Rules, names: &Names) -> Option<Vec<Row>> {
        let mut rows = Vec::new();
        for (subcategory, said) in rules {
            if subcategory == "all" {
                rows.push(Row::of("all", "", said, names)?);
                continue;
            }
            let (kind, _) = KINDS.iter().find(|(_, name)| name == subcategory)?;
            for (id, may) in said.as_object()? {
                rows.push(Row::of(kind, id, may, names)?);
            }
        }
        Some(rows)
    }

    /// Writes the rows as a policy, and marks those that cannot be. `None` if there are some.
    pub(crate) fn policy_of_rows(&mut self, names: &Names) -> Option<Value> {
        let mut is_right = true;
        let mut write = |rows: &mut dyn Iterator<Item = &mut Row>| {
            let mut rules: BTreeMap<&'static str, BTreeMap<String, [bool; 3]>> = BTreeMap::new();
            for row in rows {
                row.wrong = None;
                match row.resolved(names) {
                    Ok(None) => {}
                    Ok(Some((kind, id))) => {
                        let may = rules.entry(kind).or_default().entry(id).or_default();
                        for (had, has) in may.iter_mut().zip([row.read, row.control, row.edit]) {
                            *had |= has;
                        }
                    }
                    Err(wrong) => {
                        row.wrong = Some(wrong);
                        is_right = false;
                    }
                }
            }
            written(&rules)
        };
        let mut entities = write(&mut self.rooms.iter_mut().chain(&mut self.grants));
        let except = write(&mut self.except.iter_mut());
        if !except.is_empty() {
            entities.insert("except".to_owned(), Value::Object(except));
        }
        let policy = if entities.is_empty() { json!({}) } else { json!({ "entities": entities }) };
        is_right.then_some(policy)
    }

    /// Tells whether somebody has typed into the JSON.
    pub(crate) fn json_is_typed(&self) -> bool {
        let plain =
            |text: &str| serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |json| json.to_string());
        plain(&self.json) != plain(&self.json_before)
    }

    /// Has the JSON say what the rows say.
    pub(crate) fn write_json(&mut self, policy: &Value) {
        self.json = serde_json::to_string_pretty(policy).unwrap_or_default();
        self.json_before.clone_from(&self.json);
    }
}

fn written(rules: &BTreeMap<&'static str, BTreeMap<String, [bool; 3]>>) -> Rules {
    let may = |ticked: &[bool; 3]| {
        if ticked.iter().all(|ticked| *ticked) {
            return json!(true);
        }
        let named = PERMISSIONS.iter().zip(ticked).filter(|(_, ticked)| **ticked);
        Value::Object(named.map(|(name, _)| ((*name).to_owned(), json!(true))).collect())
    };
    let mut written = Rules::new();
    for (kind, subcategory) in KINDS {
        if let Some(by_id) = rules.get(kind) {
            let by_id = by_id.iter().map(|(id, ticked)| (id.clone(), may(ticked)));
            written.insert(subcategory.to_owned(), Value::Object(by_id.collect()));
        }
    }
    if let Some(ticked) = rules.get("all").and_then(|by_id| by_id.values().next()) {
        written.insert("all".to_owned(), may(ticked));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        serde_json::from_value(json!({
            "areas": [{"id": "hall", "name": "Hall"}, {"id": "kitchen", "name": "Kitchen"}],
            "floors": [], "labels": [], "devices": [],
            "entities": [{"id": "lock.door", "name": "Door"}], "domains": ["light", "lock"],
        }))
        .unwrap()
    }

    fn form(text: &str) -> Form {
        Form::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn policies_come_back_as_they_were() {
        for policy in [
            json!({}),
            json!({"entities": {"area_ids": {"kitchen": {"read": true, "control": true}}}}),
            json!({"entities": {"area_ids": {"gone": {"read": true}, "hall": true}, "domains": {"light": {"read": true}}}}),
            json!({"entities": {"all": true, "except": {"entity_ids": {"lock.door": {"control": true}}, "label_ids": {"x": true}}}}),
        ] {
            let mut draft = Draft::of_policy(&policy, &names());
            assert!(draft.fits);
            assert_eq!(draft.policy_of_rows(&names()), Some(policy.clone()), "{policy}");
        }
    }

    #[test]
    fn what_rows_cannot_say_is_left_to_the_json() {
        for policy in
            [json!({"entities": {"domains": true}}), json!({"entities": {"all": {"read": true}, "any_of": []}})]
        {
            let draft = Draft::of_policy(&policy, &names());
            assert!(!draft.fits, "{policy}");
            assert_eq!(serde_json::from_str::<Value>(&draft.json).unwrap(), policy);
        }
    }

    #[test]
    fn rows_that_cannot_be_say_why_and_stay_as_typed() {
        let text = "r0-what=area:hall&r1-what=area:kitchen&r1-may=read&r1-may=control&g0-what=cellar&g0-may=read\
            &g1-what=light&g2-what=&g2-may=read&g3-what=&x0-what=lock.door&x0-may=control";
        let mut draft = Draft::of_form(&form(text), &names());
        assert_eq!(draft.policy_of_rows(&names()), None);
        let wrong: Vec<_> = draft.grants.iter().map(|row| (row.what.as_str(), row.wrong.is_some())).collect();
        assert_eq!(wrong, [("cellar", true), ("light", true), ("", true), ("", false), ("", false)]);
        let text = text.replace("cellar", "lock").replace("g1-what=light", "g1-what=").replace("&g2-may=read", "");
        let mut draft = Draft::of_form(&form(&text), &names());
        let expected = json!({"entities": {
            "area_ids": {"kitchen": {"read": true, "control": true}},
            "domains": {"lock": {"read": true}},
            "except": {"entity_ids": {"lock.door": {"control": true}}},
        }});
        assert_eq!(draft.policy_of_rows(&names()), Some(expected));
    }

    #[test]
    fn a_room_is_ticked_wherever_it_was_written() {
        let mut draft = Draft::of_form(&form("g0-what=area:hall&g0-may=read"), &names());
        assert!(draft.rooms[0].read && !draft.rooms[1].read);
        assert_eq!(draft.policy_of_rows(&names()), Some(json!({"entities": {"area_ids": {"hall": {"read": true}}}})));
    }
}
