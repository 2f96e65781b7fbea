use karmem::Karmem;

use std::collections::{HashSet, VecDeque};

#[derive(Karmem)]
struct Inbox {
    queue: VecDeque<u32>,
    seen: HashSet<u32>,
    last: Result<u32, String>,
    mark: std::marker::PhantomData<u32>,
}

fn main() {}
