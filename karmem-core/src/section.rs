//! The text with which a module describes its types and interfaces: the wasm custom section `karmem`.
//!
//! Every derived type puts one line into the section, made by [`fragment`] in a constant; the linker
//! puts the lines of all types one after another. Generators for other languages write the same
//! text, so what follows is normative. `strings module.wasm` shows it.
//!
//! # The format, version 1
//!
//! The section is a sequence of lines, each ended by one LF (the last one too). If a module has
//! several sections of the name `karmem`, they count as one, in the order of the module. An empty
//! line, a line without LF or with a version that the reader does not know is an error. Two equal
//! lines are the same type or interface; two different lines with the same path, or with the same
//! package, name and version of an interface, are an error. The order of lines has no meaning. Every
//! path that a line refers to must be the path of some line.
//!
//! A line consists of tokens with exactly one space between them:
//!
//! ```text
//! line    = "karmem1 " body " #" hash LF
//! body    = "struct" path km class rule size align id { field }
//!         | "enum" path km repr { name "=" value }
//!         | "union" path km repr "slot" { variant }
//!         | "union" path km repr "spread" rule size align { variant }
//!         | "interface" package "/" ident "@" version { method }
//! class   = "inline" | "table"
//! rule    = "padded" | "c" | "packed" | "legacy"
//! id      = "-" | number
//! field   = name ":" type "@" offset "+" size [ "?" flag ] [ "<" max ]
//! variant = name "=" value [ ":" path [ "@" offset ] ]
//! method  = ident "{" [ param { "," param } ] "}" [ "=" pass ] [ "?" pass ]
//! param   = ident ":" pass
//! pass    = [ ( "view" | "viewmut" | "shared" ) "+" ] type
//! type    = scalar | "text" | path | "[]" type | "[" count "]" type | "?" type
//!         | "{" type "," type "}"
//! scalar  = "bool" | "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "f32" | "f64"
//!         | "char"
//! ```
//!
//! - `path` is unique in the module (`game::world::Monster`). It consists of any UTF-8 but space,
//!   control characters and ``@ + ? < > { } [ ] , = " ` ``, and it is neither `text`, `slot` nor the
//!   name of a scalar.
//! - `km` and `name` are the names in a `.km`: a letter, then letters, digits and `_`, all ASCII.
//! - `package` and `ident` are names as well, without `__` in them. An interface has at least one
//!   method, and no two of one name; a method has no two parameters of one name.
//! - An interface says what its methods take and give, whether the module imports or exports them.
//!   `=` is the result, or what is in its `Ok`; `?` stands there exactly if the result is a `Result`,
//!   with what is in its `Err`. A `pass` without a word before it is a value: its type is an integer,
//!   float, `bool`, `char` or enum, which travels as a number, or a struct, which is written as a
//!   message. With `view` or `viewmut` it is a struct in a region, to be read or changed there, in
//!   parameters only; with `shared` it is where a struct lies.
//! - Numbers are decimal without leading zeros; the value of an enumerator may begin with `-`.
//!   `repr` is one of the integer scalars, for a union `u8`, `u16` or `u32`.
//! - `size` and `align` of a struct are those of its fields together; for a table this is what the
//!   reference leads to, size header included. `[]` is a slice, `[4]` an array, `?` a value that may
//!   be absent, `{K,V}` a map.
//! - A field's `offset` and `size` are those of its value in the struct. `flag` is the offset of the
//!   presence byte, and stands there exactly if the field has one. `max` is its limit.
//! - A variant has a path if it has data; the path names the table with its fields. In a spread union
//!   it then also has the offset of its reference.
//! - `hash` is 16 lower-case hexadecimal digits: FNV-1a with 64 bits over the bytes of the line
//!   before the space that precedes `#`. It shows corruption and is no protection against intent.
//!
//! A reader must not believe offsets and sizes: they follow from the types and the rule (see
//! [`crate::layout`]), and a line that claims others is an error.
//!
//! ```
//! use karmem_core::schema::{Enum, Name, Scalar};
//! use karmem_core::section::{Item, fragment, len};
//!
//! static TEAM: Enum = Enum {
//!     name: Name { km: "Team", path: "game::Team" },
//!     repr: Scalar::U8,
//!     values: &[("Humans", 0), ("Orcs", 1)],
//! };
//! const ITEM: Item = Item::Enum(&TEAM);
//! static LINE: [u8; len(&ITEM)] = fragment(&ITEM);
//! assert_eq!(&LINE, b"karmem1 enum game::Team Team u8 Humans=0 Orcs=1 #9471e5be13ecb84f\n");
//! ```

