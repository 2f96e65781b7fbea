//! The stack does not grow with the size of types, but where a value is returned.

use std::collections::BTreeMap;
use std::fmt::Debug;

use karmem::{Karmem, Limits};

/// Runs `f` on a thread with a small stack. An overflow would end the whole process.
fn on_stack(kib: usize, f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(kib << 10);
    thread.spawn(f).unwrap().join().unwrap();
}

const LARGE: usize = 1 << 16;

/// A list whose nodes have large bodies.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Node {
    next: Option<Box<Node>>,
    data: [u8; LARGE],
}

/// References of every kind that lead back, between large parts.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Web {
    name: String,
    words: [u64; 2048],
    one: Option<Box<Web>>,
    many: Vec<Web>,
    maybe: Vec<Option<Web>>,
    named: BTreeMap<u16, Web>,
    choice: Choice,
    inline: Part,
    parts: Vec<Part>,
    slots: [Option<Box<Web>>; 300],
}

/// Large and not a table.
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Part {
    grid: [[u16; 64]; 64],
    web: Option<Box<Web>>,
    texts: [String; 40],
}

/// An enum that is as large as its largest variant.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "such enums are what is tested")]
enum Choice {
    Nothing,
    Data {
        bytes: [u8; 20000],
        then: Option<Box<Choice>>,
    },
    Deeper(Box<Choice>),
    Web(Vec<Web>),
}

/// A type whose values are read and written in every way.
fn in_every_way<T: Karmem + Clone + PartialEq + Debug>(value: Box<T>) {
    let bytes = value.encode().unwrap();
    assert_eq!(value.encoded_len().unwrap(), bytes.len());
    let mut memory = vec![0xa5; bytes.len()];
    assert_eq!(value.encode_to(&mut memory).unwrap(), bytes.len());
    assert!(memory == bytes);
    T::verify_at(&bytes, 0, &Limits::default()).unwrap();
    let mut again = decode(&bytes);
    assert!(again == value);
    again.decode_into(&bytes).unwrap();
    assert!(again == value);
}

/// The result is moved to the heap in a frame of its own.
#[inline(never)]
fn decode<T: Karmem>(bytes: &[u8]) -> Box<T> {
    Box::new(T::decode(bytes).unwrap())
}

