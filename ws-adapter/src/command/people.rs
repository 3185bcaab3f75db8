//! Persons.

use home::{DeletePerson, PersonPatch, SetPerson};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection};

/// Lists the persons: all for administrators, for others themselves and those whose entity they may read, without
/// user ids.
pub(crate) fn list(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    connection.view(|home, viewer| {
        let admin = viewer.rights().is_admin();
        let own_id = viewer.rights().user().map(|user| user.id.as_str());
        let persons = home.persons();
        let shown = persons.iter().filter_map(|person| {
            let own = own_id.is_some() && person.user_id.as_deref() == own_id;
            if !admin && !own && !viewer.reads(&format!("person.{}", person.id)) {
                return None;
            }
            let trackers = person.device_trackers.iter().filter(|id| viewer.reads(id)).collect::<Vec<_>>();
            let mut shown = json!({
                "id": person.id,
                "name": person.name,
                "user_id": person.user_id.as_ref().filter(|_| admin || own),
                "device_trackers": trackers,
            });
            if let (Some(picture), Value::Object(members)) = (&person.picture, &mut shown) {
                members.insert("picture".to_owned(), json!(picture));
            }
            Some(shown)
        });
        Ok(Reply::Result(json!({"storage": shown.collect::<Vec<_>>(), "config": []})))
    })
}

/// Makes a person and answers with them.
pub(crate) async fn create(mut call: Call) -> Result<Reply, CommandError> {
    if !call.data.contains_key("name") {
        return Err(CommandError::format("required key not provided @ data['name']"));
    }
    let patch: PersonPatch = call.read()?;
    set(call, None, patch).await
}

/// Changes a person and answers with them.
pub(crate) async fn update(mut call: Call) -> Result<Reply, CommandError> {
    let Some(Value::String(person_id)) = call.data.remove("person_id") else {
        return Err(CommandError::format("required key not provided @ data['person_id']"));
    };
    let patch: PersonPatch = call.read()?;
    set(call, Some(person_id), patch).await
}

async fn set(call: Call, person_id: Option<String>, patch: PersonPatch) -> Result<Reply, CommandError> {
    let asked = call.authorize(SetPerson { person_id, patch })?;
    let person = call.home.set_person(asked).await?;
    let mut shown = json!({
        "id": person.id,
        "name": person.name,
        "user_id": person.user_id,
        "device_trackers": person.device_trackers,
    });
    if let (Some(picture), Value::Object(members)) = (person.picture, &mut shown) {
        members.insert("picture".to_owned(), json!(picture));
    }
    Ok(Reply::Result(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    person_id: String,
}

pub(crate) async fn delete(mut call: Call) -> Result<Reply, CommandError> {
    let One { person_id } = read(std::mem::take(&mut call.data))?;
    let asked = call.authorize(DeletePerson { person_id })?;
    call.home.delete_person(asked).await?;
    Ok(Reply::Result(Value::Null))
}
