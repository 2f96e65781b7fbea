//! The values of the vectors: comparing with them, and making objects of them.
//!
//! Numbers are compared as they are written, so 64-bit integers lose nothing. A float is the
//! shortest decimal that round-trips in its own width, so parsing it in that width gives its bits.

use std::fmt;

use karmem::rule::LayoutRule;
use karmem::schema::Struct;
use karmem::wire::Wire;
use karmem::{Karmem, Slice, Text, VerifyError};
use serde_json::{Map, Value};

/// Where and how a value differs from what it should be.
#[derive(Debug)]
pub(crate) struct Mismatch {
    path: String,
    what: String,
}

impl Mismatch {
    fn new(found: impl fmt::Debug, want: &Value) -> Self {
        let mut want = want.to_string();
        want.truncate(want.floor_char_boundary(80));
        Mismatch {
            path: String::new(),
            what: format!("found {found:?}, want {want}"),
        }
    }

    fn under(mut self, step: impl fmt::Display) -> Self {
        self.path.insert_str(0, &step.to_string());
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// An object or a view that can be compared with a value.
pub(crate) trait Same {
    fn same(&self, want: &Value) -> Result<(), Mismatch>;
}

/// An object that can be made of a value.
pub(crate) trait FromJson: Sized {
    fn from_json(value: &Value) -> Self;
}

/// A struct of the vectors, with what its view offers, since bounds on views of every lifetime
/// cannot be implied.
pub(crate) trait Message: Karmem + Same + FromJson + fmt::Debug {
    /// Compares what the view reads.
    fn same_view(view: &Self::View<'_>, want: &Value) -> Result<(), Mismatch>;
    /// What `Debug` prints of the view, which calls every accessor.
    fn debug_view(view: &Self::View<'_>) -> String;
    /// The view's `to_owned`.
    fn own(view: &Self::View<'_>) -> Result<Self, VerifyError>;
}

macro_rules! numbers {
    ($($int:ty)*) => {$(
        impl Same for $int {
            fn same(&self, want: &Value) -> Result<(), Mismatch> {
                let same = want.as_number().is_some_and(|n| n.to_string() == self.to_string());
                if same { Ok(()) } else { Err(Mismatch::new(self, want)) }
            }
        }
        impl FromJson for $int {
            fn from_json(value: &Value) -> Self {
                value.to_string().parse().expect("an integer of this width")
            }
        }
    )*};
}
numbers!(u8 i8 u16 i16 u32 i32 u64 i64);

macro_rules! floats {
    ($($float:ty, $bits:literal;)*) => {$(
        impl Same for $float {
            fn same(&self, want: &Value) -> Result<(), Mismatch> {
                let same = self.to_bits() == Self::from_json(want).to_bits();
                if same { Ok(()) } else { Err(Mismatch::new(self, want)) }
            }
        }
        impl FromJson for $float {
            fn from_json(value: &Value) -> Self {
                match value.get($bits) {
                    Some(bits) => {
                        Self::from_bits(bits.to_string().parse().expect("bits of this width"))
                    }
                    None => value.to_string().parse().expect("a float"),
                }
            }
        }
    )*};
}
floats!(f32, "f32bits"; f64, "f64bits";);

impl Same for bool {
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        if want.as_bool() == Some(*self) {
            Ok(())
        } else {
            Err(Mismatch::new(self, want))
        }
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Self {
        value.as_bool().expect("a bool")
    }
}

impl Same for Text<'_> {
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        match self.to_str() {
            Ok(text) if want.as_str() == Some(text) => Ok(()),
            _ => Err(Mismatch::new(self, want)),
        }
    }
}

impl Same for String {
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        if want.as_str() == Some(self) {
            Ok(())
        } else {
            Err(Mismatch::new(self, want))
        }
    }
}

impl FromJson for String {
    fn from_json(value: &Value) -> Self {
        value.as_str().expect("a text").to_owned()
    }
}

/// The elements; `null` is an empty slice too.
fn elements(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Null => Some(&[]),
        Value::Array(elements) => Some(elements),
        _ => None,
    }
}

fn same_elements<T: Same>(
    found: impl ExactSizeIterator<Item = T>,
    want: &Value,
) -> Result<(), Mismatch> {
    let len = found.len();
    match elements(want) {
        Some(elements) if elements.len() == len => {
            let mut pairs = found.zip(elements).enumerate();
            pairs.try_for_each(|(i, (a, b))| a.same(b).map_err(|e| e.under(format_args!("[{i}]"))))
        }
        _ => Err(Mismatch::new(format_args!("{len} elements"), want)),
    }
}

impl<T: Same> Same for &T {
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        T::same(self, want)
    }
}

impl<'m, T: Wire<L>, L: LayoutRule> Same for Slice<'m, T, L>
where
    T::View<'m>: Same,
{
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        same_elements(self.iter(), want)?;
        // The other ways to the elements agree.
        let indexed = (0..self.len())
            .filter_map(|i| self.get(i))
            .collect::<Vec<_>>();
        same_elements(indexed.into_iter(), want)
    }
}

impl<T: Same> Same for Vec<T> {
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        same_elements(self.iter(), want)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Self {
        elements(value)
            .expect("a slice")
            .iter()
            .map(T::from_json)
            .collect()
    }
}

