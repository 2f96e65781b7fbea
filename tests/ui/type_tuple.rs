use karmem::Karmem;

#[derive(Karmem)]
struct Line {
    from: (f32, f32),
    nothing: (),
}

fn main() {}
