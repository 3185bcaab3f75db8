//! A witness has private fields: only the checker makes one.
use auth_core::{Authorized, Principal};

fn forge(principal: Principal) -> Authorized<&'static str> {
    Authorized { principal, request: "open the door", epoch: Default::default() }
}

fn main() {}
