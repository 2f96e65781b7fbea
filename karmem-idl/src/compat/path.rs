//! The ways from a root to the places that a comparison meets. Their texts are made only on demand.

use std::borrow::Cow;

/// How many steps of a path are shown: of a longer one the middle is left out.
const SHOWN: usize = 32;

/// One step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step<'a> {
    /// A type or an interface, at the beginning.
    Root(Cow<'a, str>),
    /// A field, enumerator, variant or method.
    Member(&'a str),
    /// A parameter of a method.
    Param(&'a str),
    /// The result of a method.
    Result,
    /// An element of a slice or array.
    Element,
    /// The key of an entry.
    Key,
    /// The value of an entry.
    Value,
}

impl Step<'_> {
    fn push_to(&self, text: &mut String) {
        let (before, name, after) = match self {
            Step::Root(name) => ("", name.as_ref(), ""),
            Step::Member(name) => (".", *name, ""),
            Step::Param(name) => ("(", *name, ")"),
            Step::Result => ("(", "", ")"),
            Step::Element => ("[", "", "]"),
            Step::Key => ("[", "key", "]"),
            Step::Value => ("[", "value", "]"),
        };
        text.extend([before, name, after]);
    }
}

/// Paths that have their beginnings in common.
#[derive(Default)]
pub(super) struct Paths<'a> {
    /// Each step, and where the one before it stands; a root stands before itself.
    steps: Vec<(usize, Step<'a>)>,
    /// How many texts were made: what tests of the work count.
    #[cfg(test)]
    pub(super) texts: std::cell::Cell<usize>,
}

impl<'a> Paths<'a> {
    /// Begins a path.
    pub(super) fn root(&mut self, name: impl Into<Cow<'a, str>>) -> usize {
        self.add(self.steps.len(), Step::Root(name.into()))
    }

    /// Adds a step to a path.
    pub(super) fn add(&mut self, parent: usize, step: Step<'a>) -> usize {
        self.steps.push((parent, step));
        self.steps.len() - 1
    }

    /// Steps of all paths.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The text of a path.
    pub(super) fn text(&self, mut at: usize) -> String {
        #[cfg(test)]
        self.texts.set(self.texts.get() + 1);
        let mut steps = Vec::new();
        loop {
            let (parent, step) = &self.steps[at];
            steps.push(step);
            if *parent == at {
                break;
            }
            at = *parent;
        }
        let left_out = steps.len().saturating_sub(SHOWN);
        let mut text = String::new();
        for (i, step) in steps.into_iter().rev().enumerate() {
            match i.checked_sub(SHOWN / 2) {
                Some(0) if left_out > 0 => text.push_str(&format!(".…({left_out} more)…")),
                Some(i) if i < left_out => {}
                _ => step.push_to(&mut text),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_long_path_is_left_out() {
        let mut paths = Paths::default();
        let _other = paths.root("Other");
        let mut at = paths.root("Root");
        for _ in 0..SHOWN - 1 {
            at = paths.add(at, Step::Member("a"));
        }
        assert_eq!(paths.text(at), format!("Root{}", ".a".repeat(SHOWN - 1)));
        for step in [Step::Element, Step::Param("b"), Step::Result, Step::Key] {
            at = paths.add(at, step);
        }
        let half = SHOWN / 2;
        let (before, after) = (".a".repeat(half - 1), ".a".repeat(half - 4));
        assert_eq!(
            paths.text(at),
            format!("Root{before}.…(4 more)…{after}[](b)()[key]")
        );
    }
}
