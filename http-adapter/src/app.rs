//! What every handler needs.

use home::Home;

/// What every handler needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The home.
    pub home: Home,
}
