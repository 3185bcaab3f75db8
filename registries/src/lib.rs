//! Entity, device, area, floor and label registries, and what they tell the directory that permissions read.
//!
//! [`Registries`] is a plain value: every change is a method that either applies completely and says what changed
//! ([`Change`]), or refuses and leaves everything as it was. Persisting, announcing and permissions follow from the
//! changes. Which area an entity is in is decided in one place, [`Registries::area_of`], by one of two [`AreaRule`]s.
//!
//! ```
//! use auth_core::Timestamp;
//! use registries::{AreaPatch, AreaRule, EntityEntry, Registries};
//!
//! let now = Timestamp::from_secs(1_795_331_367);
//! let mut home = Registries::new(AreaRule::Own);
//! home.create_area(AreaPatch::named("Living Room"), now).unwrap();
//! let mut lamp = EntityEntry::new("light.sofa".parse().unwrap(), "demo", "lamp-1", "3f2a", now);
//! lamp.area_id = Some("living_room".to_owned());
//! home.put_entity(lamp);
//! assert_eq!(home.area_of(&"light.sofa".parse().unwrap()), Some("living_room"));
//! ```

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
