//! Messages by type, and types that are compared before anything runs.

use karmem_core::section::{Item, fragment, len};
use karmem_core::{EncodeError, Karmem};
use karmem_derive::Karmem;
use karmem_host::{Error, Instance, Limits, Message, Module};

use crate::{engine, guest, limits, wasm, with_abi};

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[karmem(crate = "karmem_core")]
pub(crate) struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, crate = "karmem_core")]
pub(crate) struct Monster {
    pub pos: Vec3,
    pub name: String,
    pub mana: i16,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, crate = "karmem_core")]
pub(crate) struct World {
    pub tick: u32,
    pub monsters: Vec<Monster>,
}

/// The same names, and positions that are laid out differently.
mod other {
    use karmem_derive::Karmem;

    #[derive(Karmem)]
    #[karmem(crate = "karmem_core")]
    pub(crate) struct Vec3 {
        pub x: f64,
        pub y: f32,
        pub z: f32,
    }

    #[derive(Karmem)]
    #[karmem(table, crate = "karmem_core")]
    pub(crate) struct Monster {
        pub pos: Vec3,
        pub name: String,
        pub mana: i16,
    }

    #[derive(Karmem)]
    #[karmem(table, crate = "karmem_core")]
    pub(crate) struct World {
        pub tick: u32,
        pub monsters: Vec<Monster>,
    }

    #[derive(Karmem)]
    #[karmem(crate = "karmem_core")]
    pub(crate) struct Elsewhere {
        pub x: u8,
    }
}

/// What the derive puts into a module for a type.
macro_rules! line {
    ($t:ty) => {{
        const ITEM: Item = Item::Struct(<$t as Karmem>::LAYOUT);
        const LINE: [u8; len(&ITEM)] = fragment(&ITEM);
        String::from_utf8(LINE.to_vec()).unwrap()
    }};
}

/// The lines as one custom section each.
fn sections(lines: &[String]) -> String {
    let section = |line: &String| format!("(@custom \"karmem\" {line:?})");
    lines.iter().map(section).collect()
}

fn lines() -> [String; 3] {
    [line!(World), line!(Monster), line!(Vec3)]
}

/// Sets every monster's mana to 9: the guest knows where things lie.
const CAST: &str = r#"
    (func (export "cast") (param $m i64) (result i64)
        (local $base i32) (local $monsters i32) (local $end i32)
        (local.set $base (i32.load (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $m) (i64.const 32))) (i32.const 3))))
        ;; World: size, tick, monsters (offset, bytes). A reference: offset, zero.
        (local.set $monsters (i32.add (local.get $base) (i32.load offset=8 (local.get $base))))
        (local.set $end (i32.add (local.get $monsters) (i32.load offset=12 (local.get $base))))
        (block (loop
            (br_if 1 (i32.ge_u (local.get $monsters) (local.get $end)))
            (i32.store16 offset=MANA
                (i32.add (local.get $base) (i32.load (local.get $monsters)))
                (i32.const 9))
            (local.set $monsters (i32.add (local.get $monsters) (i32.const 8)))
            (br 0)))
        (local.get $m))"#;

fn cast() -> String {
    let mana = Monster::LAYOUT.field("mana").unwrap().at.at;
    with_abi(&CAST.replace("MANA", &mana.to_string()))
}

fn world(n: u16) -> World {
    let monster = |i: u16| Monster {
        pos: Vec3 {
            x: f32::from(i),
            y: 0.5,
            z: -1.0,
        },
        name: format!("monster {i}"),
        mana: 0,
    };
    World {
        tick: 1,
        monsters: (0..n).map(monster).collect(),
    }
}

