use karmem::Karmem;

/// What it looks like.
#[derive(Clone, Debug, PartialEq, Karmem)]
pub enum Shape {
    Empty,
    /// Round.
    Circle { radius: f32 },
    Polygon(Vec<f32>, Option<String>),
}

#[derive(Clone, Debug, PartialEq, Karmem)]
pub struct Holder {
    pub shape: Shape,
}
