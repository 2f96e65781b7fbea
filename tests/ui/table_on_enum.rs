use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table)]
#[repr(u8)]
enum Team {
    Humans,
}

#[derive(Karmem)]
#[karmem(inline, id = 7)]
enum Shape {
    Empty,
    Circle(f32),
}

fn main() {}
