//! Every wrong input of the derive and of the interface, with its expected message beside it.
//!
//! `TRYBUILD=overwrite cargo test --workspace --test ui` writes the messages anew; read them before
//! committing.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // The compiler lists types that would do, and which depends on what is in the build: these are
    // compared in the build of the whole workspace, which has this feature.
    if cfg!(feature = "wasi") {
        cases.compile_fail("tests/ui/listed/*.rs");
    }
}