impl<T: Same, const N: usize> Same for [T; N] {
    fn same(&self, want: &Value) -> Result<(), Mismatch> {
        same_elements(self.iter(), want)
    }
}

impl<T: FromJson, const N: usize> FromJson for [T; N] {
    fn from_json(value: &Value) -> Self {
        let elements = elements(value).expect("an array");
        assert_eq!(elements.len(), N);
        std::array::from_fn(|i| T::from_json(&elements[i]))
    }
}

/// The fields of a value, found by the names that the derive gave them in the `.km`.
pub(crate) struct Fields<'v> {
    layout: &'static Struct,
    fields: &'v Map<String, Value>,
    known: usize,
}

impl<'v> Fields<'v> {
    pub(crate) fn of(layout: &'static Struct, value: &'v Value) -> Result<Self, Mismatch> {
        match value.as_object() {
            Some(fields) => Ok(Fields {
                layout,
                fields,
                known: 0,
            }),
            None => Err(Mismatch::new(layout.name.km, value)),
        }
    }

    fn name(&self, rust_name: &str) -> &'static str {
        self.layout
            .field(rust_name)
            .expect("a field of the struct")
            .name
    }

    pub(crate) fn get(&self, rust_name: &str) -> &'v Value {
        &self.fields[self.name(rust_name)]
    }

    pub(crate) fn same(&mut self, rust_name: &str, found: &impl Same) -> Result<(), Mismatch> {
        let name = self.name(rust_name);
        self.known += 1;
        let want = self.fields.get(name).unwrap_or(&Value::Null);
        found
            .same(want)
            .map_err(|e| e.under(format_args!(".{name}")))
    }

    /// Padding is all that may be left.
    pub(crate) fn end(self) -> Result<(), Mismatch> {
        let pads = self
            .fields
            .keys()
            .filter(|name| crate::is_pad(name))
            .count();
        if self.known + pads == self.fields.len() && self.known == self.layout.fields.len() {
            return Ok(());
        }
        let names = self
            .fields
            .keys()
            .map(|name| name.as_str().into())
            .collect();
        Err(Mismatch::new(self.layout.fields, &Value::Array(names)))
    }
}

/// Implements the comparison for a struct and its view; the compiler checks that no field misses.
macro_rules! record {
    ($owned:ident, $view:ident { $($field:ident),* $(,)? }) => {
        impl crate::json::Same for $owned {
            fn same(&self, want: &serde_json::Value) -> Result<(), crate::json::Mismatch> {
                let Self { $($field),* } = self;
                let mut fields = crate::json::Fields::of(<Self as karmem::Karmem>::LAYOUT, want)?;
                $(fields.same(stringify!($field), $field)?;)*
                fields.end()
            }
        }

        impl crate::json::Same for $view<'_> {
            fn same(&self, want: &serde_json::Value) -> Result<(), crate::json::Mismatch> {
                let layout = <$owned as karmem::Karmem>::LAYOUT;
                let mut fields = crate::json::Fields::of(layout, want)?;
                $(fields.same(stringify!($field), &self.$field())?;)*
                fields.end()
            }
        }

        impl crate::json::FromJson for $owned {
            fn from_json(value: &serde_json::Value) -> Self {
                let layout = <Self as karmem::Karmem>::LAYOUT;
                let fields = crate::json::Fields::of(layout, value).expect("a struct");
                Self { $($field: crate::json::FromJson::from_json(fields.get(stringify!($field)))),* }
            }
        }

        impl crate::json::Message for $owned {
            fn same_view(
                view: &$view<'_>,
                want: &serde_json::Value,
            ) -> Result<(), crate::json::Mismatch> {
                crate::json::Same::same(view, want)
            }
            fn debug_view(view: &$view<'_>) -> String {
                format!("{view:?}")
            }
            fn own(view: &$view<'_>) -> Result<Self, karmem::VerifyError> {
                (*view).to_owned() // without the star: `ToOwned` of the reference
            }
        }
    };
}
pub(crate) use record;

/// Implements the comparison for an enum, which the vectors spell as its value.
macro_rules! enumerators {
    ($name:ident { $($variant:ident),* $(,)? }) => {
        impl crate::json::Same for $name {
            fn same(&self, want: &serde_json::Value) -> Result<(), crate::json::Mismatch> {
                crate::json::same_enumerator(self, *self as i128, want)
            }
        }

        impl crate::json::FromJson for $name {
            fn from_json(value: &serde_json::Value) -> Self {
                let all = [$(Self::$variant),*];
                let number: i128 = value.to_string().parse().expect("an integer");
                let found = all.into_iter().find(|one| *one as i128 == number);
                found.expect("an enumerator of the schema")
            }
        }
    };
}
pub(crate) use enumerators;

pub(crate) fn same_enumerator(
    found: &dyn fmt::Debug,
    value: i128,
    want: &Value,
) -> Result<(), Mismatch> {
    let same = want
        .as_number()
        .is_some_and(|n| n.to_string() == value.to_string());
    if same {
        Ok(())
    } else {
        Err(Mismatch::new(found, want))
    }
}
