#![doc = include_str!("../README.md")]

mod slug;
pub use slug::{normalize_name, slugify};

mod area;
mod device;
mod entity;
mod floor;
mod label;
pub use area::{AreaEntry, AreaPatch};
pub use device::{DeviceEntry, DevicePatch};
pub use entity::{EntityEntry, EntityPatch};
pub use floor::{FloorEntry, FloorPatch};
pub use label::{LabelEntry, LabelPatch};

mod change;
mod error;
pub use change::{Change, Verb};
pub use error::RegistryError;

mod home;
mod places;
pub use home::Registries;
pub use places::AreaRule;

mod double_option;
