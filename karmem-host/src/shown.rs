//! Text that modules chose, on its way to logs and terminals.
//!
//! Names, the text of a panic, and what a custom section says may hold anything: line ends that forge entries
//! of a log, sequences that a terminal obeys, megabytes. Errors and descriptions keep it as it is in their
//! fields and display it through this module.

use std::fmt::{self, Display, Write};

/// Bytes of a text that are displayed.
const LONGEST: usize = 4096;
/// Items of a list that are displayed.
pub(crate) const ITEMS: usize = 64;
/// Bytes of one of them.
const LONGEST_ITEM: usize = 1024;

/// A value on one line, of bounded length, without characters that do something.
pub(crate) struct Shown<T> {
    value: T,
    longest: usize,
}

/// Displays a value safely.
pub(crate) fn shown<T: Display>(value: T) -> Shown<T> {
    shown_up_to(value, LONGEST)
}

/// Displays a value safely, as so many bytes at most and a word on what is missing.
pub(crate) fn shown_up_to<T: Display>(value: T, longest: usize) -> Shown<T> {
    Shown { value, longest }
}

/// Each on a line of its own.
pub(crate) fn lines(items: &[impl Display]) -> String {
    let line = |item| format!("\n  {}", shown_up_to(item, LONGEST_ITEM));
    let mut lines: String = items.iter().take(ITEMS).map(line).collect();
    if let Some(more @ 1..) = items.len().checked_sub(ITEMS) {
        lines.push_str(&format!("\n  and {more} more"));
    }
    lines
}

impl<T: Display> Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Escaped {
            out: f,
            left: self.longest,
            dropped: 0,
        };
        write!(out, "{}", self.value)?;
        match out.dropped {
            0 => Ok(()),
            dropped => write!(f, "… ({dropped} more bytes)"),
        }
    }
}

struct Escaped<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    left: usize,
    dropped: usize,
}

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let escaped = acts(c).then(|| c.escape_default());
            let len = escaped.as_ref().map_or(c.len_utf8(), |e| e.len());
            if self.dropped > 0 || len > self.left {
                self.dropped += c.len_utf8();
                continue;
            }
            self.left -= len;
            match escaped {
                Some(escaped) => write!(self.out, "{escaped}")?,
                None => self.out.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Whether a character does something where it is displayed: controls, ends of lines and paragraphs, and
/// those that change the direction of the text around them or cannot be seen.
pub(crate) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_escaped_and_the_rest_stays() {
        let shown = |text: &str| shown(text).to_string();
        assert_eq!(shown("a `b` \\ \"c\" é 漢 🦀"), "a `b` \\ \"c\" é 漢 🦀");
        assert_eq!(
            shown("a\x1b[2J\r\nb\t\0\u{9b}"),
            r"a\u{1b}[2J\r\nb\t\u{0}\u{9b}"
        );
        assert_eq!(
            shown("\u{202e}x\u{2028}\u{feff}"),
            r"\u{202e}x\u{2028}\u{feff}"
        );
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let text = |longest| shown_up_to("aé漢", longest).to_string();
        assert_eq!(text(6), "aé漢");
        assert_eq!(text(5), "aé… (3 more bytes)");
        assert_eq!(text(2), "a… (5 more bytes)");
        assert_eq!(text(0), "… (6 more bytes)");
        // Nothing behind the cut, however short.
        assert_eq!(shown_up_to("a漢b", 2).to_string(), "a… (4 more bytes)");
        for text in ["x", "\0"] {
            assert!(shown(text.repeat(1 << 20)).to_string().len() < LONGEST + 100);
        }
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(lines(&["a\nb", "c"]), "\n  a\\nb\n  c");
        let text = lines(&vec!["x".repeat(1 << 16); 1000]);
        assert_eq!(text.lines().count(), 1 + ITEMS + 1);
        assert!(
            text.ends_with("and 936 more"),
            "{}",
            &text[text.len() - 50..]
        );
        assert!(text.len() < (ITEMS + 1) * (LONGEST_ITEM + 100));
    }
}
