//! Whether bytes are the canonical encoding: a walk along the schema that knows nothing of the
//! runtime's writer. Together with equal values this determines every byte.

use karmem::layout::Class;
use karmem::schema::{Struct, Type};

/// The 8-byte steps at which every allocation begins.
fn aligned(offset: usize) -> usize {
    offset.next_multiple_of(8)
}

/// The table that a value refers to, if one reference to a table is all that it is.
fn referred(ty: &Type) -> Option<&'static Struct> {
    let Type::Struct(named) = ty else { return None };
    let of = (named.get)();
    match (of.class, of.fields) {
        (Class::Table, _) => Some(of),
        (Class::Inline, [only]) => referred(&only.ty),
        _ => None,
    }
}

/// Whether a struct reaches a slice or an array of tables.
pub(crate) fn has_rows_of_tables(of: &Struct) -> bool {
    fn reaches(ty: &Type) -> bool {
        match ty {
            Type::Struct(named) => has_rows_of_tables((named.get)()),
            Type::Array(of, _) | Type::Slice(of) => referred(of).is_some() || reaches(of),
            _ => false,
        }
    }
    of.fields.iter().any(|field| reaches(&field.ty))
}

/// What the walk found out.
pub(crate) struct Canonical {
    /// For each byte whether it belongs to a value; the rest is padding.
    pub(crate) used: Vec<bool>,
    /// Where the references to empty slices lie.
    pub(crate) empty: Vec<usize>,
    /// Slices and arrays of at least two tables, which lie side by side.
    pub(crate) rows: usize,
}

/// Checks that the bytes are laid out canonically.
///
/// # Panics
///
/// If they are not.
pub(crate) fn check(bytes: &[u8], root: &Struct) -> Canonical {
    let mut walk = Walk {
        bytes,
        end: 0,
        used: vec![false; bytes.len()],
        empty: vec![],
        rows: 0,
    };
    walk.allocated(0, root.layout.size as usize);
    walk.fields(root, 0);
    assert_eq!(
        walk.end,
        bytes.len(),
        "the message ends with its last allocation"
    );
    for (offset, (byte, used)) in bytes.iter().zip(&walk.used).enumerate() {
        assert!(*used || *byte == 0, "padding at {offset} is {byte}");
    }
    Canonical {
        used: walk.used,
        empty: walk.empty,
        rows: walk.rows,
    }
}

struct Walk<'b> {
    bytes: &'b [u8],
    /// The end of the last allocation.
    end: usize,
    used: Vec<bool>,
    empty: Vec<usize>,
    rows: usize,
}

impl Walk<'_> {
    fn allocated(&mut self, offset: usize, len: usize) {
        assert_eq!(
            offset,
            aligned(self.end),
            "the next allocation follows the one before"
        );
        self.end = offset + len;
        assert!(
            self.end <= self.bytes.len(),
            "allocation at {offset} ends outside"
        );
    }

    fn mark(&mut self, at: usize, len: usize) {
        for used in &mut self.used[at..at + len] {
            assert!(!*used, "two values share byte {at}");
            *used = true;
        }
    }

    fn word(&self, at: usize) -> usize {
        let word = self.bytes[at..].first_chunk().expect("a reference inside");
        u32::from_le_bytes(*word) as usize
    }

    fn fields(&mut self, of: &Struct, at: usize) {
        if of.class == Class::Table {
            assert_eq!(
                self.word(at),
                of.layout.size as usize,
                "the size header at {at}"
            );
            self.mark(at, 4);
        }
        for field in of.fields {
            assert!(!field.flag, "the vectors have no options");
            self.value(&field.ty, at + field.at.at as usize);
        }
    }

    fn value(&mut self, ty: &Type, at: usize) {
        match ty {
            Type::Scalar(scalar) => self.mark(at, scalar.size() as usize),
            Type::Enum(of) => self.mark(at, (of.get)().repr.size() as usize),
            Type::Text => {
                if let Some((offset, len)) = self.slice(at) {
                    self.mark(offset, len);
                }
            }
            Type::Struct(named) => match (named.get)() {
                of if of.class == Class::Inline => self.fields(of, at),
                of => {
                    let table = self.table(of, at);
                    self.fields(of, table);
                }
            },
            Type::Array(of, n) => self.row(of, *n as usize, at),
            Type::Slice(of) => {
                if let Some((offset, len)) = self.slice(at) {
                    let size = item_size(of);
                    assert_eq!(len % size, 0, "a whole number of elements at {at}");
                    self.row(of, len / size, offset);
                }
            }
            other => panic!("the vectors have no {other:?}"),
        }
    }

    /// The reference to a slice: where it leads to, or `None` if it is empty.
    fn slice(&mut self, at: usize) -> Option<(usize, usize)> {
        self.mark(at, 8);
        let (offset, len) = (self.word(at), self.word(at + 4));
        if len == 0 {
            assert_eq!(offset, 0, "an empty slice at {at} is {{0, 0}}");
            self.empty.push(at);
            return None;
        }
        self.allocated(offset, len);
        Some((offset, len))
    }

    /// The reference to a table: where it leads to.
    fn table(&mut self, of: &Struct, at: usize) -> usize {
        self.mark(at, 4);
        let offset = self.word(at);
        self.allocated(offset, of.layout.size as usize);
        offset
    }

    /// Elements side by side; tables that they refer to lie side by side too, right behind them.
    fn row(&mut self, of: &Type, n: usize, at: usize) {
        let size = item_size(of);
        let Some(table) = referred(of) else {
            return (0..n).for_each(|i| self.value(of, at + i * size));
        };
        self.rows += usize::from(n > 1);
        let offsets: Vec<_> = (0..n).map(|i| self.table(table, at + i * size)).collect();
        let stride = aligned(table.layout.size as usize);
        for (i, offset) in offsets.iter().enumerate() {
            assert_eq!(
                *offset,
                offsets[0] + i * stride,
                "table {i} of those at {at}"
            );
            self.fields(table, *offset);
        }
    }
}

/// Bytes from one element to the next.
fn item_size(ty: &Type) -> usize {
    let size = match ty {
        Type::Scalar(scalar) => scalar.size(),
        Type::Enum(of) => (of.get)().repr.size(),
        Type::Struct(named) => match (named.get)() {
            of if of.class == Class::Inline => of.layout.size,
            _ => 8, // the direct types, which are padded
        },
        other => panic!("the vectors have no elements that are {other:?}"),
    };
    size as usize
}
