//! What a message costs, counted in values that are looked at and built: what it only refers to or
//! leaves out costs nothing to check, and what is built has a limit.

use std::cell::Cell;
use std::collections::BTreeMap;

use karmem::rule::Align;
use karmem::schema::{self, Type};
use karmem::{Cause, Karmem, Limits};

thread_local! {
    static CHECKED: Cell<u64> = const { Cell::new(0) };
    static BUILT: Cell<u64> = const { Cell::new(0) };
}

fn one_more(count: &'static std::thread::LocalKey<Cell<u64>>) {
    count.set(count.get() + 1);
}

/// A byte that counts how often it is checked and built.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit(u8);

impl karmem::wire::Field for Unit {
    type Kind = karmem::kind::Scalar;
}

impl karmem::kind::ScalarValue for Unit {
    type Bytes = [u8; 1];
    type Align = Align<1>;
    type Abi = i32;
    const TYPE: Type = Type::Scalar(schema::Scalar::Bool);
    const CAUSE: Option<Cause> = Some(Cause::Bool);

    fn is_valid([byte]: [u8; 1]) -> bool {
        one_more(&CHECKED);
        byte <= 1
    }

    fn from_wire([byte]: [u8; 1]) -> Self {
        one_more(&BUILT);
        Unit(byte)
    }

    fn to_wire(&self) -> [u8; 1] {
        [self.0]
    }

