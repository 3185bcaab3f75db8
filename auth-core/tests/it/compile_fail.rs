//! What must not compile, with the message that says why.

#[test]
fn witnesses_and_principals_cannot_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
