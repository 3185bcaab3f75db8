//! Persons, as the imported registry has them.

use std::sync::Arc;

use store::Person;

use crate::Home;

impl Home {
    /// Returns the persons. Names and user ids: for administrators, and everybody for themselves.
    pub fn persons(&self) -> Arc<Vec<Person>> {
        self.inner.persons.load_full()
    }
}
