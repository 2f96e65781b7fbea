use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table)]
struct Scene {
    shapes: Vec<Box<dyn Send>>,
}

fn main() {}
