use karmem::Karmem;

#[derive(Clone, Debug, PartialEq, Karmem)]
pub struct Metres(pub f32);

#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(layout = "legacy")]
pub struct Pair(pub Metres, #[doc(hidden)] pub Vec<u16>);
