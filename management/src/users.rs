//! Users: listed, made with or without a way to log in, changed, deleted.

use home::{
    AddUser, AdminChangePassword, CreateUser, DeleteUser, ForgiveFailures, ListFailures, ListUsers, RemoveFactorOf,
    RemoveOwnersFactor, Secret, UpdateUser, UserPatch,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Call, OperationError,
    operation::{Done, Nothing, Outcome},
    shown,
};

pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Vec<shown::User>> {
    let asked = call.authorize(ListUsers {})?;
    Ok(call.home.users(&asked).iter().map(shown::user).collect())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    name: String,
    username: Option<String>,
    password: Option<String>,
    #[serde(default)]
    group_ids: Vec<String>,
    #[serde(default)]
    local_only: bool,
}

pub(crate) async fn create(
    call: Call,
    Create { name, username, password, group_ids, local_only }: Create,
) -> Outcome<shown::User> {
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Update {
    user_id: String,
    name: Option<String>,
    is_active: Option<bool>,
    group_ids: Option<Vec<String>>,
    local_only: Option<bool>,
}

pub(crate) async fn update(
    call: Call,
    Update { user_id, name, is_active, group_ids, local_only }: Update,
) -> Outcome<shown::User> {
    let patch = UserPatch { name, is_active, group_ids, local_only, conditions: None };
    let asked = call.authorize(UpdateUser { user_id, patch })?;
    Ok(shown::user(&call.home.update_user(asked).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct One {
    user_id: String,
}

pub(crate) async fn delete(call: Call, One { user_id }: One) -> Outcome<Done> {
    let asked = call.authorize(DeleteUser { user_id })?;
    call.home.delete_user(asked).await?;
    Ok(Done)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Password {
    user_id: String,
    password: String,
}

pub(crate) async fn set_password(call: Call, Password { user_id, password }: Password) -> Outcome<Done> {
    let asked = call.authorize(AdminChangePassword { user_id, password: Secret::new(password) })?;
    call.home.admin_change_password(asked).await?;
    Ok(Done)
}

/// Takes the second factor of somebody who has lost it away. Only the owner does so for the owner.
pub(crate) async fn remove_second_factor(call: Call, One { user_id }: One) -> Outcome<Done> {
    if call.home.is_owner(&user_id) {
        let asked = call.authorize(RemoveOwnersFactor { user_id })?;
        call.home.remove_owners_factor(asked).await?;
    } else {
        let asked = call.authorize(RemoveFactorOf { user_id })?;
        call.home.remove_factor_of(asked).await?;
    }
    Ok(Done)
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Failures {
    addresses: Vec<OfAddress>,
    users: Vec<OfUser>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OfAddress {
    address: Option<String>,
    failures: u32,
    wait_secs: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OfUser {
    user_id: String,
    username: Option<String>,
    failures: u32,
    wait_secs: u32,
}

/// Lists failed logins that are remembered: by address, and of users. Whoever has some waits before the next try counts.
pub(crate) async fn failures(call: Call, _: Nothing) -> Outcome<Failures> {
    let (addresses, users) = call.home.failures(&call.authorize(ListFailures {})?);
    let addresses = addresses.into_iter().map(|failures| OfAddress {
        address: failures.address,
        failures: failures.count,
        wait_secs: failures.wait_secs,
    });
    let users = users.into_iter().map(|(info, failures)| OfUser {
        user_id: info.user.id.to_string(),
        username: info.username,
        failures: failures.count,
        wait_secs: failures.wait_secs,
    });
    Ok(Failures { addresses: addresses.collect(), users: users.collect() })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgive {
    address: Option<String>,
    user_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Forgiven {
    /// Whether there were any.
    forgiven: bool,
}

/// Forgets failed logins of an address or a user, so that nobody waits for them any more.
pub(crate) async fn forgive(call: Call, Forgive { address, user_id }: Forgive) -> Outcome<Forgiven> {
    if address.is_none() && user_id.is_none() {
        return Err(OperationError::Invalid("`address` or `user_id` is needed".to_owned()));
    }
    let address = address.map(|text| {
        // As the list shows networks of IPv6.
        let bare = text.strip_suffix("/64").unwrap_or(&text);
        bare.parse().map_err(|_| OperationError::Invalid(format!("`{text}` is no address")))
    });
    let asked = call.authorize(ForgiveFailures { address: address.transpose()?, user_id })?;
    Ok(Forgiven { forgiven: call.home.forgive_failures(asked).await? })
}
