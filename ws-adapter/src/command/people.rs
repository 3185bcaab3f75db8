//! Persons.

use serde_json::{Map, Value, json};

use super::{Reply, no_members};
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
