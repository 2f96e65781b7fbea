use karmem::Karmem;

#[derive(Karmem)]
#[karmem(layout = "c")]
#[repr(C, align(16))]
struct Aligned {
    x: f32,
}

#[derive(Karmem)]
#[karmem(layout = "c")]
#[repr(C, packed)]
struct Packed {
    x: f32,
}

#[derive(Karmem)]
#[karmem(layout = "c")]
#[repr(transparent)]
struct Same {
    x: f32,
}

fn main() {}
