//! Users: listed, made with or without a way to log in, changed, deleted.

use home::{
    AddUser, AdminChangePassword, CreateUser, DeleteUser, ForgiveFailures, ListFailures, ListUsers, RemoveFactorOf,
    RemoveOwnersFactor, Secret, UpdateUser, UserPatch,
};
use serde::Deserialize;
use serde_json::{Value, json};

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

/// Lists failed logins that are remembered: by address, and of users. Whoever has some waits before the next try counts.
pub(crate) async fn failures(mut call: Call) -> Outcome {
    call.no_members()?;
    let (addresses, users) = call.home.failures(&call.authorize(ListFailures {})?);
    let addresses =
        addresses.iter().map(|f| json!({"address": f.address, "failures": f.count, "wait_secs": f.wait_secs}));
    let users = users.iter().map(|(info, f)| {
        json!({
            "user_id": info.user.id, "username": info.username, "failures": f.count, "wait_secs": f.wait_secs,
        })
    });
    Ok(json!({"addresses": addresses.collect::<Vec<_>>(), "users": users.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forgive {
    address: Option<String>,
    user_id: Option<String>,
}

/// Forgets failed logins of an address or a user, so that nobody waits for them any more.
pub(crate) async fn forgive(mut call: Call) -> Outcome {
    let Forgive { address, user_id } = call.read()?;
    if address.is_none() && user_id.is_none() {
        return Err(OperationError::Invalid("`address` or `user_id` is needed".to_owned()));
    }
    let address = address.map(|text| {
        // As the list shows networks of IPv6.
        let bare = text.strip_suffix("/64").unwrap_or(&text);
        bare.parse().map_err(|_| OperationError::Invalid(format!("`{text}` is no address")))
    });
    let asked = call.authorize(ForgiveFailures { address: address.transpose()?, user_id })?;
    Ok(json!({"forgiven": call.home.forgive_failures(asked).await?}))
}