/// A message of `count` tables, each the `next` of the one before, that has only `size` bytes of
/// each.
fn chain(count: usize, size: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for i in 0..count {
        let next = if i + 1 < count {
            (i as u32 + 1) * 16
        } else {
            u32::MAX
        };
        for word in [size, 0, next, 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn old_tables_with_large_bodies_take_no_stack() {
    on_stack(256, || {
        let bytes = chain(Limits::DEPTH as usize + 1, 16);
        let view = Node::view(&bytes).unwrap();
        assert_eq!(view.data().len(), LARGE);
        let mut count = 0;
        let mut node = Some(view);
        while let Some(view) = node {
            (count, node) = (count + 1, view.next());
        }
        assert_eq!(count, Limits::DEPTH as usize + 1);
    });
    on_stack(2048, || {
        let bytes = chain(Limits::DEPTH as usize + 1, 16);
        let limits = Limits {
            memory: Some(1 << 23),
            ..Limits::default()
        };
        let mut node = Some(Box::new(Node::decode_at(&bytes, 0, &limits).unwrap()));
        let mut count = 0;
        while let Some(next) = node {
            (count, node) = (count + 1, next.next);
        }
        assert_eq!(count, Limits::DEPTH as usize + 1);
    });
}

#[test]
fn deep_messages_of_large_tables_take_little_stack() {
    on_stack(2048, || {
        let mut node = None;
        for _ in 0..=Limits::DEPTH {
            node = Some(Box::new(Node {
                next: node,
                data: [7; LARGE],
            }));
        }
        in_every_way(node.unwrap());
    });
}

fn web(name: &str) -> Box<Web> {
    Box::new(Web {
        name: name.into(),
        words: [3; 2048],
        one: None,
        many: vec![],
        maybe: vec![],
        named: BTreeMap::new(),
        choice: Choice::Nothing,
        inline: part(),
        parts: vec![],
        slots: [const { None }; 300],
    })
}

fn part() -> Part {
    Part {
        grid: [[9; 64]; 64],
        web: None,
        texts: std::array::from_fn(|i| i.to_string()),
    }
}

/// Every way down in turn.
fn deep_web(levels: u32) -> Box<Web> {
    let mut last = web("last");
    let mut left = levels;
    for way in (0..9).cycle() {
        // A list, a map and an enum are references of their own.
        let cost = match way {
            0 | 5 | 6 => 1,
            8 => 4,
            7 => 3,
            _ => 2,
        };
        let Some(less) = left.checked_sub(cost) else {
            return last;
        };
        left = less;
        let mut next = web("next");
        match way {
            0 => next.one = Some(last),
            1 => next.many.push(*last),
            2 => next.maybe.extend([None, Some(*last), None]),
            3 => drop(next.named.insert(7, *last)),
            4 => next.parts.extend([
                part(),
                Part {
                    web: Some(last),
                    ..part()
                },
            ]),
            5 => next.slots[299] = Some(last),
            6 => next.inline.web = Some(last),
            7 => next.choice = Choice::Web(vec![*last]),
            _ => {
                let inner = Choice::Web(vec![*last]);
                next.choice = Choice::Deeper(Box::new(inner));
            }
        }
        last = next;
    }
    last
}

#[test]
fn every_way_down_takes_little_stack() {
    on_stack(2048, || in_every_way(deep_web(Limits::DEPTH)));
}

#[test]
fn enums_with_large_variants_take_little_stack() {
    #[derive(Karmem, Clone, Debug, PartialEq)]
    #[karmem(table)]
    struct Root {
        choice: Choice,
    }
    on_stack(2048, || {
        let mut choice = Choice::Nothing;
        for i in 0..Limits::DEPTH {
            choice = match i % 2 {
                0 => Choice::Deeper(Box::new(choice)),
                _ => Choice::Data {
                    bytes: [i as u8; 20000],
                    then: Some(Box::new(choice)),
                },
            };
        }
        in_every_way(Box::new(Root { choice }));
    });
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Quarter {
    name: String,
    data: [u8; 1 << 18],
}

#[test]
fn a_table_with_a_large_array_is_decoded_on_the_stack_of_a_thread() {
    on_stack(2048, || {
        in_every_way(Box::new(Quarter {
            name: "name".into(),
            data: [1; 1 << 18],
        }));
    });
}

const MIB: usize = 1 << 20;

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct OnHeap {
    boxed: Box<[u8; MIB]>,
    list: Vec<[u8; MIB]>,
    maybe: Option<Box<[u32; MIB / 4]>>,
    rows: Vec<[[bool; 1024]; 1024]>,
}

fn array<T: Clone + Debug, const N: usize>(value: T) -> Box<[T; N]> {
    vec![value; N].try_into().unwrap()
}

/// Far less stack than one of the arrays takes.
#[test]
fn arrays_on_the_heap_take_no_stack() {
    on_stack(256, || {
        let list = |bytes: [u8; 2]| {
            let mut list = Vec::with_capacity(2);
            for byte in bytes {
                list.extend_from_slice(std::slice::from_ref(&*array::<u8, MIB>(byte)));
            }
            list
        };
        let row: Box<[bool; 1024]> = array(true);
        let rows = array::<[bool; 1024], 1024>(*row);
        let mut value = OnHeap {
            boxed: array(1),
            list: list([2, 3]),
            maybe: Some(array(4)),
            rows: Vec::new(),
        };
        value.rows.extend_from_slice(std::slice::from_ref(&*rows));
        let bytes = value.encode().unwrap();
        let mut again = OnHeap::decode(&bytes).unwrap();
        assert!(again == value);
        value.list.truncate(1);
        value.maybe = None;
        value.boxed[MIB - 1] = 200;
        again.decode_into(&value.encode().unwrap()).unwrap();
        assert!(again == value);
        again.decode_into(&bytes).unwrap();
        assert_eq!(again.list.len(), 2);
    });
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Whole {
    name: String,
    data: [u16; MIB / 2],
}

/// An object that is there already is changed where it is.
#[test]
fn an_object_on_the_heap_is_decoded_in_place() {
    let mut whole = None;
    std::thread::scope(|scope| {
        let make = || {
            Box::new(Whole {
                name: String::new(),
                data: [1; MIB / 2],
            })
        };
        let thread = std::thread::Builder::new().stack_size(16 << 20);
        whole = Some(thread.spawn_scoped(scope, make).unwrap().join().unwrap());
    });
    let mut whole: Box<Whole> = whole.unwrap();
    on_stack(256, move || {
        let mut bytes = whole.encode().unwrap();
        assert_eq!(Whole::view(&bytes).unwrap().data().get(9), Some(1));
        let at = bytes.len() - MIB / 2;
        bytes[at..at + 100].fill(0x55);
        whole.decode_into(&bytes).unwrap();
        assert!(whole.data.contains(&0x5555));
        assert_eq!(whole.encode().unwrap(), bytes);
    });
}

macro_rules! wide {
    ($($name:ident $rest:ident: $ty:ty = $value:expr, [$($field:ident)*];)*) => {$(
        #[derive(Karmem, Clone, Debug, PartialEq)]
        #[karmem(table)]
        struct $name {
            next: Option<Box<$name>>,
            $($field: $ty,)*
        }

        fn $rest(next: Option<Box<$name>>) -> Box<$name> {
            Box::new($name { next, $($field: $value),* })
        }
    )*};
}
wide! {
    Texts texts: Option<String> = Some("text".into()), [
        a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
        d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
    ];
    Flags flags: bool = true, [
        a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
        d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
    ];
}

/// Also in the frames of unoptimised builds, which have a place for each step of each field.
#[test]
fn many_fields_take_little_stack() {
    on_stack(2048, || {
        let (mut deep_texts, mut deep_flags) = (texts(None), flags(None));
        for _ in 0..Limits::DEPTH {
            deep_texts = texts(Some(deep_texts));
            deep_flags = flags(Some(deep_flags));
        }
        in_every_way(deep_texts);
        in_every_way(deep_flags);
    });
}
