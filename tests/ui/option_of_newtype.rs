use std::collections::BTreeMap;

use karmem::Karmem;

// They lie as what they hold.
#[derive(Karmem)]
struct Age(Option<u32>);
#[derive(Karmem)]
struct Perch(Option<Box<Leaf>>);

#[derive(Karmem)]
#[karmem(table)]
struct Leaf {
    n: u32,
}

#[derive(Karmem)]
#[karmem(table)]
struct Field {
    a: Option<Age>,
}

#[derive(Karmem)]
struct InList {
    a: Vec<Option<Perch>>,
}

#[derive(Karmem)]
struct InArray {
    a: [Option<Box<Age>>; 2],
}

#[derive(Karmem)]
struct InMap {
    a: BTreeMap<u8, Option<Age>>,
}

#[derive(Karmem)]
enum InVariant {
    Empty,
    Full(Option<Perch>),
}

fn main() {}
