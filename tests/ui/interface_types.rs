use karmem::{Karmem, Shared, View, ViewMut, interface};

#[derive(Karmem)]
pub struct World {
    pub frame: u32,
}

#[interface]
pub trait Params {
    fn text(&self, name: String);
    fn borrowed_text(&self, name: &str);
    fn list(&self, worlds: Vec<World>);
    fn slice(&self, bytes: &[u8]);
    fn array(&self, point: [f32; 3]);
    fn option(&self, world: Option<World>);
    fn tuple(&self, pair: (u8, u8));
    fn unit(&self, nothing: ());
    fn size(&self, length: usize);
    fn changed(&self, world: &mut World);
    fn callback(&self, call: fn());
    fn anything(&self, world: impl Into<World>);
    fn itself(&self, other: Self);
    fn checked(&self, #[karmem(verify)] world: World);
    fn unknown(&self, #[karmem(check)] world: View<World>);
    fn lifetime(&self, world: ViewMut<'static, World>);
}

#[interface]
pub trait Results {
    fn text(&self) -> String;
    fn view(&self) -> View<World>;
    fn borrowed(&self) -> &World;
    fn nested(&self) -> Result<Result<u8, World>, World>;
    fn silent(&self) -> Result<u8, ()>;
    fn fine(&self) -> Result<Shared<World>, World>;
}

fn main() {}
