use karmem::Karmem;

#[derive(Karmem)]
struct Point {
    pos_x: f32,
    posX: f32,
    y: f32,
    #[karmem(rename = "Y")]
    height: f32,
}

#[derive(Karmem)]
struct Pair(u8, #[karmem(rename = "F0")] u16);

fn main() {}
