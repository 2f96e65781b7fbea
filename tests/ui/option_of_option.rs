use std::collections::BTreeMap;

use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table)]
struct Plain {
    a: Option<Option<u32>>,
    b: Option<Box<Option<u32>>>,
    c: Vec<Option<Box<Box<Option<String>>>>>,
    d: [Option<Option<u8>>; 2],
    e: BTreeMap<u8, Option<Option<u8>>>,
}

#[derive(Karmem)]
enum InVariant {
    Empty,
    Full(Option<Option<u32>>),
}

fn main() {}