#[test]
fn a_value_is_written_changed_by_the_guest_and_read_where_it_lies() {
    let mut guest = guest(&cast());
    let value = world(50);
    let length = value.encoded_len().unwrap();
    let block = guest.alloc(length).unwrap();
    assert_eq!(guest.write(&block, &value).unwrap(), length);
    assert_eq!(guest.stats().bytes_copied, length as u64);

    let returned: i64 = guest.call("cast", block.message(0)).unwrap();
    let view = guest.view::<World>(returned).unwrap();
    assert_eq!(view.monsters().len(), 50);
    for (i, monster) in view.monsters().iter().enumerate() {
        assert_eq!((monster.mana(), monster.pos().x()), (9, i as f32));
        assert_eq!(monster.name(), format!("monster {i}").as_str());
    }
    let view = guest.view_unverified::<World>(&block).unwrap();
    assert_eq!(view.monsters().len(), 50);

    guest.view_mut::<World>(&block).unwrap().set_tick(7);
    assert_eq!(
        guest
            .view::<World>(Message::new(block.handle(), 0))
            .unwrap()
            .tick(),
        7
    );
    guest
        .view_mut_unverified::<World>(&block)
        .unwrap()
        .set_tick(8);
    assert_eq!(guest.view::<World>(&block).unwrap().tick(), 8);
    // Reading and changing in place copied nothing.
    assert_eq!(guest.stats().bytes_copied, length as u64);
    assert_eq!(guest.stats().bytes_shared, length as u64);
}

#[test]
fn a_message_is_built_in_place() {
    let mut guest = guest(&cast());
    let block = guest.alloc(4096).unwrap();
    let value = world(3);
    let root = guest
        .build(&block, |writer| value.encode_in(writer))
        .unwrap();
    assert_eq!(root, 0);
    assert_eq!(
        guest
            .view::<World>(block.message(root))
            .unwrap()
            .monsters()
            .len(),
        3
    );
    guest
        .build(&block, |writer| {
            World::build(writer)?.tick(5)?;
            Ok(())
        })
        .unwrap();
    let view = guest.view::<World>(&block).unwrap();
    assert_eq!((view.tick(), view.monsters().len()), (5, 0));
    assert_eq!(guest.stats().bytes_copied, 0);
}

#[test]
fn a_block_that_is_too_small() {
    let mut guest = guest(&cast());
    let value = world(3);
    let length = value.encoded_len().unwrap();
    let block = guest.alloc(length - 1).unwrap();
    let behind = guest.alloc(64).unwrap();
    let e = guest.write(&block, &value).unwrap_err();
    assert!(
        matches!(e, Error::Encode(EncodeError::Full { .. })),
        "{e:?}"
    );
    assert!(e.to_string().contains("the buffer is full"), "{e}");
    let e = guest
        .build(&block, |writer| value.encode_in(writer))
        .unwrap_err();
    assert!(
        matches!(e, Error::Encode(EncodeError::Full { .. })),
        "{e:?}"
    );
    assert!(
        guest.bytes(&behind).unwrap().iter().all(|&b| b == 0),
        "nothing behind it was touched"
    );
    assert_eq!(guest.stats().bytes_copied, 0);
}

#[test]
fn a_message_that_lies() {
    let mut guest = guest(&cast());
    let block = guest.alloc(4096).unwrap();
    guest.write(&block, &world(3)).unwrap();
    let monsters = World::LAYOUT.field("monsters").unwrap().at.at;
    guest
        .write_bytes(&block, monsters, &u32::MAX.to_le_bytes())
        .unwrap();
    let e = guest.view::<World>(&block).unwrap_err();
    assert!(matches!(e, Error::Verify(_)), "{e:?}");
    assert!(e.to_string().contains("World.monsters, offset 8: "), "{e}");
    assert!(matches!(
        guest.view_mut::<World>(&block),
        Err(Error::Verify(_))
    ));
    // Without the check it is read all the same, and stays inside.
    assert_eq!(
        guest
            .view_unverified::<World>(&block)
            .unwrap()
            .monsters()
            .len(),
        0
    );

    assert!(matches!(
        guest.view::<World>(0),
        Err(Error::WildHandle { .. })
    ));
    assert!(matches!(
        guest.view_mut::<World>(-1),
        Err(Error::WildHandle { .. })
    ));
    assert!(matches!(
        guest.view::<World>(block.message(4096)),
        Err(Error::WildOffset { .. })
    ));
    // A root of which only a part is in the block.
    assert!(matches!(
        guest.view::<World>(block.message(4094)),
        Err(Error::Verify(_))
    ));
    assert!(matches!(
        guest.view_mut_unverified::<Vec3>(block.message(4094)),
        Err(Error::WildOffset { .. })
    ));
    guest.free(block).unwrap();
    assert!(matches!(
        guest.view::<World>(&block),
        Err(Error::BadBlock { .. })
    ));
}

