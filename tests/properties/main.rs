//! What holds for all values of all shapes, on random ones. More of them: `PROPTEST_CASES=10000`.
#![allow(unreachable_pub, reason = "types as users declare them")]

mod builders;
mod evolution;
mod exercise;
mod hostile;
mod layouts;
mod pen;
mod round_trip;
mod typed;
mod values;
mod zoo;

/// The settings of every test: failures are shown with the smallest value that fails, and not kept
/// in files, so that a run depends on nothing but its own random values.
fn config(cases: u32) -> proptest::test_runner::Config {
    let mut config = proptest::test_runner::Config {
        failure_persistence: None,
        ..Default::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    config
}
