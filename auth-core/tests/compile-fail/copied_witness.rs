//! A witness cannot be used twice.
use auth_core::Authorized;

fn copy(witness: &Authorized<String>) -> Authorized<String> {
    Authorized::clone(witness)
}

fn main() {}
