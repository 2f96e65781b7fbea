use karmem::Karmem;

#[derive(Karmem)]
#[karmem(rename = "EntityId", id = 3, layout = "packed")]
struct Entity(u32);

fn main() {}
