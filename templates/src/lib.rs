//! Home Assistant's templates, read with the rights of the caller and within bounds.
//!
//! A template is Jinja text that reads states, areas, the time and so on. Here it reads them through [`TemplateHome`],
//! which shows only what the caller may read: a template has no more rights than the person who sent it, and what they
//! may not read does not exist inside it. The crate is pure: no clock, no files, no randomness, no threads.
//!
//! ```
//! use std::sync::Arc;
//!
//! use serde_json::{Map, json};
//! use templates::{Options, Template, TemplateHome, TemplateState};
//!
//! struct OneLight;
//!
//! impl TemplateHome for OneLight {
//!     fn state(&self, entity_id: &str) -> Option<Arc<TemplateState>> {
//!         (entity_id == "light.desk").then(|| {
//!             Arc::new(TemplateState {
//!                 entity_id: entity_id.to_owned(),
//!                 state: "on".to_owned(),
//!                 ..TemplateState::default()
//!             })
//!         })
//!     }
//!     fn entity_ids(&self, _domain: Option<&str>) -> Vec<String> {
//!         vec!["light.desk".to_owned()]
//!     }
//!     fn now_micros(&self) -> i64 {
//!         0
//!     }
//! }
//!
//! let template = Template::parse("{{ states.light | selectattr('state', 'eq', 'on') | list | count }}")?;
//! let rendered = template.render(Arc::new(OneLight), &Map::new(), &Options::default());
//! assert_eq!(rendered.result, Ok(json!(1)));
//! assert_eq!(rendered.text, "1");
//! assert!(rendered.listeners.domains.contains("light"));
//! # Ok::<(), templates::TemplateError>(())
//! ```
//!
//! # Results
//!
//! The output is text without blanks at its ends. If all of it spells a Python literal it becomes that value: `1` a
//! number, `True` a boolean, `None` null, `['a', 1]` a list. Quoted text keeps its quotes, and numbers in any but plain
//! decimal notation (`05`, `1e5`) stay text.
//!
//! # Bounds
//!
//! Anyone who may read one entity may send a template, so a template is hostile input. Its source, nesting, output,
//! steps and recursion are bounded, and so is **work**: every operation that makes or compares data is charged by size
//! before it is done, against a budget that is never given back. For that, the parsed template is written anew with
//! calls in place of operators before the engine (minijinja) sees it; see `src/rewrite.rs`. See [`Limits`].

mod bounds;
mod context;
mod duration;
mod error;
mod format;
mod functions;
mod home;
mod listeners;
mod methods;
mod moment;
mod native;
mod nesting;
mod objects;
mod python;
mod render;
mod rewrite;
mod value;

pub use bounds::Limits;
pub use error::{Bound, TemplateError};
pub use home::{TemplateContext, TemplateHome, TemplateState};
pub use listeners::Listeners;
pub use render::{MAX_SOURCE, Options, Rendered, Template};
