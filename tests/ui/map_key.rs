use karmem::Karmem;

use std::collections::{BTreeMap, HashMap};

#[derive(Karmem)]
#[karmem(table)]
struct Index {
    heights: BTreeMap<f32, u32>,
    names: HashMap<Vec<u8>, String>,
    good: HashMap<String, f32>,
}

fn main() {}
