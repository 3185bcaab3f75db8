//! What a page elsewhere came back with is made of a signed state alone.

use config_entries::oauth2::Returned;

fn forge() -> Returned {
    Returned { flow_id: "x".to_owned(), input: Default::default() }
}

fn main() {}
