use karmem::Karmem;

#[derive(Karmem)]
#[allow(non_camel_case_types)]
struct vec_3 {
    x: f32,
}

#[derive(Karmem)]
struct Élan {
    x: f32,
}

fn main() {}
