use karmem::interface;

#[interface]
pub trait Generic<T> {
    fn put(&mut self, value: u8);
}

#[interface]
pub trait Bounded: Send {
    fn put(&mut self, value: u8);
}

#[interface]
pub unsafe trait Careful {
    fn put(&mut self, value: u8);
}

#[interface]
pub trait Empty {}

#[interface]
pub trait Associated {
    const LIMIT: u32;
    type Item;
    fn put(&mut self, value: u8);
}

#[interface(package = "my__game", version = -1)]
pub trait Options {
    fn put(&mut self, value: u8);
}

#[interface(version = 1, version = 2, rename = "A", packages = "b")]
pub trait Unknown {
    fn put(&mut self, value: u8);
}

fn main() {}
