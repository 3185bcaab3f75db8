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
}

impl Unauthorized {
    /// Returns the refusal with the action's context added.
    #[must_use]
    pub fn in_context(mut self, context: &Context) -> Self {
        self.context = Some(Box::new(context.clone()));
        self
    }
}
