//! The README shows the program of `examples/quickstart.rs`, to the letter.
#![allow(missing_docs, reason = "a test")]

const README: &str = include_str!("../README.md");
const QUICKSTART: &str = include_str!("../examples/quickstart.rs");

#[test]
fn the_first_program_of_the_readme_is_the_example() {
    let shown = README
        .split("```rust\n")
        .nth(1)
        .and_then(|rest| rest.split("```\n").next());
    let start = QUICKSTART.find("use karmem::Karmem;").unwrap();
    assert_eq!(shown, Some(&QUICKSTART[start..]));
}

#[test]
fn the_readme_starts_with_one_sentence() {
    let sentence = README.lines().nth(2).unwrap();
    assert!(
        sentence.ends_with('.') && sentence.matches(". ").count() == 0,
        "{sentence}"
    );
}

/// Every row of the table in `docs/isolation.md` names files and tests in them.
#[test]
fn the_tests_of_what_is_promised_exist() {
    let promises = include_str!("../docs/isolation.md");
    let rows = promises.lines().skip_while(|line| *line != "|---|---|");
    let mut tests = 0;
    for row in rows.skip(1).take_while(|line| line.starts_with('|')) {
        let (_, named) = row.split_once(" | ").unwrap();
        let mut source = String::new();
        // What stands between backquotes is every other part.
        for name in named.split('`').skip(1).step_by(2) {
            match name.strip_suffix(".rs") {
                Some(_) => {
                    let directory = match name.starts_with("tests/") || name.starts_with("karmem-")
                    {
                        true => "",
                        false => "karmem-host/tests/",
                    };
                    let path = format!("{}/{directory}{name}", env!("CARGO_MANIFEST_DIR"));
                    source =
                        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
                }
                None => {
                    assert!(source.contains(&format!("fn {name}(")), "{name} in: {row}");
                    tests += 1;
                }
            }
        }
    }
    assert!(tests > 40, "{tests}");
}
