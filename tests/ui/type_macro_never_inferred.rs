use karmem::Karmem;

macro_rules! number {
    () => { u32 };
}

#[derive(Karmem)]
struct Odd {
    made: number!(),
    never: Option<!>,
    guessed: Vec<_>,
}

fn main() {}
