use karmem::Karmem;

#[derive(Karmem)]
struct Callback {
    call: fn(u32) -> u32,
    boxed: Box<dyn Fn(u32) -> u32>,
}

fn main() {}
