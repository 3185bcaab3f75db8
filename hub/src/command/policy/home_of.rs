//! The home in a data directory, as far as questions about permissions need it.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use auth_core::{AuthSnapshot, UserId};
use home::ListUsers;

use super::super::{
    accounts::{at_machine, find},
    open_home,
};
use crate::cli::Area;

/// Returns the home's rights, and what its users are called: by user name, else name.
pub(super) async fn of_data(data: &Path) -> Result<(AuthSnapshot, BTreeMap<UserId, String>)> {
    let home = open_home(data, Area::Own).await?;
    let users = home.users(&home.bus().authorize(&at_machine(), ListUsers {})?);
    let named = users.into_iter().filter_map(|info| Some((info.user.id, info.username.or(info.user.name)?)));
    Ok((home.bus().world().auth.clone(), named.collect()))
}

/// Returns the home's rights, and the id of a user by user name, name or id.
pub(super) async fn user_of(data: &Path, user: &str) -> Result<(AuthSnapshot, UserId)> {
    let home = open_home(data, Area::Own).await?;
    let id = find(&home, user)?.user.id;
    Ok((home.bus().world().auth.clone(), id))
}
