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
