use karmem::interface;

#[interface]
pub trait Wrong {
    fn no_self(value: u8);
    fn by_value(self);
    fn boxed(self: Box<Self>);
    fn generic<T>(&self, value: u8);
    async fn later(&self);
    unsafe fn careful(&self);
    fn with_body(&self) -> u8 {
        1
    }
    fn two__words(&self);
    #[cfg(windows)]
    fn sometimes(&self);
    fn ping(&self);
    fn ping_async(&self);
    fn unnamed(&self, _: u8);
    fn borrowed<'a>(&'a self);
    fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8, n: u8, o: u8, p: u8, q: u8);
}

fn main() {}
