use karmem::Karmem;

#[derive(Karmem)]
#[karmem(rename = "vec3")]
struct Vec3 {
    #[karmem(rename = "x-axis")]
    x: f32,
    #[karmem(rename = "")]
    y: f32,
    #[karmem(rename = 3)]
    z: f32,
}

#[derive(Karmem)]
#[repr(u8)]
#[karmem(rename = "Team2")]
enum Team {
    #[karmem(rename = "2nd")]
    Second,
}

fn main() {}
