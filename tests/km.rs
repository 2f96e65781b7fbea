//! A checked-in `.km` stays true to the Rust source: `KARMEM_BLESS=1 cargo test --test km` renews it.
#![allow(missing_docs, unreachable_pub, reason = "a test with an example in it")]

#[allow(dead_code, reason = "only the schema of the example is of use here")]
#[path = "../examples/quickstart.rs"]
mod quickstart;

#[test]
fn the_km_of_the_quickstart_is_that_of_its_structs() {
    quickstart::GAME.assert_km("examples/quickstart.km");
}
