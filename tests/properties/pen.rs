//! Changing every value of a zoo type, in Rust and in place, by the same strokes: after
//! [`Redraw::redraw`] of an object and of its message with equal pens, the two are equal again.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write};

use karmem::kind::{MapKey, ScalarMut, ScalarValue};
use karmem::rule::LayoutRule;
use karmem::wire::{ViewMutOf, Wire};
use karmem::{Karmem, Limits, MapMut, SliceMut, TextMut, VerifyError};

use super::zoo::*;

/// A sequence of numbers, and how many steps there are before nothing is changed any more: messages
/// that were not checked may be cyclic.
pub struct Pen {
    state: u64,
    left: u32,
}

impl Pen {
    pub fn new(seed: u64, left: u32) -> Self {
        Pen { state: seed, left }
    }

    /// The next number, by the generator SplitMix64.
    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(z ^ z >> 31)
    }

    /// Counts a step into a part, because there are cycles without any number in them.
    fn goes_on(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    fn letters(&mut self, len: usize) -> String {
        let letters = (0..len).map_while(|_| self.next());
        let mut text: String = letters.map(|n| char::from(b'a' + (n % 26) as u8)).collect();
        // Of the same length whatever happens, as text in place cannot change its length.
        text.extend(std::iter::repeat_n('-', len - text.len()));
        text
    }
}

/// A value, an object or a mutable view.
pub trait Redraw {
    /// Changes everything in it that can be changed in place.
    fn redraw(self, pen: &mut Pen);
}

/// A scalar.
pub trait Draw: Sized {
    fn draw(number: u64) -> Self;
}

macro_rules! scalars {
    ($($ty:ty: $number:ident $value:expr;)*) => {$(
        impl Draw for $ty {
            fn draw($number: u64) -> Self {
                $value
            }
        }

        impl Redraw for &mut $ty {
            fn redraw(self, pen: &mut Pen) {
                if let Some(number) = pen.next() {
                    *self = Draw::draw(number);
                }
            }
        }
    )*};
}
scalars! {
    bool: n n & 1 == 1;
    u8: n n as u8;
    i8: n n as i8;
    u16: n n as u16;
    i16: n n as i16;
    u32: n n as u32;
    i32: n n as i32;
    u64: n n;
    i64: n n as i64;
    f32: n n as i16 as f32 / 8.0;
    f64: n n as i32 as f64 / 64.0;
    char: n char::from_u32((n % 0x11_0000) as u32).unwrap_or('?');
    Team: n [Team::Humans, Team::Orcs, Team::Zombies][n as usize % 3];
    Colour: n [Colour::Red, Colour::None, Colour::Blue][n as usize % 3];
}

impl<T: ScalarValue + Draw> Redraw for ScalarMut<'_, T> {
    fn redraw(self, pen: &mut Pen) {
        if let Some(number) = pen.next() {
            self.set(T::draw(number));
        }
    }
}

impl<V: Redraw> Redraw for Option<V> {
    fn redraw(self, pen: &mut Pen) {
        if let Some(value) = self {
            value.redraw(pen);
        }
    }
}

impl<'a, V> Redraw for &'a mut Option<V>
where
    &'a mut V: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        self.as_mut().redraw(pen);
    }
}

impl<T> Redraw for &mut Box<T>
where
    for<'a> &'a mut T: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        (&mut **self).redraw(pen);
    }
}

impl<T> Redraw for &mut Box<[T]>
where
    for<'a> &'a mut T: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        (&mut **self).redraw(pen);
    }
}

impl Redraw for &mut Box<str> {
    fn redraw(self, pen: &mut Pen) {
        *self = pen.letters(self.len()).into();
    }
}

impl<T> Redraw for &mut Vec<T>
where
    for<'a> &'a mut T: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        self.as_mut_slice().redraw(pen);
    }
}

impl<T> Redraw for &mut [T]
where
    for<'a> &'a mut T: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        for value in self {
            value.redraw(pen);
        }
    }
}

impl<T, const N: usize> Redraw for &mut [T; N]
where
    for<'a> &'a mut T: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        self.as_mut_slice().redraw(pen);
    }
}

impl<'m, T: Wire<L>, L: LayoutRule> Redraw for SliceMut<'m, T, L>
where
    ViewMutOf<'m, T, L>: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        for value in self.iter() {
            if !pen.goes_on() {
                return;
            }
            value.redraw(pen);
        }
    }
}

