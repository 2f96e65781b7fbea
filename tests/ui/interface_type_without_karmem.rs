use karmem::{Karmem, View, interface};

pub struct Plain;

#[derive(Karmem)]
#[repr(u8)]
pub enum Shape {
    Dot,
    Circle { radius: f32 },
}

#[interface]
pub trait Physics {
    fn step(&mut self, plain: Plain);
    fn draw(&self, shape: Shape) -> Plain;
    fn look(&self, plain: View<Plain>);
}

fn main() {}
