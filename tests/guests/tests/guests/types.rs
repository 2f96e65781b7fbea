//! A host whose types are not the guest's.

use karmem::Karmem;
use karmem::host::{Error, Instance, Module};

use crate::{engine, limits, monsters};

/// The model once more, with something that differs.
macro_rules! model {
    ($module:ident: { $($vec3:tt)* } { $($team:tt)* } { $($monster:tt)* }) => {
        mod $module {
            use karmem::Karmem;

            #[derive(Karmem, Clone, Copy)]
            #[karmem(layout = "c")]
            #[repr(C)]
            pub(super) struct Vec3 { $($vec3)* }

            #[derive(Karmem, Clone, Copy)]
            #[repr(u8)]
            pub(super) enum Team { $($team)* }

            #[derive(Karmem)]
            #[karmem(table)]
            pub(super) struct Monster { $($monster)* }

            #[derive(Karmem)]
            #[karmem(table)]
            pub(super) struct World {
                pub frame: u32,
                pub monsters: Vec<Monster>,
            }
        }
    };
}

model!(same:
    { pub x: f32, pub y: f32, pub z: f32 }
    { Humans, Orcs, Zombies }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub team: Team, pub health: i16, pub bumps: u32, pub path: Vec<Vec3> });
model!(moved:
    { pub x: f32, pub y: f32, pub z: f32 }
    { Humans, Orcs, Zombies }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub health: i16, pub team: Team, pub bumps: u32, pub path: Vec<Vec3> });
model!(retyped:
    { pub x: f32, pub y: f32, pub z: f32 }
    { Humans, Orcs, Zombies }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub team: Team, pub health: u16, pub bumps: u32, pub path: Vec<Vec3> });
model!(retyped_inside:
    { pub x: f32, pub y: f32, pub z: i32 }
    { Humans, Orcs, Zombies }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub team: Team, pub health: i16, pub bumps: u32, pub path: Vec<Vec3> });
model!(limited:
    { pub x: f32, pub y: f32, pub z: f32 }
    { Humans, Orcs, Zombies }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub team: Team, pub health: i16, pub bumps: u32, #[karmem(max = 8)] pub path: Vec<Vec3> });
model!(counted:
    { pub x: f32, pub y: f32, pub z: f32 }
    { Humans, Orcs, Zombies = 7 }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub team: Team, pub health: i16, pub bumps: u32, pub path: Vec<Vec3> });
model!(longer:
    { pub x: f32, pub y: f32, pub z: f32 }
    { Humans, Orcs, Zombies }
    { pub pos: Vec3, pub speed: Vec3, pub name: String, pub team: Team, pub health: i16, pub bumps: u32, pub path: Vec<Vec3>, pub gold: u64 });

#[derive(Karmem)]
struct Dragon {
    fire: f32,
}

/// What the demo's guest is refused with, whether it is asked or instantiated.
fn refusal<T: Karmem>() -> String {
    let module = Module::from_bytes(engine(), monsters()).unwrap();
    let checked = module.check::<T>().unwrap_err();
    let built = Instance::builder(&module)
        .limits(limits())
        .expect::<T>()
        .build()
        .unwrap_err();
    assert!(
        matches!(built, Error::TypeMismatch { .. } | Error::MissingType(_)),
        "{built:?}"
    );
    assert_eq!(checked.to_string(), built.to_string());
    built.to_string()
}

#[test]
fn the_same_types_written_again_are_let_in() {
    let module = Module::from_bytes(engine(), monsters()).unwrap();
    module.check::<same::World>().unwrap();
}

#[test]
fn each_difference_is_named_with_its_place() {
    for (text, says) in [
        (
            refusal::<moved::World>(),
            "World.Monsters[].Health: named `Health` in the host, `Team` in the guest",
        ),
        (
            refusal::<retyped::World>(),
            "World.Monsters[].Health: `u16` in the host, `i16` in the guest",
        ),
        (
            refusal::<retyped_inside::World>(),
            "World.Monsters[].Pos.Z: `i32` in the host, `f32` in the guest",
        ),
        (
            refusal::<limited::World>(),
            "World.Monsters[].Path: limit 8 in the host, none in the guest",
        ),
        (
            refusal::<counted::World>(),
            "World.Monsters[].Team.Zombies: value 7 in the host, 2 in the guest",
        ),
        (
            refusal::<longer::World>(),
            "World.Monsters[].Gold: only in the host, missing in the guest",
        ),
        (refusal::<Dragon>(), "`Dragon`"),
    ] {
        assert!(text.contains(says), "{says:?} is not in:\n{text}");
    }
}
