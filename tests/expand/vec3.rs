use karmem::Karmem;

/// A vector that lies in Rust as it does in a message.
#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
pub struct Vec3 {
    /// To the right.
    pub x: f32,
    pub y: f32,
    pub z: f32,
}
