//! Accounts at identity providers, and the users that they are linked to.

use home::{Identity, LinkAnyIdentity, LinkIdentity, ListIdentities, UnlinkIdentity, UnlinkOwnersIdentity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Call,
    operation::{Done, Nothing, Outcome},
};

/// A link, as it is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shown {
    id: String,
    user_id: String,
    /// Who vouches, letter for letter.
    issuer: String,
    /// The account, as the issuer names it.
    subject: String,
}

impl Shown {
    fn of(identity: Identity) -> Self {
        let Identity { id, user_id, issuer, subject } = identity;
        Self { id: id.to_string(), user_id: user_id.to_string(), issuer, subject }
    }
}

pub(crate) async fn list(call: Call, _: Nothing) -> Outcome<Vec<Shown>> {
    let asked = call.authorize(ListIdentities {})?;
    Ok(call.home.identities(&asked).into_iter().map(Shown::of).collect())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    user_id: String,
    /// Letter for letter.
    issuer: String,
    /// Letter for letter.
    subject: String,
}

/// Lets an account sign in as a user. Only the owner does so for the owner, and for others who can sign in already.
pub(crate) async fn link(call: Call, Link { user_id, issuer, subject }: Link) -> Outcome<Shown> {
    let link = LinkIdentity { user_id, issuer, subject };
    let identity = if call.home.only_owner_links(&call.principal, &link.user_id) {
        call.home.link_any_identity(call.authorize(LinkAnyIdentity { link })?).await?
    } else {
        call.home.link_identity(call.authorize(link)?).await?
    };
    Ok(Shown::of(identity))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unlink {
    identity_id: String,
}

/// Ends a link, and the sessions that began with it. Only the owner ends one of the owner's.
pub(crate) async fn unlink(call: Call, Unlink { identity_id }: Unlink) -> Outcome<Done> {
    if call.home.is_owners_identity(&identity_id) {
        let asked = call.authorize(UnlinkOwnersIdentity { identity_id })?;
        call.home.unlink_owners_identity(asked).await?;
    } else {
        let asked = call.authorize(UnlinkIdentity { identity_id })?;
        call.home.unlink_identity(asked).await?;
    }
    Ok(Done)
}
