//! What was checked is what runs.
use auth_core::Authorized;

fn change(witness: &mut Authorized<String>) {
    witness.request().push_str(" and the safe");
}

fn main() {}
