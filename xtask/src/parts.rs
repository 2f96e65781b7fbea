//! The parts of a test run: each passes, fails or is skipped, and the end says so of every one.

use crate::results::Results;
use crate::tool::{Error, Result};
use std::time::{Duration, Instant};

/// How a part ended, if not by failing.
pub(crate) enum Outcome {
    Passed,
    /// Ran tests, of which some may have failed.
    Tested(Results),
    /// What is missing, and how to get it.
    Skipped {
        missing: String,
        get: String,
    },
}

struct Part {
    name: &'static str,
    result: Result<Outcome>,
    took: Duration,
}

/// The parts that ran so far, and the tests in them.
#[derive(Default)]
pub(crate) struct Parts {
    parts: Vec<Part>,
    tests: Results,
}

impl Parts {
    /// Runs a part, whatever became of those before it, and says whether it passed.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<Outcome>,
    ) -> bool {
        println!("\n== {name}");
        let start = Instant::now();
        let result = work().and_then(|outcome| self.count(outcome));
        match &result {
            Ok(Outcome::Skipped { missing, get }) => {
                println!("skipped: {missing}; to get it: {get}");
            }
            Ok(_) => {}
            Err(error) => println!("error: {error}"),
        }
        let passed = matches!(result, Ok(Outcome::Passed));
        self.parts.push(Part {
            name,
            result,
            took: start.elapsed(),
        });
        passed
    }

    /// Counts the tests of a part, which fails with them.
    fn count(&mut self, outcome: Outcome) -> Result<Outcome> {
        let Outcome::Tested(results) = outcome else {
            return Ok(outcome);
        };
        let failed = results.failed.join(", ");
        let number = results.failed.len();
        self.tests.add(results);
        match number {
            0 => Ok(Outcome::Passed),
            1 => Err(Error::new(format!("a test failed: {failed}"))),
            _ => Err(Error::new(format!("{number} tests failed: {failed}"))),
        }
    }

    /// Notes a part as failed because of an earlier one.
    pub(crate) fn cannot_run(&mut self, name: &'static str, why: &str) {
        self.run(name, || Err(Error::new(why)));
    }

    /// Prints what became of each part, the counts in the last lines.
    pub(crate) fn print(&self) {
        println!("\n== summary");
        for line in self.lines() {
            println!("{line}");
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for Part { name, result, took } in &self.parts {
            let took = took.as_secs_f64();
            match result {
                Ok(Outcome::Skipped { missing, get }) => {
                    lines.push(format!("skipped  {name}: {missing}"));
                    lines.push(format!("         to get it: {get}"));
                }
                Ok(_) => lines.push(format!("passed   {name} ({took:.0} s)")),
                Err(error) => lines.push(format!("FAILED   {name}: {error}")),
            }
        }
        let [passed, failed, skipped] = self.counts();
        lines.push(format!(
            "parts: {passed} passed, {failed} failed, {skipped} skipped"
        ));
        lines.push(format!(
            "tests: {} passed, {} failed",
            self.tests.passed,
            self.tests.failed.len()
        ));
        lines
    }

    fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for part in &self.parts {
            counts[match part.result {
                Ok(Outcome::Skipped { .. }) => 2,
                Ok(_) => 0,
                Err(_) => 1,
            }] += 1;
        }
        counts
    }

    /// Whether the run is good: nothing failed and, if `require_all`, nothing was skipped.
    pub(crate) fn good(&self, require_all: bool) -> bool {
        let [_, failed, skipped] = self.counts();
        failed == 0 && (skipped == 0 || !require_all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped() -> Result<Outcome> {
        Ok(Outcome::Skipped {
            missing: "no node".into(),
            get: "install it".into(),
        })
    }

    fn tested(passed: u64, failed: &[&str]) -> Result<Outcome> {
        Ok(Outcome::Tested(Results {
            passed,
            ignored: 0,
            failed: failed.iter().copied().map(String::from).collect(),
        }))
    }

    #[test]
    fn a_skip_is_a_failure_only_where_all_is_required() {
        let mut parts = Parts::default();
        assert!(parts.run("one", || Ok(Outcome::Passed)));
        assert!(parts.good(true));
        assert!(!parts.run("two", skipped));
        assert!(parts.good(false) && !parts.good(true));
        parts.cannot_run("three", "one failed");
        assert!(!parts.good(false));
    }

    #[test]
    fn the_summary_names_what_failed_and_ends_in_the_counts() {
        let mut parts = Parts::default();
        assert!(parts.run("one", || tested(3, &[])));
        parts.run("two", skipped);
        parts.run("three", || Err(Error::new("it broke")));
        assert!(!parts.run("four", || tested(4, &["a::b", "c"])));
        let lines = parts.lines();
        let expected = [
            "passed   one (0 s)",
            "skipped  two: no node",
            "         to get it: install it",
            "FAILED   three: it broke",
            "FAILED   four: 2 tests failed: a::b, c",
            "parts: 1 passed, 2 failed, 1 skipped",
            "tests: 7 passed, 2 failed",
        ];
        assert_eq!(lines, expected);
    }
}
