//! Home Assistant's own web frontend as a hub serves it: its files, its pages, its panels, its words.
//!
//! The frontend is not part of Doorward. Whoever runs a hub has it from the Python package `home-assistant-frontend`, and
//! [`Frontend::open`] takes the directory in which that was unpacked. Pages are made from the package's templates once;
//! files are served as they are.

mod files;
pub use files::{Frontend, NoFrontend, Releases, VERSION};

mod page;
pub use page::Page;

mod panel;
pub use panel::{PANELS, Panel};

mod manifest;
pub use manifest::{THEME_COLOR, web_app_manifest};

mod brand;
mod icons;
mod words;
pub use brand::brand_image;
pub use icons::domain_icons;
pub use words::{domain_title, domain_words};
