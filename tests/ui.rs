//! Every wrong input of the derive, with its expected message beside it.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew; read them before committing.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
