//! Why a registry refused a change.

use auth_core::EntityId;

/// Why a change of a registry was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Another area, floor or label has the name, compared without case and spaces.
    #[error("The name {name} ({normalized}) is already in use")]
    NameInUse {
        /// The name asked for.
        name: String,
        /// How names are compared.
        normalized: String,
    },
    /// A name is missing or empty.
    #[error("a name is needed")]
    NameMissing,
    /// No such entity is registered.
    #[error("Entity not found")]
    UnknownEntity(EntityId),
    /// No such device is registered.
    #[error("Unknown device")]
    UnknownDevice(String),
    /// No such area is registered.
    #[error("Area ID doesn't exist")]
    UnknownArea(String),
    /// No such floor is registered.
    #[error("Floor ID doesn't exist")]
    UnknownFloor(String),
    /// No such label is registered.
    #[error("Label ID doesn't exist")]
    UnknownLabel(String),
    /// The new entity id belongs to another entity.
    #[error("Entity with this ID is already registered")]
    EntityIdTaken(EntityId),
    /// A new entity id must keep the domain.
    #[error("New entity ID should be same domain")]
    OtherDomain(EntityId),
    /// An order must name every id once.
    #[error("the order must name every id exactly once")]
    BadOrder,
    /// A colour is neither `#RRGGBB` nor a theme's name for one.
    #[error("`{0}` is not a color")]
    BadColor(String),
}
