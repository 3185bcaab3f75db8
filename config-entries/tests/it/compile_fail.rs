//! What an integration, or a service, cannot even write.

#[test]
fn must_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
