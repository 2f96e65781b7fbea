//! Lists of what is wrong, which hostile modules make long.

use crate::shown::ITEMS;

/// How many problems are listed: with the line that counts the others, all lines are shown.
const LISTED: usize = ITEMS - 1;

/// What is wrong. Texts are made only of what is listed.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    listed: Vec<String>,
    more: usize,
}

impl Problems {
    /// Adds a problem.
    pub(crate) fn add(&mut self, text: impl FnOnce() -> String) {
        if self.listed.len() < LISTED {
            self.listed.push(text());
        } else {
            self.more += 1;
        }
    }

    /// Adds so many problems that nobody describes.
    pub(crate) fn add_more(&mut self, more: usize) {
        self.more += more;
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.listed.len() + self.more
    }

    /// The lines of an error, if there are any.
    pub(crate) fn result(self) -> Result<(), Vec<String>> {
        if self.len() == 0 {
            return Ok(());
        }
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        Err(self.listed.into_iter().chain(more).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_of_many_are_listed() {
        let mut problems = Problems::default();
        let mut texts = 0;
        assert_eq!(Problems::default().result(), Ok(()));
        for i in 0..1000 {
            problems.add(|| {
                texts += 1;
                i.to_string()
            });
        }
        problems.add_more(5);
        assert_eq!(problems.len(), 1005);
        let lines = problems.result().unwrap_err();
        assert_eq!(texts, LISTED);
        assert_eq!(lines.len(), LISTED + 1);
        assert_eq!(lines[LISTED], format!("and {} more", 1005 - LISTED));
    }
}