    fn debug(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What reading a message took.
#[derive(Debug)]
pub struct Work {
    /// Units that verifying looked at.
    pub checked: u64,
    /// Units that decoding built, also if it failed in the end.
    pub built: u64,
    /// Why it was not decoded.
    pub refused: Option<Cause>,
}

/// Reads a message with default limits and asserts the bounds that are documented, for any bytes and type.
pub fn read<T: Karmem>(bytes: &[u8]) -> Work {
    CHECKED.set(0);
    let verified = T::verify_at(bytes, 0, &Limits::default());
    let checked = CHECKED.replace(0);
    BUILT.set(0);
    let decoded = T::decode(bytes);
    let built = BUILT.replace(0);
    let refused = decoded.as_ref().err().map(karmem::VerifyError::cause);
    if refused != Some(Cause::Memory) {
        assert_eq!(verified.err(), decoded.err(), "they differ in memory only");
    }
    let len = bytes.len() as u64;
    assert!(
        checked <= len,
        "{checked} checked in a message of {len} bytes"
    );
    let limit = Limits::MEMORY + Limits::MEMORY_PER_BYTE * len + size_of::<T>() as u64;
    assert!(built <= limit, "{built} built of a message of {len} bytes");
    Work {
        checked,
        built,
        refused,
    }
}

#[derive(Karmem)]
#[karmem(table, layout = "packed")]
pub struct Chunk {
    name: String,
    units: [Unit; 4096],
}

#[derive(Karmem)]
#[karmem(table, layout = "packed")]
pub struct Chunks {
    chunks: Vec<Chunk>,
}

#[derive(Karmem)]
#[karmem(table)]
pub struct L0 {
    units: [Unit; 16],
}
#[derive(Karmem)]
#[karmem(table)]
pub struct L1 {
    parts: [L0; 16],
}
#[derive(Karmem)]
#[karmem(table)]
pub struct L2 {
    parts: [Box<L1>; 16],
    more: Vec<Option<[Unit; 100]>>,
}
#[derive(Karmem)]
#[karmem(table)]
pub struct Tree {
    parts: Vec<L2>,
}

fn words(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A table whose only field is a list of `count` null references of `size` bytes.
pub fn nulls(head: &[u32], count: usize, size: usize) -> Vec<u8> {
    let mut bytes = words(head.iter().copied());
    bytes.resize(bytes.len() + count * size, 0);
    bytes
}

#[test]
fn absent_tables_are_not_checked() {
    let count = 1 << 16;
    let work = read::<Chunks>(&nulls(&[12, 16, 4 * count, 0], count as usize, 4));
    assert_eq!(work.checked, 0);
    assert_eq!(work.refused, Some(Cause::Memory));

    let work = read::<Tree>(&nulls(&[16, 0, 16, 8000], 1000, 8));
    assert_eq!(work.checked, 0);
    assert_eq!(work.refused, Some(Cause::Memory));
    assert!(work.built <= 2 * Limits::MEMORY, "{work:?}");
}

/// Of a short table the fields that it has are checked, and of a cut field nothing.
#[test]
fn short_tables_are_checked_as_far_as_they_go() {
    // A list of 100 references, each to a table of 16 bytes: size, pad, and a cut field.
    let mut bytes = words([12, 16, 400, 0]);
    for i in 0..100 {
        bytes.extend((416 + 12 * i as u32).to_le_bytes());
    }
    for _ in 0..100 {
        bytes.extend(words([12, 0, 0]));
    }
    let work = read::<Chunks>(&bytes);
    assert_eq!((work.checked, work.refused), (0, None));
    assert_eq!(work.built, 100 * 4096);
}

/// What is small is decoded whatever its type says, with its arrays and defaults.
#[test]
fn small_messages_are_decoded() {
    let chunks = Chunks::decode(&nulls(&[12, 16, 80, 0], 20, 4)).unwrap();
    assert_eq!(chunks.chunks.len(), 20);
    assert_eq!(
        Tree::decode(&nulls(&[16, 0, 16, 24], 3, 8))
            .unwrap()
            .parts
            .len(),
        3
    );
}

#[test]
fn the_limit_of_memory_can_be_set() {
    let bytes = nulls(&[12, 16, 400, 0], 100, 4);
    let decode = |memory| {
        let limits = Limits {
            memory: Some(memory),
            ..Limits::default()
        };
        Chunks::decode_at(&bytes, 0, &limits).map(|chunks| chunks.chunks.len())
    };
    let needed = 100 * size_of::<Chunk>() as u64;
    assert_eq!(decode(needed), Ok(100));
    let error = decode(needed - 1).unwrap_err();
    assert_eq!(error.cause(), Cause::Memory);
    assert_eq!(
        error.to_string(),
        "Chunks.chunks, offset 4: the objects would take more memory than `Limits::memory` allows"
    );

    let view = Chunks::view(&bytes).unwrap();
    let limits = Limits {
        memory: Some(needed - 1),
        ..Limits::default()
    };
    assert_eq!(
        view.to_owned_with(&limits).map(drop).unwrap_err().cause(),
        Cause::Memory
    );
}

/// Everything that is built counts: elements, entries, boxes and texts.
#[test]
fn all_that_is_built_counts() {
    #[derive(Karmem, Clone)]
    #[karmem(table)]
    struct Root {
        list: Vec<u16>,
        text: String,
        map: BTreeMap<u8, u64>,
        boxed: Box<[u8; 700]>,
        maybe: Option<Box<Inner>>,
    }
    #[derive(Karmem, Clone)]
    #[karmem(table)]
    struct Inner {
        number: u64,
    }
    let mut value = Root {
        list: vec![1, 2, 3],
        text: "12345".into(),
        map: [(1, 1), (2, 2)].into(),
        boxed: Box::new([1; 700]),
        maybe: Some(Box::new(Inner { number: 1 })),
    };
    let size = 3 * 2 + 5 + 2 * size_of::<(u8, u64)>() as u64 + 700 + 8;
    let bytes = value.encode().unwrap();
    for (memory, fits) in [(size, true), (size - 1, false), (0, false)] {
        let limits = Limits {
            memory: Some(memory),
            ..Limits::default()
        };
        assert_eq!(
            Root::decode_at(&bytes, 0, &limits).is_ok(),
            fits,
            "{memory} of {size}"
        );
    }
    value.decode_into(&bytes).unwrap();
}

/// Nothing is reserved for elements before they are seen, but what the rest of the message can pay
/// for.
#[test]
fn lists_reserve_no_more_than_the_message_pays_for() {
    #[derive(Karmem)]
    #[karmem(table)]
    struct Lists {
        list: Vec<Wide>,
    }
    #[derive(Karmem)]
    #[karmem(table)]
    struct Wide {
        numbers: [u64; 40],
    }
    let bytes = nulls(&[16, 0, 16, 800], 100, 8);
    let lists = Lists::decode(&bytes).unwrap();
    assert_eq!(lists.list.len(), 100);
    // One that pays for itself is reserved exactly.
    let lists = Lists {
        list: (0..100).map(|n| Wide { numbers: [n; 40] }).collect(),
    };
    let again = Lists::decode(&lists.encode().unwrap()).unwrap();
    assert_eq!(again.list.capacity(), 100);
    assert_eq!(again.list[99].numbers, [99; 40]);
}
