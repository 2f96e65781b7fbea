use karmem::Karmem;

macro_rules! number {
    () => { u32 };
}

#[derive(Karmem)]
struct Odd {
    made: number!(),
    guessed: Vec<_>,
}

fn main() {}
