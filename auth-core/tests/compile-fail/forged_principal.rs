//! A principal has private fields.
use auth_core::{Principal, Who};

fn forge() -> Principal {
    Principal { who: Who::System { role: "nobody asked" }, from: None }
}

fn main() {}
