//! Everybody's accounts, for administrators; one's own password.

use home::{
    AdminChangePassword, AdminChangeUsername, ChangePassword, CreateLogin, CreateOwnerLogin, CreateUser, DeleteLogin,
    DeleteUser, ListUsers, Secret, UpdateUser, UserInfo, UserPatch,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Reply, no_members};
use crate::CommandError;

fn shown(info: &UserInfo) -> Value {
    let user = &info.user;
    json!({
        "id": user.id.as_str(),
        "username": info.username,
        "name": user.name,
        "is_owner": user.is_owner,
        "is_active": user.is_active,
        "local_only": user.local_only,
        "system_generated": user.system_generated,
        "group_ids": user.group_ids.iter().map(auth_core::GroupId::as_str).collect::<Vec<_>>(),
        "credentials": info.providers.iter().map(|provider| json!({"type": provider})).collect::<Vec<_>>(),
    })
}

pub(crate) async fn list(call: Call) -> Result<Reply, CommandError> {
    no_members(&call.data)?;
    let asked = call.authorize(ListUsers {})?;
    Ok(Reply::Result(call.home.users(&asked).iter().map(shown).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: String,
    #[serde(default)]
    group_ids: Vec<String>,
    #[serde(default)]
    local_only: bool,
}

pub(crate) async fn create(mut call: Call) -> Result<Reply, CommandError> {
    let Create { name, group_ids, local_only } = call.read()?;
    let asked = call.authorize(CreateUser { name, group_ids, local_only })?;
    let info = call.home.create_user(asked).await?;
    Ok(Reply::Result(json!({"user": shown(&info)})))
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

pub(crate) async fn update(mut call: Call) -> Result<Reply, CommandError> {
    let Update { user_id, name, is_active, group_ids, local_only } = call.read()?;
    let patch = UserPatch { name, is_active, group_ids, local_only, conditions: None };
    let asked = call.authorize(UpdateUser { user_id, patch })?;
    let info = call.home.update_user(asked).await?;
    Ok(Reply::Result(json!({"user": shown(&info)})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    user_id: String,
}

pub(crate) async fn delete(mut call: Call) -> Result<Reply, CommandError> {
    let Delete { user_id } = call.read()?;
    let asked = call.authorize(DeleteUser { user_id })?;
    call.home.delete_user(asked).await?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    user_id: String,
    username: String,
    password: String,
}

pub(crate) async fn create_login(mut call: Call) -> Result<Reply, CommandError> {
    let Login { user_id, username, password } = call.read()?;
    let for_owner = call.home.only_owner_gives_password(&call.session.principal, &user_id);
    let login = CreateLogin { user_id, username, password: Secret::new(password) };
    if for_owner {
        let asked = call.authorize(CreateOwnerLogin { login })?;
        call.home.create_owner_login(asked).await
    } else {
        let asked = call.authorize(login)?;
        call.home.create_login(asked).await
    }
    .map_err(|error| match error {
        home::AccountError::SystemGenerated => {
            CommandError::new("system_generated", "Cannot add credentials to a system generated user.")
        }
        other => other.into(),
    })?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Username {
    username: String,
}

pub(crate) async fn delete_login(mut call: Call) -> Result<Reply, CommandError> {
    let Username { username } = call.read()?;
    let asked = call.authorize(DeleteLogin { username })?;
    call.home.delete_login(asked).await?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passwords {
    current_password: String,
    new_password: String,
}

pub(crate) async fn change_password(mut call: Call) -> Result<Reply, CommandError> {
    let Passwords { current_password, new_password } = call.read()?;
    let wish = ChangePassword { current: Secret::new(current_password), new: Secret::new(new_password) };
    let asked = call.authorize(wish)?;
    call.home.change_password(asked).await?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyPassword {
    user_id: String,
    password: String,
}

pub(crate) async fn admin_change_password(mut call: Call) -> Result<Reply, CommandError> {
    let AnyPassword { user_id, password } = call.read()?;
    let asked = call.authorize(AdminChangePassword { user_id, password: Secret::new(password) })?;
    call.home.admin_change_password(asked).await.map_err(user_not_found)?;
    Ok(Reply::Result(Value::Null))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyUsername {
    user_id: String,
    username: String,
}

pub(crate) async fn admin_change_username(mut call: Call) -> Result<Reply, CommandError> {
    let AnyUsername { user_id, username } = call.read()?;
    let asked = call.authorize(AdminChangeUsername { user_id, username })?;
    call.home.admin_change_username(asked).await.map_err(user_not_found)?;
    Ok(Reply::Result(Value::Null))
}

fn user_not_found(error: home::AccountError) -> CommandError {
    match error {
        home::AccountError::UnknownUser => CommandError::new("user_not_found", "User not found"),
        other => other.into(),
    }
}
