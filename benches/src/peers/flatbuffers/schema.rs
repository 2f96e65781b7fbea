//! `monsters.fbs` in Rust, cut down to what the workload reads. Written by hand against the API of
//! flatbuffers 25.12, because the compiler that Debian ships writes code for an older one. All
//! `unsafe` of this peer except its way in stands here.

use flatbuffers::{
    Follow, ForwardsUOffset, InvalidFlatbuffer, Push, PushAlignment, SimpleToVerifyInSlice, Table,
    VOffsetT, Vector, Verifiable, Verifier, follow_cast_ref,
};

/// A struct is its little-endian bytes, in place and of alignment 1.
macro_rules! structs {
    ($($(#[$doc:meta])* $name:ident: $size:literal bytes, aligned to $align:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub(super) struct $name(pub(super) [u8; $size]);

        impl<'a> Follow<'a> for $name {
            type Inner = &'a $name;
            #[inline]
            unsafe fn follow(buf: &'a [u8], loc: usize) -> &'a $name {
                // SAFETY: the caller says that a value lies at `loc`; any bytes are a value.
                unsafe { follow_cast_ref::<$name>(buf, loc) }
            }
        }

        impl Push for $name {
            type Output = $name;
            #[inline]
            unsafe fn push(&self, dst: &mut [u8], _: usize) {
                dst.copy_from_slice(&self.0);
            }
            #[inline]
            fn alignment() -> PushAlignment {
                PushAlignment::new($align)
            }
        }

        impl Verifiable for $name {
            #[inline]
            fn run_verifier(verifier: &mut Verifier, at: usize) -> Result<(), InvalidFlatbuffer> {
                verifier.in_buffer::<$name>(at)
            }
        }

        impl SimpleToVerifyInSlice for $name {}

        /// What an absent field reads as.
        impl Default for &$name {
            #[inline]
            fn default() -> Self {
                &$name([0; $size])
            }
        }
    )*};
}

structs! {
    /// A point.
    Vec3: 12 bytes, aligned to 4;
    /// Four numbers.
    Hitbox: 32 bytes, aligned to 8;
}

/// The `N` bytes at `at` of a struct; the offsets are constants, so the check is made at compile time.
#[inline]
fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    *bytes[at..at + N].as_array().expect("the range has N bytes")
}

impl Vec3 {
    #[inline]
    pub(super) fn new(point: &crate::Vec3) -> Self {
        let mut bytes = [0; 12];
        for (to, from) in bytes
            .as_chunks_mut()
            .0
            .iter_mut()
            .zip([point.x, point.y, point.z])
        {
            *to = from.to_le_bytes();
        }
        Vec3(bytes)
    }

    #[inline]
    pub(super) fn x(&self) -> f32 {
        f32::from_le_bytes(part(&self.0, 0))
    }

    #[inline]
    pub(super) fn y(&self) -> f32 {
        f32::from_le_bytes(part(&self.0, 4))
    }

    #[inline]
    pub(super) fn z(&self) -> f32 {
        f32::from_le_bytes(part(&self.0, 8))
    }
}

impl Hitbox {
    #[inline]
    pub(super) fn new(sides: &[f64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.as_chunks_mut().0.iter_mut().zip(sides) {
            *to = from.to_le_bytes();
        }
        Hitbox(bytes)
    }

    #[inline]
    pub(super) fn last(&self) -> f64 {
        f64::from_le_bytes(part(&self.0, 24))
    }
}

/// A table with its slots, its typed accessors and the check of each field.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident { $($slot:ident = $index:literal $field:ident: $kind:ty, $inner:ty, $default:expr;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $name<'a>(Table<'a>);

        impl<'a> $name<'a> {
            // `field_index_to_field_offset` of the index, which is no `const fn`.
            $(pub(super) const $slot: VOffsetT = 4 + 2 * $index;)*

            $(#[inline]
            pub(super) fn $field(self) -> $inner {
                // SAFETY: a table of this type has a field of this kind in this slot, or none.
                unsafe { self.0.get::<$kind>(Self::$slot, $default) }.unwrap_or_default()
            })*
        }

        impl<'a> Follow<'a> for $name<'a> {
            type Inner = Self;
            #[inline]
            unsafe fn follow(buf: &'a [u8], loc: usize) -> Self {
                // SAFETY: the caller says that a table of this type lies at `loc`.
                $name(unsafe { Table::new(buf, loc) })
            }
        }

        impl Verifiable for $name<'_> {
            #[inline]
            fn run_verifier(verifier: &mut Verifier, at: usize) -> Result<(), InvalidFlatbuffer> {
                verifier.visit_table(at)?
                    $(.visit_field::<$kind>(stringify!($field), Self::$slot, false)?)*
                    .finish();
                Ok(())
            }
        }
    )*};
}

tables! {
    /// One monster.
    Monster {
        POS = 0 pos: Vec3, &'a Vec3, None;
        MANA = 1 mana: i16, i16, Some(0);
        HEALTH = 2 health: i16, i16, Some(0);
        NAME = 3 name: ForwardsUOffset<&str>, &'a str, None;
        TEAM = 4 team: u8, u8, Some(0);
        INVENTORY = 5 inventory: ForwardsUOffset<Vector<'_, u8>>, Vector<'a, u8>, None;
        HITBOX = 6 hitbox: Hitbox, &'a Hitbox, None;
        STATUS = 7 status: ForwardsUOffset<Vector<'_, i32>>, Vector<'a, i32>, None;
        PATH = 8 path: ForwardsUOffset<Vector<'_, Vec3>>, Vector<'a, Vec3>, None;
    }
    /// The root.
    World {
        MONSTERS = 0 monsters: ForwardsUOffset<Vector<'_, ForwardsUOffset<Monster<'_>>>>,
            Vector<'a, ForwardsUOffset<Monster<'a>>>, None;
    }
}
