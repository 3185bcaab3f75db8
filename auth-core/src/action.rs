//! Requests that know what they need.

use crate::{EntityId, Permission};

/// A request whose needed permission is part of its type or value. The caller of a check passes nothing on the side.
///
/// Implement it beside the request's type. The orphan rule keeps everybody else from weakening it.
pub trait Action {
    /// What it is called in logs and in the audit trail: the type's name, such as `CreateUser`.
    const NAME: &'static str;

    /// What whoever asks must have shown lately, besides having the right. Whoever keeps sessions checks it.
    const PROOF: Proof = Proof::Session;

    /// Returns what the principal must be allowed for this request to run.
    fn need(&self) -> Need<'_>;
}

/// What whoever asks must have shown lately. A session that somebody left open has the rights of its user, but cannot show
/// this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: the session is enough.
    Session,
    /// Their second factor, in a home that asks for it: what could be turned against the home.
    WhereRequired,
    /// Their second factor, if they have one: what changes that factor.
    IfAny,
}

/// What a request needs.
#[derive(Clone, Copy, Debug)]
pub enum Need<'a> {
    /// Any active principal; what comes back is filtered by what they may read.
    Authenticated,
    /// An active user, about their own account: by no token that has a policy of its own, which could make itself others.
    OwnAccount,
    /// An administrator.
    Admin,
    /// The owner.
    Owner,
    /// An administrator, or the integration of this domain.
    Integration(&'a str),
    /// A permission on one entity. Checked before existence.
    Entity(&'a EntityId, Permission),
    /// A permission on each of these entities.
    Entities(&'a [EntityId], Permission),
}
