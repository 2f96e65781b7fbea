//! The types of `pscalar.km`, padded by the default rule.

use karmem::Karmem;

use crate::json::{enumerators, record};

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum Hue {
    Red,
    Green,
    Blue,
}
enumerators!(Hue { Red, Green, Blue });

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u16)]
pub(crate) enum Wide {
    Zero,
    Mid = 300,
    Top = 65535,
}
enumerators!(Wide { Zero, Mid, Top });

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u64)]
pub(crate) enum Giant {
    None,
    Top = 18446744073709551615,
}
enumerators!(Giant { None, Top });

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(i32)]
pub(crate) enum Signed {
    None,
    Top = 2147483647,
}
enumerators!(Signed { None, Top });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f32,
}
record!(Point, PointView { x, y, z });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Small {
    pub(crate) a: u8,
}
record!(Small, SmallView { a });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Mixed {
    pub(crate) a: u8,
    pub(crate) b: bool,
    pub(crate) c: u16,
    pub(crate) d: u32,
    pub(crate) e: u64,
    pub(crate) f: i8,
    pub(crate) g: i16,
    pub(crate) h: i32,
    pub(crate) i: i64,
    pub(crate) j: f32,
    pub(crate) k: Hue,
    pub(crate) l: Wide,
    pub(crate) m: Point,
    pub(crate) n: Giant,
}
record!(
    Mixed,
    MixedView {
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        l,
        m,
        n
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct Scalars {
    pub(crate) f64: f64,
    pub(crate) u64: u64,
    pub(crate) i64: i64,
    pub(crate) f32: f32,
    pub(crate) u32: u32,
    pub(crate) i32: i32,
    pub(crate) u16: u16,
    pub(crate) i16: i16,
    pub(crate) u8: u8,
    pub(crate) i8: i8,
    pub(crate) b: u8,
    pub(crate) flag: bool,
    pub(crate) hue: Hue,
    pub(crate) wide: Wide,
    pub(crate) giant: Giant,
    pub(crate) signed: Signed,
    pub(crate) pos: Point,
    pub(crate) small: Small,
    pub(crate) mixed: Mixed,
    pub(crate) arr_f: [f64; 3],
    pub(crate) arr_b: [bool; 5],
    pub(crate) arr_h: [i16; 3],
    pub(crate) arr_p: [Point; 2],
    pub(crate) tail: u8,
}
record!(
    Scalars,
    ScalarsView {
        f64,
        u64,
        i64,
        f32,
        u32,
        i32,
        u16,
        i16,
        u8,
        i8,
        b,
        flag,
        hue,
        wide,
        giant,
        signed,
        pos,
        small,
        mixed,
        arr_f,
        arr_b,
        arr_h,
        arr_p,
        tail
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub(crate) struct Tiny {
    pub(crate) a: u32,
}
record!(Tiny, TinyView { a });
