use karmem::interface;

pub struct Plain;

#[interface]
pub trait Physics {
    fn step(&mut self, plain: Plain);
}

fn main() {}
