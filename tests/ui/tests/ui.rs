//! Every wrong input of the derive and of the interface, with its expected message beside it.
//!
//! `TRYBUILD=overwrite cargo test --workspace --test ui` writes the messages anew; read them before
//! committing.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("*.rs");
}
