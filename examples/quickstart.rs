//! The program of the README.
#![allow(missing_docs, reason = "the README has no room for them")]

use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table)] // evolvable: append fields later, old readers go on
pub struct Monster {
    pub pos: Vec3,
    pub mana: i16,
    pub name: String,
    #[karmem(max = 128)]
    pub inventory: Vec<u8>,
    pub path: Vec<Vec3>,
}

#[derive(Karmem, Clone)] // inline: fixed, in place
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

karmem::schema! { pub GAME: "game" { types: [Monster] } }

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let orc = Monster {
        pos: Vec3 {
            x: 1.0,
            y: 2.0,
            z: 3.0,
        },
        mana: 7,
        name: "orc".into(),
        inventory: vec![1, 2, 3],
        path: vec![
            Vec3 {
                x: 0.0,
                y: 0.5,
                z: 0.25
            };
            10
        ],
    };

    // Object to bytes; then the bytes are checked once and read where they lie.
    let mut bytes = orc.encode()?;
    let monster = Monster::view(&bytes)?;
    let height: f32 = monster.path().iter().map(|point| point.z()).sum();
    println!(
        "{} is at {} and has climbed {height}",
        monster.name(),
        monster.pos().x()
    );

    // Changed in place: nothing is decoded and nothing is encoded again.
    Monster::view_mut(&mut bytes)?.set_mana(3);
    println!("mana: {}", Monster::view(&bytes)?.mana());

    // Bytes from elsewhere are refused with path, offset and cause.
    let name = Monster::LAYOUT
        .field("name")
        .map_or(0, |field| field.at.at as usize);
    bytes[name] = 0xff;
    if let Err(error) = Monster::view(&bytes) {
        println!("refused: {error}");
    }

    // What a team in C, TypeScript, Go or Zig starts from.
    println!("{}", GAME.to_km()?);
    Ok(())
}
