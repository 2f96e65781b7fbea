//! Where the fields of a struct lie: the only offset arithmetic of the project.
//!
//! The derive cannot see the types of fields, so it emits calls of [`place`] that rustc evaluates;
//! the schema tools call [`place_into`] at run time. Both are the same rule.

/// Size and alignment of something inside a struct, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Bytes that it takes.
    pub size: u32,
    /// Alignment relative to the base: 1, 2, 4 or 8.
    pub align: u32,
}

/// How the fields of a struct are placed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rule {
    /// Natural alignment; every struct is a multiple of 64 bits. The default.
    Padded,
    /// What `#[repr(C)]` does: natural alignment, a struct as aligned as its most aligned field.
    C,
    /// No padding at all: `@packed(true)` of existing schemas.
    Packed,
    /// Existing schemas without `@packed`: unaligned, with 12-byte slice references.
    Legacy,
}

/// Whether a struct is laid out in place or reached through a reference.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Laid out in place and frozen.
    Inline,
    /// Begins with its size and evolves by appended fields.
    Table,
}

/// One field as [`place`] sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Size and natural alignment of the value.
    pub layout: Layout,
    /// Whether a presence byte (`HasName bool`) goes before the value.
    pub flag: bool,
}

/// Where a field lies, in bytes from the start of its struct.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct At {
    /// Offset of the presence byte; equal to `at` for a field without one.
    pub flag: u32,
    /// Offset of the value.
    pub at: u32,
}

/// The result of [`place`]: the offsets of `N` fields and the layout of their struct.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed<const N: usize> {
    /// Where each field lies, in declaration order.
    pub at: [At; N],
    /// Size and alignment of the struct.
    pub layout: Layout,
}

/// Rounds `offset` up to a multiple of `align`; `None` beyond `u32`.
///
/// ```
/// use karmem_core::layout::align_up;
/// assert_eq!(align_up(5, 4), Some(8));
/// assert_eq!(align_up(u32::MAX, 8), None);
/// ```
#[must_use]
pub const fn align_up(offset: u32, align: u32) -> Option<u32> {
    match offset % align {
        0 => Some(offset),
        over => offset.checked_add(align - over),
    }
}

impl Rule {
    /// The alignment that a value of natural alignment `align` has in a struct of this rule.
    #[must_use]
    pub const fn align_of(self, align: u32) -> u32 {
        match self {
            Rule::Padded | Rule::C => align,
            Rule::Packed | Rule::Legacy => 1,
        }
    }

    /// The name of the rule in attributes, sections and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Padded => "padded",
            Rule::C => "c",
            Rule::Packed => "packed",
            Rule::Legacy => "legacy",
        }
    }
}

impl Class {
    /// The name of the class in attributes, sections and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Class::Inline => "inline",
            Class::Table => "table",
        }
    }
}

/// Places fields in declaration order and writes their offsets to `out`.
///
/// Returns the layout of the whole struct, or `None` if it does not fit into 32 bits or if `out`
/// is shorter than `parts`.
#[must_use]
pub const fn place_into(
    rule: Rule,
    class: Class,
    parts: &[Part],
    out: &mut [At],
) -> Option<Layout> {
    if out.len() < parts.len() {
        return None;
    }
    let (mut end, mut align) = match class {
        Class::Table => (SIZE_HEADER, rule.align_of(SIZE_HEADER)),
        Class::Inline => (0, 1),
    };
    let mut i = 0;
    while i < parts.len() {
        let part = parts[i];
        let own = rule.align_of(part.layout.align);
        let flag = end;
        if part.flag {
            end = match end.checked_add(1) {
                Some(end) => end,
                None => return None,
            };
        }
        let Some(at) = align_up(end, own) else {
            return None;
        };
        out[i] = At {
            flag: if part.flag { flag } else { at },
            at,
        };
        end = match at.checked_add(part.layout.size) {
            Some(end) => end,
            None => return None,
        };
        if own > align {
            align = own;
        }
        i += 1;
    }
    // The public compiler gives a legacy inline struct 1 to 8 bytes of tail, and a table none.
    let size = match (rule, class) {
        (Rule::Padded, _) => {
            align = 8;
            align_up(end, 8)
        }
        (Rule::C, _) => align_up(end, align),
        (Rule::Legacy, Class::Inline) => end.checked_add(8 - end % 8),
        (Rule::Packed, _) | (Rule::Legacy, Class::Table) => Some(end),
    };
    match size {
        Some(size) => Some(Layout { size, align }),
        None => None,
    }
}

