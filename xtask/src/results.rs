//! Results of test runners, read from what they print.

/// Tests that ran, and the names of those that failed.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Results {
    pub(crate) passed: u64,
    pub(crate) ignored: u64,
    pub(crate) failed: Vec<String>,
}

impl Results {
    /// Reads a line of libtest's, such as `test name ... FAILED` or `test result: ok. 3 passed; …`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test ") else {
            return;
        };
        if let Some(counts) = rest.strip_prefix("result: ") {
            self.passed += count(counts, "passed");
            self.ignored += count(counts, "ignored");
        } else if let Some(name) = rest.strip_suffix(" ... FAILED") {
            // What it should have done stands between the name and the verdict.
            let name = name.split(" - should panic").next().unwrap_or(name);
            self.failed.push(name.to_owned());
        }
    }

    /// Adds the results of another run.
    pub(crate) fn add(&mut self, other: Results) {
        self.passed += other.passed;
        self.ignored += other.ignored;
        self.failed.extend(other.failed);
    }
}

/// The number before a word: 3 in `ok. 3 passed; 0 failed`.
fn count(line: &str, what: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';']).collect();
    let mut pairs = words.windows(2).filter(|pair| pair[1] == what);
    pairs.find_map(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_names_are_read() {
        let output = "\
running 3 tests
test one ... ok
test two::three ... FAILED
test src/lib.rs - Guest::build (line 12) ... FAILED
test four - should panic ... FAILED
test five ... ignored, needs clang and wasm-ld

test result: FAILED. 1 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
a test that failed prints anything
test result: ok. 20 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        let mut results = Results::default();
        output.lines().for_each(|line| results.read(line));
        let expected = Results {
            passed: 21,
            ignored: 3,
            failed: ["two::three", "src/lib.rs - Guest::build (line 12)", "four"]
                .map(String::from)
                .to_vec(),
        };
        assert_eq!(results, expected);
    }
}
