use karmem::Karmem;

#[derive(Karmem)]
#[repr(u64)]
enum Shape {
    Empty,
    Circle { radius: f32 },
}

#[derive(Karmem)]
#[repr(i8)]
enum Event {
    Quit,
    Key(u32),
}

fn main() {}
