//! Who is told of what was refused and of what was done.

use auth_core::{Context, EntityId, Principal, Unauthorized};

/// Is told of what was refused and of what was done, for an audit trail. Called by whoever asks: must not wait.
pub trait Observer: Send + Sync {
    /// A request was refused for want of rights.
    ///
    /// `action` is the request's name ([`auth_core::Action::NAME`]), `service` the service if it was a call.
    fn denied(&self, principal: &Principal, action: &str, service: Option<&str>, refusal: &Unauthorized);

    /// A service call was let through, with every entity that it comes to; called before it is carried out.
    fn called(&self, principal: &Principal, context: &Context, service: &str, entities: &[EntityId]);
}