impl Redraw for &mut String {
    fn redraw(self, pen: &mut Pen) {
        *self = pen.letters(self.len());
    }
}

impl Redraw for TextMut<'_> {
    fn redraw(self, pen: &mut Pen) {
        let set = self.set(&pen.letters(self.len()));
        assert!(set, "the length is the same");
    }
}

impl<K, V> Redraw for &mut BTreeMap<K, V>
where
    for<'a> &'a mut V: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        for value in self.values_mut() {
            value.redraw(pen);
        }
    }
}

impl<K: Ord, V> Redraw for &mut HashMap<K, V>
where
    for<'a> &'a mut V: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        let mut entries: Vec<_> = self.iter_mut().collect();
        entries.sort_by(|a, b| a.0.cmp(b.0));
        for (_, value) in entries {
            value.redraw(pen);
        }
    }
}

impl<'m, K: MapKey + Wire<L>, V: Wire<L>, L: LayoutRule> Redraw for MapMut<'m, K, V, L>
where
    ViewMutOf<'m, V, L>: Redraw,
{
    fn redraw(self, pen: &mut Pen) {
        for value in self.values() {
            if !pen.goes_on() {
                return;
            }
            value.redraw(pen);
        }
    }
}

/// A view of a struct or of a variant: first the scalars by their setters, then the rest.
macro_rules! views {
    ($($view:ident [$($set:ident)*] [$($part:ident)*];)*) => {$(
        impl Redraw for $view<'_> {
            #[allow(clippy::let_unit_value, reason = "the setters of inline structs always succeed")]
            fn redraw(self, pen: &mut Pen) {
                if !pen.goes_on() {
                    return;
                }
                $(if let Some(number) = pen.next() {
                    let _ = self.$set(Draw::draw(number));
                })*
                $(self.$part().redraw(pen);)*
            }
        }
    )*};
}
views! {
    Vec3ViewMut [set_x set_y set_z] [];
    NumbersViewMut [set_a set_b set_c set_d set_e set_f set_g set_h set_i set_j set_k set_l] [];
    PairViewMut [set_f0 set_f1] [];
    LeafViewMut [set_age] [name];
    HolderViewMut [] [leaf];
    PerchViewMut [] [leaf];
    FigureCircleViewMut [set_radius] [centre];
    FigureNamedViewMut [] [f0];
    FigureGroupViewMut [] [f0 f1];
    OrderMoveViewMut [] [to];
    OrderSayViewMut [] [f0];
    ArraysViewMut [] [small rows points teams names perhaps lists leaves boxed figures pairs ids];
    ListsViewMut [] [bytes bools doubles chars teams points names words grid perhaps labels pairs];
    TablesViewMut [] [leaf boxed leaves boxes gaps nested holders perches figures orders maps numbers];
    OptionsViewMut [] [bool wide team point text list array leaf boxed figure map id];
    MapsViewMut [] [counts names bytes leaves perhaps figures points];
    LimitedViewMut [] [list text perhaps map];
    NodeViewMut [set_value] [next children figure order colour label];
    PaddedTableViewMut [set_flag set_wide set_small] [name team part child herd pair odds figure parts];
    PaddedPartViewMut [set_small set_wide] [text maybe words names rows leaf order];
    CTableViewMut [set_flag set_wide set_small] [name team part child herd pair odds figure parts];
    CPartViewMut [set_small set_wide] [text maybe words names rows leaf order];
    PackedTableViewMut [set_flag set_wide set_small] [name team part child herd pair odds figure parts];
    PackedPartViewMut [set_small set_wide] [text maybe words names rows leaf order];
    LegacyTableViewMut [set_flag set_wide set_small] [name team part child herd pair odds figure parts];
    LegacyPartViewMut [set_small set_wide] [text maybe words names rows leaf order];
    OddViewMut [] [value];
    WordViewMut [] [bytes];
    MixedViewMut [] [packed legacy c tables old];
}

