//! Addresses that are shut out.

use auth_core::Network;
use home::{AddBan, Ban, LiftBan, LiftOwnersBan, ListBans};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::BanScope;

use crate::{
    Call, OperationError,
    operation::{Done, Nothing, Outcome},
    schema,
    shown::Moment,
};

/// Lists them.
pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Vec<Shown>> {
    let asked = call.authorize(ListBans {})?;
    Ok(call.home.bans(&asked).iter().map(Shown::of).collect())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    /// An address, or a range of them such as `203.0.113.0/24`.
    network: String,
    /// For good, if left out.
    #[serde(default)]
    until: Moment,
    reason: Option<String>,
}

/// Shuts addresses out from everything, until a moment or for good.
pub(crate) async fn add(call: Call, Add { network, until: Moment(until), reason }: Add) -> Outcome<Shown> {
    let network = read_network(&network)?;
    let asked = call.authorize(AddBan { network, until, reason })?;
    Ok(Shown::of(&call.home.add_ban(asked).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remove {
    /// As the list shows it.
    network: String,
}

/// Lets addresses in again. Only the owner does so for those that the owner shut out.
pub(crate) async fn remove(call: Call, Remove { network }: Remove) -> Outcome<Done> {
    let network = read_network(&network)?;
    if call.home.is_owners_ban(network) {
        let asked = call.authorize(LiftOwnersBan { network })?;
        call.home.lift_owners_ban(asked).await?;
    } else {
        let asked = call.authorize(LiftBan { network })?;
        call.home.lift_ban(asked).await?;
    }
    Ok(Done)
}

fn read_network(text: &str) -> Result<Network, OperationError> {
    text.parse().map_err(OperationError::Invalid)
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Shown {
    network: String,
    /// What is shut: `logins` after too many failures, `everything` by the owner.
    #[schemars(schema_with = "schema::ban_scope")]
    scope: BanScope,
    until: Option<String>,
    reason: Option<String>,
    created_at: String,
    /// Who did it; the hub itself if none.
    by: Option<String>,
}

impl Shown {
    fn of(Ban { network, record }: &Ban) -> Self {
        Self {
            network: network.to_string(),
            scope: record.scope,
            until: record.until.map(|until| until.to_string()),
            reason: record.reason.clone(),
            created_at: record.created_at.to_string(),
            by: record.by.as_ref().map(ToString::to_string),
        }
    }
}
