//! The type that serves an interface must be able to.

#[karmem::interface]
pub trait Physics {
    fn step(&mut self, dt: f32);
}

struct Stranger;

struct NoDefault;

impl Physics for NoDefault {
    fn step(&mut self, _: f32) {}
}

export_physics!(Stranger);
export_physics!(NoDefault);

fn main() {}
