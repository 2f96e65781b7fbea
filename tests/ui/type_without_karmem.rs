use karmem::Karmem;

struct Other {
    x: u8,
}

#[derive(Karmem)]
#[karmem(table)]
struct World {
    age: std::time::Duration,
    other: Option<Other>,
}

fn main() {}
