//! One type for every kind of field, layout and nesting: what the properties and the fuzz targets
//! are checked on.

use std::collections::{BTreeMap, HashMap};

use karmem::Karmem;
use karmem::zerocopy::{FromBytes, Immutable, IntoBytes};

/// Its values are not next to each other.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
    Zombies = 255,
}

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(i32)]
pub enum Colour {
    Red = 7,
    None = 0,
    Blue = 0x7fff_ffff,
}

/// Its own wire form.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, FromBytes, IntoBytes, Immutable)]
#[zerocopy(crate = "karmem::zerocopy")]
#[karmem(layout = "c")]
#[repr(C)]
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

/// Every scalar.
#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Numbers {
    pub a: bool,
    pub b: u8,
    pub c: i8,
    pub d: u16,
    pub e: i16,
    pub f: u32,
    pub g: i32,
    pub h: u64,
    pub i: i64,
    pub j: f32,
    pub k: f64,
    pub l: char,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Pair(pub u8, pub u32);

/// Transparent.
#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Id(pub u32);

/// Transparent around what refers to something.
#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Label(pub String);

/// A small table.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Leaf {
    pub age: u8,
    pub name: Box<str>,
}

/// A wrapper around one table: slices of it have their tables side by side.
#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Holder {
    pub leaf: Leaf,
}

/// The same around a table that may be absent.
#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Perch {
    pub leaf: Option<Box<Leaf>>,
}

/// One slot.
#[derive(Karmem, Clone, Debug, PartialEq)]
pub enum Figure {
    Empty,
    Circle { radius: f32, centre: Vec3 },
    Named(String),
    Group(Vec<Figure>, Option<u16>),
}

/// A reference per variant, a wide kind, and kinds out of order.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(spread)]
#[repr(u16)]
pub enum Order {
    Move { to: Vec3 } = 300,
    Say(Box<str>) = 2,
    Wait = 0,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
pub struct Arrays {
    pub small: [u16; 3],
    pub rows: [[u8; 3]; 2],
    pub points: [Vec3; 2],
    pub teams: [Team; 3],
    pub names: [String; 2],
    pub perhaps: [Option<u32>; 2],
    pub lists: [Vec<i16>; 2],
    pub leaves: [Leaf; 3],
    pub boxed: [Option<Leaf>; 2],
    pub figures: [Figure; 2],
    pub pairs: [Pair; 2],
    pub ids: [Id; 2],
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Lists {
    pub bytes: Vec<u8>,
    pub bools: Box<[bool]>,
    pub doubles: Vec<f64>,
    pub chars: Vec<char>,
    pub teams: Vec<Team>,
    pub points: Vec<Vec3>,
    pub names: Vec<String>,
    pub words: Vec<Vec<u16>>,
    pub grid: Vec<[u32; 2]>,
    pub perhaps: Vec<Option<u64>>,
    pub labels: Vec<Label>,
    pub pairs: Box<[Pair]>,
}

/// Lists of what refers further.
#[allow(clippy::vec_box, reason = "a user may have one")]
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Tables {
    pub leaf: Leaf,
    pub boxed: Box<Leaf>,
    pub leaves: Vec<Leaf>,
    pub boxes: Vec<Box<Leaf>>,
    pub gaps: Vec<Option<Leaf>>,
    pub nested: Vec<Vec<Leaf>>,
    pub holders: Vec<Holder>,
    pub perches: Box<[Perch]>,
    pub figures: Vec<Figure>,
    pub orders: Vec<Order>,
    pub maps: Vec<BTreeMap<u8, u8>>,
    pub numbers: Vec<Numbers>,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Options {
    pub bool: Option<bool>,
    pub wide: Option<u64>,
    pub team: Option<Team>,
    pub point: Option<Vec3>,
    pub text: Option<String>,
    pub list: Option<Vec<u8>>,
    pub array: Option<[u16; 2]>,
    pub leaf: Option<Leaf>,
    pub boxed: Option<Box<Leaf>>,
    pub figure: Option<Figure>,
    pub map: Option<BTreeMap<u16, String>>,
    pub id: Option<Id>,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Maps {
    pub counts: BTreeMap<String, u32>,
    pub names: BTreeMap<i16, String>,
    pub bytes: HashMap<u8, Vec<u8>>,
    pub leaves: BTreeMap<char, Leaf>,
    pub perhaps: BTreeMap<bool, Option<u8>>,
    pub figures: BTreeMap<Box<str>, Figure>,
    pub points: HashMap<u64, Vec3>,
}

/// Fields with a `max`.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Limited {
    #[karmem(max = 4)]
    pub list: Vec<u32>,
    #[karmem(max = 6)]
    pub text: String,
    #[karmem(max = 2)]
    pub perhaps: Option<Vec<Leaf>>,
    #[karmem(max = 3)]
    pub map: BTreeMap<u8, String>,
}

/// Tables and enums that hold themselves.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Node {
    pub value: i64,
    pub next: Option<Box<Node>>,
    pub children: Vec<Node>,
    pub figure: Figure,
    pub order: Order,
    pub colour: Colour,
    pub label: Label,
}

macro_rules! in_every_layout {
    ($($table:ident $inline:ident $layout:tt [$($odd:tt)*] [$($word:tt)*];)*) => {$(
        #[derive(Karmem, Clone, Debug, PartialEq)]
        #[karmem(table, layout = $layout)]
        pub struct $table {
            pub flag: bool,
            pub wide: u64,
            pub small: u16,
            pub name: String,
            pub team: Team,
            pub part: $inline,
            pub child: Option<Box<$table>>,
            pub herd: Vec<$table>,
            pub pair: [Leaf; 2],
            pub odds: Vec<$($odd)*>,
            pub figure: Figure,
            pub parts: Vec<$inline>,
        }

        #[derive(Karmem, Clone, Debug, PartialEq)]
        #[karmem(layout = $layout)]
        pub struct $inline {
            pub small: u8,
            pub wide: f64,
            pub text: Box<str>,
            pub maybe: Option<u32>,
            pub words: Vec<$($word)*>,
            pub names: BTreeMap<u16, String>,
            pub rows: [[u16; 2]; 2],
            pub leaf: Leaf,
            pub order: Order,
        }
    )*};
}
in_every_layout! {
    PaddedTable PaddedPart "padded" [Option<u16>] [Vec<u8>];
    CTable CPart "c" [Option<u16>] [Vec<u8>];
    PackedTable PackedPart "packed" [Option<u16>] [Vec<u8>];
    LegacyTable LegacyPart "legacy" [Odd] [Word];
}

/// This layout has no lists of options and of lists but in structs.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "legacy")]
pub struct Odd {
    pub value: Option<u16>,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "legacy")]
pub struct Word {
    pub bytes: Vec<u8>,
}

/// Structs of different layouts in each other.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Mixed {
    pub packed: Vec<PackedPart>,
    pub legacy: LegacyPart,
    pub c: [CPart; 2],
    pub tables: Vec<PackedTable>,
    pub old: Option<LegacyTable>,
}

/// A function that is generic over a message's type, once for each type of the zoo that is one.
macro_rules! of_each_root {
    ($f:ident) => {
        [
            $f::<Numbers>,
            $f::<Arrays>,
            $f::<Lists>,
            $f::<Tables>,
            $f::<Options>,
            $f::<Maps>,
            $f::<Limited>,
            $f::<Node>,
            $f::<PaddedTable>,
            $f::<CTable>,
            $f::<PackedTable>,
            $f::<LegacyTable>,
            $f::<Mixed>,
        ]
    };
}
pub(crate) use of_each_root;
