//! Users: listed, made with or without a way to log in, changed, deleted.

use home::{
    AddUser, AdminChangePassword, CreateUser, DeleteUser, ListUsers, RemoveFactorOf, RemoveOwnersFactor, Secret,
    UpdateUser, UserPatch,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{Call, OperationError, operation::Outcome, shown};

pub(crate) async fn list(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ListUsers {})?;
    Ok(call.home.users(&asked).iter().map(shown::user).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: String,
    username: Option<String>,
    password: Option<String>,
    #[serde(default)]
    group_ids: Vec<String>,
    #[serde(default)]
    local_only: bool,
}

pub(crate) async fn create(mut call: Call) -> Outcome {
    let Create { name, username, password, group_ids, local_only } = call.read()?;
    let info = match (username, password) {
        (None, None) => call.home.create_user(call.authorize(CreateUser { name, group_ids, local_only })?).await?,
        (Some(username), Some(password)) => {
            let password = Secret::new(password);
            let asked = call.authorize(AddUser { name, username, password, group_ids, local_only })?;
            call.home.add_user(asked).await?
        }
        _ => return Err(OperationError::Invalid("a user name and a password go together".to_owned())),
    };
    Ok(shown::user(&info))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    user_id: String,
    name: Option<String>,
    is_active: Option<bool>,
    group_ids: Option<Vec<String>>,
    local_only: Option<bool>,
}

pub(crate) async fn update(mut call: Call) -> Outcome {
    let Update { user_id, name, is_active, group_ids, local_only } = call.read()?;
    let patch = UserPatch { name, is_active, group_ids, local_only, conditions: None };
    let asked = call.authorize(UpdateUser { user_id, patch })?;
    Ok(shown::user(&call.home.update_user(asked).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    user_id: String,
}

pub(crate) async fn delete(mut call: Call) -> Outcome {
    let One { user_id } = call.read()?;
    let asked = call.authorize(DeleteUser { user_id })?;
    call.home.delete_user(asked).await?;
    Ok(Value::Null)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    user_id: String,
    password: String,
}

pub(crate) async fn set_password(mut call: Call) -> Outcome {
    let Password { user_id, password } = call.read()?;
    let asked = call.authorize(AdminChangePassword { user_id, password: Secret::new(password) })?;
    call.home.admin_change_password(asked).await?;
    Ok(Value::Null)
}

/// Takes the second factor of somebody who has lost it away. Only the owner does so for the owner.
pub(crate) async fn remove_second_factor(mut call: Call) -> Outcome {
    let One { user_id } = call.read()?;
    if call.home.is_owner(&user_id) {
        let asked = call.authorize(RemoveOwnersFactor { user_id })?;
        call.home.remove_owners_factor(asked).await?;
    } else {
        let asked = call.authorize(RemoveFactorOf { user_id })?;
        call.home.remove_factor_of(asked).await?;
    }
    Ok(Value::Null)
}
