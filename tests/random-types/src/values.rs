//! Random values of any type.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::generator::RECURSIONS;
use crate::numbers::Numbers;

/// Draws values, which end: what they hold becomes less the more there is of it.
#[derive(Debug)]
pub struct Pen {
    /// Where the values come from.
    pub numbers: Numbers,
    /// Elements and options that there may still be.
    left: usize,
    /// How often the type of the value has come up on the way to what is drawn.
    again: u32,
}

/// A type with random values.
pub trait Random: Sized {
    /// Draws a value.
    fn random(pen: &mut Pen) -> Self;
}

/// A value with a length that `max` limits.
pub trait Limit {
    /// Leaves at most so many elements, or bytes of a text.
    #[must_use]
    fn limit(self, max: usize) -> Self;
}

impl Pen {
    /// A pen for one value.
    #[must_use]
    pub fn new(numbers: Numbers) -> Self {
        Pen {
            numbers,
            left: 120,
            again: 0,
        }
    }

    /// Draws a value.
    pub fn value<T: Random>(&mut self) -> T {
        T::random(self)
    }

    /// Draws a value with at most `max` elements or bytes.
    pub fn limited<T: Random + Limit>(&mut self, max: usize) -> T {
        T::random(self).limit(max)
    }

    /// Draws a value that holds others of the type that holds it, or none below enough of them.
    pub fn again<T: Random + Default>(&mut self) -> T {
        if self.is_deep() {
            return T::default();
        }
        self.again += 1;
        let value = T::random(self);
        self.again -= 1;
        value
    }

    /// Whether the value may hold no other of its type.
    #[must_use]
    pub fn is_deep(&self) -> bool {
        self.again >= RECURSIONS
    }

    /// A number of elements.
    fn len(&mut self) -> usize {
        let len = match self.numbers.below(6) {
            0 | 1 => 0,
            2 => 1,
            _ => 1 + self.numbers.below(5),
        };
        let len = len.min(self.left);
        self.left -= len;
        len
    }
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl Random for $ty {
            fn random(pen: &mut Pen) -> Self {
                match pen.numbers.below(8) {
                    0 => 0,
                    1 => <$ty>::MAX,
                    2 => <$ty>::MIN,
                    3 => pen.numbers.below(100) as $ty,
                    _ => pen.numbers.any() as $ty,
                }
            }
        }
    )*};
}
integers!(u8 i8 u16 i16 u32 i32 u64 i64);

macro_rules! floats {
    ($($ty:ty: $bits:ty;)*) => {$(
        impl Random for $ty {
            /// No NaN, which is not equal to itself.
            fn random(pen: &mut Pen) -> Self {
                let value = <$ty>::from_bits(<$bits>::random(pen));
                if value.is_nan() { -0.0 } else { value }
            }
        }
    )*};
}
floats!(f32: u32; f64: u64;);

impl Random for bool {
    fn random(pen: &mut Pen) -> Self {
        pen.numbers.once_in(2)
    }
}

impl Random for char {
    fn random(pen: &mut Pen) -> Self {
        match pen.numbers.below(4) {
            0 => char::from(b'a' + pen.numbers.below(26) as u8),
            1 => '\0',
            _ => char::from_u32(pen.numbers.below(0x11_0000) as u32).unwrap_or('\u{fffd}'),
        }
    }
}

impl Random for String {
    fn random(pen: &mut Pen) -> Self {
        (0..pen.len() * 2).map(|_| pen.value::<char>()).collect()
    }
}

impl Random for Box<str> {
    fn random(pen: &mut Pen) -> Self {
        pen.value::<String>().into()
    }
}

impl<T: Random> Random for Vec<T> {
    fn random(pen: &mut Pen) -> Self {
        (0..pen.len()).map(|_| pen.value()).collect()
    }
}

impl<T: Random> Random for Box<[T]> {
    fn random(pen: &mut Pen) -> Self {
        pen.value::<Vec<T>>().into()
    }
}

impl<T: Random> Random for Box<T> {
    fn random(pen: &mut Pen) -> Self {
        Box::new(pen.value())
    }
}

impl<T: Random> Random for Option<T> {
    fn random(pen: &mut Pen) -> Self {
        let some = pen.left > 0 && !pen.numbers.once_in(3);
        some.then(|| {
            pen.left -= 1;
            pen.value()
        })
    }
}

impl<T: Random, const N: usize> Random for [T; N] {
    fn random(pen: &mut Pen) -> Self {
        std::array::from_fn(|_| pen.value())
    }
}

impl<K: Random + Ord, V: Random> Random for BTreeMap<K, V> {
    fn random(pen: &mut Pen) -> Self {
        (0..pen.len()).map(|_| (pen.value(), pen.value())).collect()
    }
}

impl<K: Random + Hash + Eq, V: Random> Random for HashMap<K, V> {
    fn random(pen: &mut Pen) -> Self {
        (0..pen.len()).map(|_| (pen.value(), pen.value())).collect()
    }
}

impl Limit for String {
    fn limit(mut self, max: usize) -> Self {
        self.truncate(self.floor_char_boundary(max));
        self
    }
}

impl Limit for Box<str> {
    fn limit(self, max: usize) -> Self {
        self.into_string().limit(max).into()
    }
}

impl<T> Limit for Vec<T> {
    fn limit(mut self, max: usize) -> Self {
        self.truncate(max);
        self
    }
}

impl<T> Limit for Box<[T]> {
    fn limit(self, max: usize) -> Self {
        self.into_vec().limit(max).into()
    }
}

impl<T: Limit> Limit for Option<T> {
    fn limit(self, max: usize) -> Self {
        self.map(|value| value.limit(max))
    }
}

impl<K: Ord, V> Limit for BTreeMap<K, V> {
    fn limit(self, max: usize) -> Self {
        self.into_iter().take(max).collect()
    }
}

impl<K: Hash + Eq, V> Limit for HashMap<K, V> {
    fn limit(self, max: usize) -> Self {
        self.into_iter().take(max).collect()
    }
}
