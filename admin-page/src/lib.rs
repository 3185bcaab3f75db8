//! Doorward's own page: where an administrator sees and changes who may do what.
//!
//! It is served by the hub, works without Home Assistant's frontend, and without JavaScript: the script only makes it nicer.
//! Every row of [`routes`] says who may use it. What a page shows and changes goes through the operations that programs use
//! (`management`), as the user whose cookie came with the request; the page has no rights and keeps no state of its own. The
//! cookie holds an ordinary credential of the home, so what ends sessions elsewhere ends them here.
//!
//! A form that is refused is shown again with everything as it was typed, and says beside it what was wrong.

mod route;
pub use route::{Access, Route, routes};

mod gate;
pub use gate::serve;

mod asked;
mod assets;
mod cookie;
mod form;
mod problem;
mod reply;

mod clock;
mod first_run;
mod login;
mod names;
mod part;
mod shown;
mod sign_on;

mod audit;
mod bans;
mod groups;
mod matrix;
mod overview;
mod people;
mod policy;
mod reasons;
mod settings;
mod step_up;
mod tokens;
