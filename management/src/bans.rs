//! Addresses that are shut out.

use auth_core::Network;
use home::{AddBan, Ban, LiftBan, LiftOwnersBan, ListBans};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Call, OperationError, operation::Outcome, shown::Moment};

/// Lists them, with what is shut: `logins` after too many failures, `everything` by the owner.
pub(crate) async fn list(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ListBans {})?;
    Ok(call.home.bans(&asked).iter().map(shown_ban).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    network: String,
    #[serde(default)]
    until: Moment,
    reason: Option<String>,
}

/// Shuts addresses out from everything, until a moment or for good.
pub(crate) async fn add(mut call: Call) -> Outcome {
    let Add { network, until: Moment(until), reason } = call.read()?;
    let network = read_network(&network)?;
    let asked = call.authorize(AddBan { network, until, reason })?;
    Ok(shown_ban(&call.home.add_ban(asked).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    network: String,
}

/// Lets addresses in again. Only the owner does so for those that the owner shut out.
pub(crate) async fn remove(mut call: Call) -> Outcome {
    let Remove { network } = call.read()?;
    let network = read_network(&network)?;
    if call.home.is_owners_ban(network) {
        let asked = call.authorize(LiftOwnersBan { network })?;
        call.home.lift_owners_ban(asked).await?;
    } else {
        let asked = call.authorize(LiftBan { network })?;
        call.home.lift_ban(asked).await?;
    }
    Ok(Value::Null)
}

fn read_network(text: &str) -> Result<Network, OperationError> {
    text.parse().map_err(OperationError::Invalid)
}

fn shown_ban(ban: &Ban) -> Value {
    json!({
        "network": ban.network.to_string(),
        "scope": ban.record.scope,
        "until": ban.record.until.map(|until| until.to_string()),
        "reason": ban.record.reason,
        "created_at": ban.record.created_at.to_string(),
        "by": ban.record.by,
    })
}