/// Places `N` fields; what the derive emits for rustc to evaluate.
///
/// # Panics
///
/// If the struct is larger than 4 GiB; the derive calls it only in constants, where this is a
/// compile error.
///
/// ```
/// use karmem_core::layout::{place, Class, Layout, Part, Rule};
/// let part = |size, align| Part { layout: Layout { size, align }, flag: false };
/// let vec3 = place(Rule::Padded, Class::Inline, [part(4, 4), part(4, 4), part(4, 4)]);
/// assert_eq!((vec3.layout.size, vec3.layout.align), (16, 8));
/// assert_eq!(vec3.at[2].at, 8);
/// ```
#[must_use]
pub const fn place<const N: usize>(rule: Rule, class: Class, parts: [Part; N]) -> Placed<N> {
    let mut at = [At { flag: 0, at: 0 }; N];
    match place_into(rule, class, &parts, &mut at) {
        Some(layout) => Placed { at, layout },
        None => panic!("this struct does not fit into 32-bit offsets"),
    }
}

/// Bytes of the size with which every table begins.
pub const SIZE_HEADER: u32 = 4;

/// Every allocation of a message starts at a multiple of this, in every layout.
pub const ALLOCATION: u32 = 8;

/// The offset that a writer stores for an absent table. Offset 0 is read as absent too.
pub const NULL: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    const fn part(size: u32, align: u32) -> Part {
        Part {
            layout: Layout { size, align },
            flag: false,
        }
    }

    #[test]
    fn rules_differ_as_documented() {
        let parts = [part(1, 1), part(8, 8), part(2, 2)];
        let ends = |rule, class| {
            let p = place(rule, class, parts);
            (p.at.map(|a| a.at), p.layout.size, p.layout.align)
        };
        assert_eq!(ends(Rule::Padded, Class::Inline), ([0, 8, 16], 24, 8));
        assert_eq!(ends(Rule::C, Class::Inline), ([0, 8, 16], 24, 8));
        assert_eq!(ends(Rule::Packed, Class::Inline), ([0, 1, 9], 11, 1));
        assert_eq!(ends(Rule::Legacy, Class::Inline), ([0, 1, 9], 16, 1));
        assert_eq!(ends(Rule::Padded, Class::Table), ([4, 8, 16], 24, 8));
        assert_eq!(ends(Rule::Legacy, Class::Table), ([4, 5, 13], 15, 1));
    }

    #[test]
    fn legacy_tail_is_never_empty() {
        assert_eq!(
            place(Rule::Legacy, Class::Inline, [part(8, 8)]).layout.size,
            16
        );
    }

    #[test]
    fn a_flag_goes_right_before_its_value() {
        let flagged = Part {
            flag: true,
            ..part(4, 4)
        };
        let p = place(Rule::Padded, Class::Inline, [part(1, 1), flagged]);
        assert_eq!(p.at[1], At { flag: 1, at: 4 });
    }

    #[test]
    fn overflow_is_none() {
        let mut out = [At { flag: 0, at: 0 }; 2];
        let huge = [part(u32::MAX - 8, 1), part(64, 8)];
        assert_eq!(
            place_into(Rule::Padded, Class::Inline, &huge, &mut out),
            None
        );
    }
}