/// The same of the objects.
macro_rules! objects {
    ($($ty:ident [$($field:tt)*];)*) => {$(
        impl Redraw for &mut $ty {
            fn redraw(self, pen: &mut Pen) {
                $((&mut self.$field).redraw(pen);)*
            }
        }
    )*};
}
objects! {
    Vec3 [x y z];
    Numbers [a b c d e f g h i j k l];
    Pair [0 1];
    Id [0];
    Label [0];
    Leaf [age name];
    Holder [leaf];
    Perch [leaf];
    Arrays [small rows points teams names perhaps lists leaves boxed figures pairs ids];
    Lists [bytes bools doubles chars teams points names words grid perhaps labels pairs];
    Tables [leaf boxed leaves boxes gaps nested holders perches figures orders maps numbers];
    Options [bool wide team point text list array leaf boxed figure map id];
    Maps [counts names bytes leaves perhaps figures points];
    Limited [list text perhaps map];
    Node [value next children figure order colour label];
    PaddedTable [flag wide small name team part child herd pair odds figure parts];
    PaddedPart [small wide text maybe words names rows leaf order];
    CTable [flag wide small name team part child herd pair odds figure parts];
    CPart [small wide text maybe words names rows leaf order];
    PackedTable [flag wide small name team part child herd pair odds figure parts];
    PackedPart [small wide text maybe words names rows leaf order];
    LegacyTable [flag wide small name team part child herd pair odds figure parts];
    LegacyPart [small wide text maybe words names rows leaf order];
    Odd [value];
    Word [bytes];
    Mixed [packed legacy c tables old];
}

impl Redraw for FigureViewMut<'_> {
    fn redraw(self, pen: &mut Pen) {
        match self {
            FigureViewMut::Empty => {}
            FigureViewMut::Circle(fields) => fields.redraw(pen),
            FigureViewMut::Named(fields) => fields.redraw(pen),
            FigureViewMut::Group(fields) => fields.redraw(pen),
        }
    }
}

impl Redraw for &mut Figure {
    fn redraw(self, pen: &mut Pen) {
        match self {
            Figure::Empty => {}
            Figure::Circle { radius, centre } => {
                radius.redraw(pen);
                centre.redraw(pen);
            }
            Figure::Named(name) => name.redraw(pen),
            Figure::Group(figures, number) => {
                figures.redraw(pen);
                number.redraw(pen);
            }
        }
    }
}

impl Redraw for OrderViewMut<'_> {
    fn redraw(self, pen: &mut Pen) {
        match self {
            OrderViewMut::Move(fields) => fields.redraw(pen),
            OrderViewMut::Say(fields) => fields.redraw(pen),
            OrderViewMut::Wait => {}
        }
    }
}

impl Redraw for &mut Order {
    fn redraw(self, pen: &mut Pen) {
        match self {
            Order::Move { to } => to.redraw(pen),
            Order::Say(words) => words.redraw(pen),
            Order::Wait => {}
        }
    }
}

/// What the properties need of a type, whose views have no trait in common.
pub trait Root: Karmem + Clone + fmt::Debug + PartialEq {
    /// Reads what a view shows, up to some length: a message that was not checked may be cyclic.
    fn show(view: &Self::View<'_>) -> String;
    /// Makes the object from the view.
    fn owned(view: &Self::View<'_>, limits: &Limits) -> Result<Self, VerifyError>;
    /// Changes everything in place.
    fn redraw_in_place(view: Self::ViewMut<'_>, pen: &mut Pen);
    /// Changes the object.
    #[allow(
        dead_code,
        reason = "the fuzz targets share this file and have no use for it"
    )]
    fn redraw_object(&mut self, pen: &mut Pen);
}

macro_rules! roots {
    ($($ty:ident)*) => {$(
        impl Root for $ty {
            fn show(view: &Self::View<'_>) -> String {
                shown(view)
            }
            fn owned(view: &Self::View<'_>, limits: &Limits) -> Result<Self, VerifyError> {
                view.to_owned_with(limits)
            }
            fn redraw_in_place(view: Self::ViewMut<'_>, pen: &mut Pen) {
                view.redraw(pen);
            }
            fn redraw_object(&mut self, pen: &mut Pen) {
                self.redraw(pen);
            }
        }
    )*};
}
roots! {
    Numbers Arrays Lists Tables Options Maps Limited Node PaddedTable CTable PackedTable LegacyTable
    Mixed
}

/// The longest text that is shown, in bytes.
const SHOWN: usize = 1 << 14;

/// What `{:?}` gives, cut off at [`SHOWN`].
pub fn shown(value: &dyn fmt::Debug) -> String {
    struct Short(String);
    impl Write for Short {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(text);
            if self.0.len() > SHOWN {
                Err(fmt::Error)
            } else {
                Ok(())
            }
        }
    }
    let mut short = Short(String::new());
    // An error only says that it was cut off.
    let _ = write!(short, "{value:?}");
    short.0
}