#[test]
fn equal_types_are_let_in() {
    // One section, three sections, in any order, with other types between them.
    let [world, monster, vec3] = lines();
    let other = line!(other::Elsewhere);
    for sections in [
        sections(&[format!("{world}{monster}{vec3}")]),
        sections(&[vec3.clone(), world.clone(), other, monster.clone()]),
        sections(&[world, monster, vec3.clone(), vec3]),
    ] {
        let module = Module::from_bytes(engine(), wasm(&with_abi(&sections))).unwrap();
        assert!(module.schema().unwrap().find("World").is_ok());
        module.check::<World>().unwrap();
        module.check_types(&[Monster::TYPE, Vec3::TYPE]).unwrap();
        Instance::builder(&module)
            .limits(limits())
            .expect::<World>()
            .build()
            .unwrap();
    }
}

#[test]
fn a_type_that_differs_is_found_before_anything_runs() {
    let runs = "(func $start unreachable) (start $start)";
    let module =
        Module::from_bytes(engine(), wasm(&with_abi(&(sections(&lines()) + runs)))).unwrap();
    let build = Instance::builder(&module)
        .expect::<Vec3>()
        .expect::<other::World>();
    let e = build.build().unwrap_err();
    let Error::TypeMismatch { name, differences } = &e else {
        panic!("{e:?}")
    };
    assert_eq!(name, "World");
    assert!(!differences.is_empty());
    let text = e.to_string();
    assert!(
        text.contains("World.Monsters[].Pos.X: `f64` in the host, `f32` in the guest"),
        "{text}"
    );
    // The guest does run if nothing of that is asked for.
    let e = Instance::new(&module, Limits::default()).unwrap_err();
    assert!(e.as_trap().is_some());
}

#[test]
fn a_type_that_the_guest_lacks() {
    let module = Module::from_bytes(engine(), wasm(&with_abi(&sections(&lines())))).unwrap();
    let e = module.check::<other::Elsewhere>().unwrap_err();
    assert!(matches!(e, Error::MissingType(_)), "{e:?}");
    let text = e.to_string();
    assert!(
        text.contains("`Elsewhere`") && text.contains("`Monster`"),
        "{text}"
    );
}

#[test]
fn a_damaged_section_is_an_error() {
    let all = lines().concat();
    let load = |section: &str| {
        let text = with_abi(&sections(&[section.to_owned()]));
        match Module::from_bytes(engine(), wasm(&text)) {
            Err(e @ Error::Schema(_)) => e.to_string(),
            other => panic!("{other:?}"),
        }
    };
    for n in 1..all.len() {
        // Where a line ends a type is missing, elsewhere the line is cut off.
        assert!(!load(&all[..n]).is_empty());
    }
    assert!(load("garbage\n").contains("section `karmem`, line 1"));
    assert!(load(&all.replace("karmem1", "karmem9")).contains("karmem9"));
    assert!(load(&all.replacen("Tick", "Tock", 1)).contains("damaged"));
    let module = |section: &[u8]| {
        let mut bytes = wasm(&with_abi(""));
        let body = [&[6], b"karmem".as_slice(), section].concat();
        bytes.extend([0, u8::try_from(body.len()).unwrap()]);
        bytes.extend(body);
        Module::from_bytes(engine(), bytes)
    };
    assert!(matches!(module(&[0xff; 40]), Err(Error::Schema(_))));
    assert!(matches!(module(b"\0"), Err(Error::Schema(_))));
    // The untyped way in does not overlook a damaged section either.
    let text = with_abi(&sections(&["garbage\n".to_owned()]));
    assert!(matches!(
        Module::from_bytes_untyped(engine(), wasm(&text)),
        Err(Error::Schema(_))
    ));
}

#[test]
fn a_schema_without_the_exports_for_messages() {
    let text = format!(
        "(module (memory (export \"memory\") 1) {})",
        sections(&lines())
    );
    let e = Module::from_bytes(engine(), wasm(&text)).unwrap_err();
    assert!(matches!(e, Error::Abi(_)), "{e:?}");
    assert!(e.to_string().contains("no `karmem_alloc`"), "{e}");
    Module::from_bytes_untyped(engine(), wasm(&text))
        .unwrap()
        .check::<World>()
        .unwrap();
}
