use karmem::Karmem;

#[derive(Karmem)]
struct Vec3 {
    x: f32,
    y: f32,
    z: f32,
}

#[derive(Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
struct Particle {
    position: Vec3,
    mass: f32,
}

fn main() {}
