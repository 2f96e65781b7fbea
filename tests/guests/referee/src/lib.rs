//! A guest that calls the one in C (`tests/guests/c/tally.c`), and what the two have in common: the
//! interfaces and types that are written out by hand there.
#![forbid(unsafe_code)]

use karmem::guest::CallError;
use karmem::{Karmem, Shared, View, ViewMut};

// Tests link this crate too, for its types, next to other guests.
#[cfg(target_family = "wasm")]
karmem::guest!();

/// Read and changed where it lies.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
pub struct Scores {
    /// How many of the values count: the first ones.
    pub count: u32,
    /// What is added to each.
    pub bias: i32,
    /// The scores.
    pub values: Vec<i32>,
}

/// Sent back.
#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// All that count, each with the bias.
    pub total: i64,
    /// The highest of these.
    pub highest: i32,
}

/// Why there is no summary.
#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Fault {
    /// Never said.
    Nothing,
    /// No value counts.
    Empty,
    /// The journal did not take it.
    Full,
}

/// What the guest in C provides.
#[karmem::interface(package = "tests")]
pub trait Tally {
    /// The sum of what counts.
    fn total(&self, scores: View<Scores>) -> i64;
    /// Adds to all values, and has them all count.
    fn raise(&mut self, scores: ViewMut<Scores>, by: i32);
    /// The sum, which is noted before, and the highest.
    fn summary(&mut self, scores: View<Scores>) -> Result<Summary, Fault>;
}

/// What it calls.
#[karmem::interface(package = "tests")]
pub trait Journal {
    /// Keeps a total: how many there are, or a negative number if there is no room.
    fn note(&mut self, total: i64) -> i32;
}

/// What this guest provides.
#[karmem::interface(package = "tests")]
pub trait Referee {
    /// Has all raised and asks for the summary, and for the total again.
    fn decide(&mut self, scores: Shared<Scores>, by: i32) -> Result<Summary, Fault>;
}

export_referee!(Strict);

/// Calls, and checks what comes back against what it reads itself.
#[derive(Debug, Default)]
pub struct Strict;

impl Strict {
    fn ask(scores: Shared<Scores>, by: i32) -> Result<Result<Summary, Fault>, CallError> {
        TallyImport.raise(scores, by)?;
        let summary = TallyImport.summary(scores)?;
        let total = TallyImport.total(scores)?;
        let message = scores.open()?;
        let read = message.view()?;
        let values = read.values();
        let own: i64 = values.iter().map(|v| i64::from(v + read.bias())).sum();
        assert_eq!(total, own, "the total of what this module reads");
        Ok(summary)
    }
}

impl Referee for Strict {
    fn decide(&mut self, scores: Shared<Scores>, by: i32) -> Result<Summary, Fault> {
        match Self::ask(scores, by) {
            Ok(summary) => summary,
            Err(error) => panic!("the tally cannot be asked: {error}"),
        }
    }
}
