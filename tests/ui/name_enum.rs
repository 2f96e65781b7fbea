use karmem::Karmem;

#[derive(Karmem)]
#[repr(u8)]
enum Team2 {
    Humans,
}

#[derive(Karmem)]
#[repr(u8)]
#[allow(non_camel_case_types)]
enum Side {
    Left_Hand,
}

fn main() {}
