//! Who is in a group, and when that counts.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Times, href, one};
use crate::{
    asked::Asked,
    problem::{Problem, Wrong},
    reply,
};

/// Puts somebody into a group, or says anew when that counts.
pub(crate) async fn set(asked: Asked) -> Result<Response, Problem> {
    let (group_id, user_id) = (asked.param("group_id").to_owned(), asked.form.get("user_id").to_owned());
    let times = Times::of_form(&asked.form, &asked.clock());
    let wrong = match put(&asked, &group_id, &user_id, &times).await? {
        None => return Ok(reply::see_other(&format!("{}?done=member", href(&group_id)))),
        Some(wrong) => wrong,
    };
    one::with_member(&asked, &group_id, (user_id, times), wrong).await
}

/// Asks for a membership. Returns what is wrong with it.
pub(crate) async fn put(asked: &Asked, group_id: &str, user_id: &str, times: &Times) -> Result<Option<Wrong>, Problem> {
    if user_id.is_empty() {
        return Ok(Some(Wrong::new("Choose who is to be in the group.")));
    }
    let mut members = match times.members(&asked.clock()) {
        Ok(members) => members,
        Err(text) => return Ok(Some(Wrong::new(text))),
    };
    if let Value::Object(members) = &mut members {
        members.insert("group_id".to_owned(), json!(group_id));
        members.insert("user_id".to_owned(), json!(user_id));
    }
    match asked.run::<Value>("groups/set_member", members).await {
        Ok(_) => Ok(None),
        Err(error) => Wrong::of(error).map(Some),
    }
}

/// Takes somebody out of a group.
pub(crate) async fn remove(asked: Asked) -> Result<Response, Problem> {
    let (group_id, user_id) = (asked.param("group_id").to_owned(), asked.form.get("user_id").to_owned());
    let members = json!({"group_id": group_id, "user_id": user_id});
    match asked.run::<Value>("groups/remove_member", members).await {
        Ok(_) => Ok(reply::see_other(&format!("{}?done=removed", href(&group_id)))),
        Err(error) => {
            let wrong = Wrong::of(error)?;
            one::with_wrong(&asked, &group_id, wrong).await
        }
    }
}
