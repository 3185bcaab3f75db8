//! A furnished demo home: rooms, devices and entities that work and change by themselves.
//!
//! [`furnish`] says what is there, [`Demo`] makes it work. Both read the same list, so that what is registered and what
//! has a state fit together. Everything is deterministic: ids are made of names, and what changes by itself depends on
//! the number of the step alone.
//!
//! Scenes, scripts, automations and the light group act on other entities only through
//! [`service_bus::ServiceCall::call_service`], as whoever called them: permission to control a scene opens none of its
//! members. Things move at once: transitions and alarm delays take no time, a script is never seen running. The
//! automations run when they are triggered by a service, not by themselves.
//!
//! ```
//! use auth_core::Timestamp;
//!
//! let home = demo::furnish(Timestamp::from_secs(1_795_331_367));
//! let area = home.area_of(&"light.kitchen_lights".parse().unwrap());
//! assert_eq!(area, Some("kitchen"));
//! ```

mod entity;
mod item;

mod furnish;
pub use furnish::furnish;

mod house;
mod shell;

mod group;
mod routine;

mod demo;
pub use demo::{Demo, DemoError};

mod bridge;
mod uptime;
pub use bridge::{BridgeWorld, DemoBridge, bridge_services};
pub use uptime::Uptime;
