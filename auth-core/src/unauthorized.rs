//! The refusal.

use alloc::{boxed::Box, string::String};

use crate::{Context, EntityId, Permission, UserId};

/// The category of permissions that concern entities; the only one there is.
pub const PERM_CATEGORY_ENTITIES: &str = "entities";

/// The principal lacks a permission. Says what was asked, for logs and audit; its text says nothing but
/// `Unauthorized`, because callers must not learn what exists. Adapters map it to the wire in one place each.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("Unauthorized")]
pub struct Unauthorized {
    /// The action that was refused.
    pub context: Option<Box<Context>>,
    /// Who acted.
    pub user_id: Option<UserId>,
    /// The entity concerned.
    pub entity_id: Option<EntityId>,
    /// The config entry concerned.
    pub config_entry_id: Option<String>,
    /// The category of the permission, `entities`.
    pub perm_category: Option<&'static str>,
    /// The permission that is missing.
    pub permission: Option<Permission>,
    /// The right is there, but this must be shown first. Callers may learn that: it concerns only themselves.
    pub unproved: Option<Unproved>,
}

/// What whoever asks must do first, for a request whose [`Proof`](crate::Proof) is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// Show their second factor.
    ShowFactor,
    /// Set a second factor up: they have none.
    SetFactorUp,
    /// Log in anew: they have no second factor, and need none for this.
    LogIn,
}

impl Unproved {
    /// Returns the code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ShowFactor => "step_up_required",
            Self::SetFactorUp => "second_factor_required",
            Self::LogIn => "login_required",
        }
    }

    /// Returns what to do, for people.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::ShowFactor => "Show your second factor first: `doorward/step_up/show` with a code, or log in again",
            Self::SetFactorUp => "This home asks for a second factor for that: set one up first",
            Self::LogIn => "This home asks for a recent login for that: log in again first",
        }
    }
}

impl Unauthorized {
    /// Returns the refusal with the action's context added.
    #[must_use]
    pub fn in_context(mut self, context: &Context) -> Self {
        self.context = Some(Box::new(context.clone()));
        self
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::ContextId;

    #[test]
    fn says_what_to_show_and_nothing_else() {
        let all = [Unproved::ShowFactor, Unproved::SetFactorUp, Unproved::LogIn];
        assert_eq!(all.map(Unproved::code), ["step_up_required", "second_factor_required", "login_required"]);
        for (unproved, word) in all.into_iter().zip(["Show your second factor", "set one up", "log in again"]) {
            assert!(unproved.hint().contains(word), "{unproved:?}: {}", unproved.hint());
        }
        let context = Context::new(ContextId::from_parts(1, 2), Some("ann".into()));
        let refusal = Unauthorized { user_id: Some("ben".into()), ..Unauthorized::default() }.in_context(&context);
        assert_eq!((refusal.context.as_deref(), refusal.user_id.as_ref()), (Some(&context), Some(&"ben".into())));
        assert_eq!(refusal.to_string(), "Unauthorized");
    }
}