use crate::schema::{Enum, Field, Interface, Pass, Struct, Type, Union};

/// The first token of every line that this version writes.
pub const VERSION: &str = "karmem1";

/// The name of the custom section.
pub const NAME: &str = "karmem";

/// A named type to describe.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    /// A struct.
    Struct(&'static Struct),
    /// A field-less enum.
    Enum(&'static Enum),
    /// An enum with data.
    Union(&'static Union),
}

/// The length of the line of `item`, in bytes.
#[must_use]
pub const fn len(item: &Item) -> usize {
    line::<0>(item).len
}

/// The line of `item`. `N` is [`len`] of the same item.
///
/// # Panics
///
/// If `N` is another number; in a constant this is a compile error.
#[must_use]
pub const fn fragment<const N: usize>(item: &Item) -> [u8; N] {
    let out = line::<N>(item);
    assert!(
        out.len == N,
        "the length of a fragment is section::len of the same item"
    );
    out.bytes
}

/// The length of the line of an interface, in bytes.
#[must_use]
pub const fn interface_len(interface: &Interface) -> usize {
    interface_line::<0>(interface).len
}

/// The line of an interface. `N` is [`interface_len`] of the same interface.
///
/// ```
/// use karmem_core::schema::{Interface, Method, Param, Pass, Scalar, Type};
/// use karmem_core::section::{interface_fragment, interface_len};
///
/// const CLOCK: Interface = Interface {
///     package: "game",
///     name: "clock",
///     version: 1,
///     methods: &[Method {
///         name: "wait",
///         params: &[Param { name: "seconds", pass: Pass::Scalar(Type::Scalar(Scalar::F32)) }],
///         ok: Some(Pass::Scalar(Type::Scalar(Scalar::Bool))),
///         err: None,
///     }],
/// };
/// static LINE: [u8; interface_len(&CLOCK)] = interface_fragment(&CLOCK);
/// assert!(LINE.starts_with(b"karmem1 interface game/clock@1 wait{seconds:f32}=bool #"));
/// ```
///
/// # Panics
///
/// If `N` is another number; in a constant this is a compile error.
#[must_use]
pub const fn interface_fragment<const N: usize>(interface: &Interface) -> [u8; N] {
    let out = interface_line::<N>(interface);
    assert!(
        out.len == N,
        "the length of a fragment is section::interface_len of the same interface"
    );
    out.bytes
}

/// The shallow hash of `item`: the one at the end of its line.
#[must_use]
pub const fn shallow_hash(item: &Item) -> u64 {
    let mut out = Out::<0>::new();
    out.body(item);
    out.hash
}

/// FNV-1a with 64 bits, as the lines carry it.
#[must_use]
pub const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = FNV_START;
    let mut i = 0;
    while i < bytes.len() {
        hash = fnv_step(hash, bytes[i]);
        i += 1;
    }
    hash
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

const fn fnv_step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
}

const fn line<const N: usize>(item: &Item) -> Out<N> {
    let mut out = Out::new();
    out.body(item);
    out.end();
    out
}

const fn interface_line<const N: usize>(interface: &Interface) -> Out<N> {
    let mut out = Out::new();
    out.text(VERSION);
    out.interface(interface);
    out.end();
    out
}

/// Collects the first `N` bytes, and counts and hashes all; so measuring is writing with `N` = 0.
struct Out<const N: usize> {
    bytes: [u8; N],
    len: usize,
    hash: u64,
}

impl<const N: usize> Out<N> {
    const fn new() -> Self {
        Out {
            bytes: [0; N],
            len: 0,
            hash: FNV_START,
        }
    }

    const fn byte(&mut self, byte: u8) {
        if self.len < N {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
        self.hash = fnv_step(self.hash, byte);
    }

    const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            self.byte(bytes[i]);
            i += 1;
        }
    }

    /// A space, then `text`.
    const fn token(&mut self, text: &str) {
        self.byte(b' ');
        self.text(text);
    }

    const fn number(&mut self, value: i128) {
        if value < 0 {
            self.byte(b'-');
        }
        let mut rest = value.unsigned_abs();
        let mut digits = [0; 39];
        let mut count = 0;
        loop {
            digits[count] = b'0' + (rest % 10) as u8;
            count += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        while count > 0 {
            count -= 1;
            self.byte(digits[count]);
        }
    }

    /// The hash of what is written so far, and the end of the line.
    const fn end(&mut self) {
        let hash = self.hash;
        self.text(" #");
        let mut shift = 64;
        while shift > 0 {
            shift -= 4;
            self.byte(b"0123456789abcdef"[((hash >> shift) & 15) as usize]);
        }
        self.byte(b'\n');
    }

    const fn body(&mut self, item: &Item) {
        self.text(VERSION);
        match item {
            Item::Struct(it) => self.structure(it),
            Item::Enum(it) => self.enumeration(it),
            Item::Union(it) => self.union(it),
        }
    }

    const fn structure(&mut self, it: &Struct) {
        self.token("struct");
        self.token(it.name.path);
        self.token(it.name.km);
        self.token(it.class.name());
        self.token(it.rule.name());
        self.byte(b' ');
        self.number(it.layout.size as i128);
        self.byte(b' ');
        self.number(it.layout.align as i128);
        self.byte(b' ');
        match it.id {
            Some(id) => self.number(id as i128),
            None => self.byte(b'-'),
        }
        let mut i = 0;
        while i < it.fields.len() {
            self.field(&it.fields[i]);
            i += 1;
        }
    }

    const fn field(&mut self, field: &Field) {
        self.token(field.name);
        self.byte(b':');
        self.ty(&field.ty);
        self.byte(b'@');
        self.number(field.at.at as i128);
        self.byte(b'+');
        self.number(field.size as i128);
        if field.flag {
            self.byte(b'?');
            self.number(field.at.flag as i128);
        }
        if let Some(max) = field.max {
            self.byte(b'<');
            self.number(max as i128);
        }
    }

    const fn ty(&mut self, ty: &Type) {
        match ty {
            Type::Scalar(scalar) => self.text(scalar.name()),
            Type::Text => self.text("text"),
            Type::Enum(named) => self.text(named.name.path),
            Type::Struct(named) => self.text(named.name.path),
            Type::Union(named) => self.text(named.name.path),
            Type::Array(element, count) => {
                self.byte(b'[');
                self.number(*count as i128);
                self.byte(b']');
                self.ty(element);
            }
            Type::Slice(element) => {
                self.text("[]");
                self.ty(element);
            }
            Type::Option(value) => {
                self.byte(b'?');
                self.ty(value);
            }
            Type::Map(key, value) => {
                self.byte(b'{');
                self.ty(key);
                self.byte(b',');
                self.ty(value);
                self.byte(b'}');
            }
        }
    }

    const fn interface(&mut self, it: &Interface) {
        self.token("interface");
        self.token(it.package);
        self.byte(b'/');
        self.text(it.name);
        self.byte(b'@');
        self.number(it.version as i128);
        let mut i = 0;
        while i < it.methods.len() {
            let method = &it.methods[i];
            self.token(method.name);
            self.byte(b'{');
            let mut j = 0;
            while j < method.params.len() {
                if j > 0 {
                    self.byte(b',');
                }
                self.text(method.params[j].name);
                self.byte(b':');
                self.pass(&method.params[j].pass);
                j += 1;
            }
            self.byte(b'}');
            if let Some(ok) = &method.ok {
                self.byte(b'=');
                self.pass(ok);
            }
            if let Some(err) = &method.err {
                self.byte(b'?');
                self.pass(err);
            }
            i += 1;
        }
    }

    const fn pass(&mut self, pass: &Pass) {
        self.text(match pass {
            Pass::Scalar(_) | Pass::Message(_) => "",
            Pass::View(_) => "view+",
            Pass::ViewMut(_) => "viewmut+",
            Pass::Shared(_) => "shared+",
        });
        self.ty(pass.ty());
    }

    const fn enumeration(&mut self, it: &Enum) {
        self.token("enum");
        self.token(it.name.path);
        self.token(it.name.km);
        self.token(it.repr.name());
        let mut i = 0;
        while i < it.values.len() {
            let (name, value) = it.values[i];
            self.token(name);
            self.byte(b'=');
            self.number(value);
            i += 1;
        }
    }

    const fn union(&mut self, it: &Union) {
        self.token("union");
        self.token(it.name.path);
        self.token(it.name.km);
        self.token(it.repr.name());
        match &it.spread {
            None => self.token("slot"),
            Some(spread) => {
                self.token("spread");
                self.token(spread.rule.name());
                self.byte(b' ');
                self.number(spread.layout.size as i128);
                self.byte(b' ');
                self.number(spread.layout.align as i128);
            }
        }
        let mut i = 0;
        let mut with_data = 0;
        while i < it.variants.len() {
            let variant = &it.variants[i];
            self.token(variant.name);
            self.byte(b'=');
            self.number(variant.value as i128);
            if let Some(table) = &variant.table {
                self.byte(b':');
                self.text(table.name.path);
                if let Some(spread) = &it.spread {
                    self.byte(b'@');
                    self.number(spread.at[with_data].at as i128);
                }
                with_data += 1;
            }
            i += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{At, Class, Layout, Rule};
    use crate::schema::{Name, Named, Scalar, Spread, Variant};

    static NODE: Struct = Struct {
        name: Name {
            km: "Node",
            path: "list::Node",
        },
        class: Class::Table,
        rule: Rule::Padded,
        layout: Layout { size: 40, align: 8 },
        id: Some(u64::MAX),
        fields: &[
            Field {
                name: "Next",
                rust_name: "next",
                ty: Type::Option(&Type::Struct(REF)),
                at: At { flag: 8, at: 8 },
                size: 8,
                flag: false,
                max: None,
            },
            Field {
                name: "Names",
                rust_name: "names",
                ty: Type::Option(&Type::Map(
                    &Type::Text,
                    &Type::Slice(&Type::Array(&Type::Scalar(Scalar::F32), 3)),
                )),
                at: At { flag: 16, at: 24 },
                size: 8,
                flag: true,
                max: Some(7),
            },
        ],
    };
    const REF: Named<Struct> = Named {
        name: Name {
            km: "Node",
            path: "list::Node",
        },
        get: || &NODE,
    };

    static SHAPE: Union = Union {
        name: Name {
            km: "Shape",
            path: "list::Shape",
        },
        repr: Scalar::U8,
        variants: &[
            Variant {
                name: "None",
                value: 0,
                table: None,
            },
            Variant {
                name: "Node",
                value: 3,
                table: Some(REF),
            },
        ],
        spread: Some(Spread {
            rule: Rule::Padded,
            layout: Layout { size: 16, align: 8 },
            at: &[At { flag: 8, at: 8 }],
        }),
    };

    const NODE_ITEM: Item = Item::Struct(&NODE);
    static NODE_LINE: [u8; len(&NODE_ITEM)] = fragment(&NODE_ITEM);
    const SHAPE_ITEM: Item = Item::Union(&SHAPE);
    static SHAPE_LINE: [u8; len(&SHAPE_ITEM)] = fragment(&SHAPE_ITEM);

    fn split(line: &'static [u8]) -> (&'static str, u64) {
        let line = core::str::from_utf8(line)
            .expect("text")
            .strip_suffix('\n')
            .expect("a line");
        let (body, hash) = line.rsplit_once(" #").expect("a hash");
        (body, u64::from_str_radix(hash, 16).expect("hexadecimal"))
    }

    #[test]
    fn a_recursive_struct_is_one_line() {
        let (body, hash) = split(&NODE_LINE);
        assert_eq!(
            body,
            "karmem1 struct list::Node Node table padded 40 8 18446744073709551615 \
             Next:?list::Node@8+8 Names:?{text,[][3]f32}@24+8?16<7"
        );
        assert_eq!(hash, fnv1a(body.as_bytes()));
        assert_eq!(hash, shallow_hash(&NODE_ITEM));
    }

    #[test]
    fn a_spread_union_names_its_tables() {
        let (body, hash) = split(&SHAPE_LINE);
        assert_eq!(
            body,
            "karmem1 union list::Shape Shape u8 spread padded 16 8 None=0 Node=3:list::Node@8"
        );
        assert_eq!(hash, fnv1a(body.as_bytes()));
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        // The published test vectors of the function.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn numbers_are_decimal() {
        let mut out = Out::<64>::new();
        out.number(i128::MIN);
        out.byte(b' ');
        out.number(0);
        assert_eq!(
            &out.bytes[..out.len],
            b"-170141183460469231731687303715884105728 0"
        );
    }
}
