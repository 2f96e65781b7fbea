//! The runtime without the macro, on types written by hand; wasm.rs runs these tests in wasm, and
//! Miri runs them for machines of 32 bits and of the other byte order.
#![allow(missing_docs, reason = "a test")]

pub(crate) mod common;

use common::*;
use karmem_core::{self as karmem, FixedWriter, Karmem};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Miri interprets, so it tries every so many of the lengths of a message.
const STEP: usize = if cfg!(miri) { 97 } else { 1 };

fn orc() -> Monster {
    let minion = |mana| Monster {
        pos: Vec3::default(),
        mana,
        name: String::new(),
        team: Team::Humans,
        inventory: vec![],
        hitbox: [0.0; 2],
        path: vec![],
        luck: None,
        friend: None,
        herd: vec![],
        tags: Default::default(),
        shape: Shape::Empty,
    };
    Monster {
        pos: Vec3 {
            x: 1.0,
            y: 2.0,
            z: 3.0,
        },
        mana: -7,
        name: "Grüße".into(),
        team: Team::Zombies,
        inventory: vec![1, 2, 3],
        hitbox: [4.2, -1.0],
        path: vec![
            Vec3 {
                x: 9.0,
                y: 8.0,
                z: 7.0
            };
            3
        ],
        luck: Some(13),
        friend: Some(Box::new(minion(1))),
        herd: vec![minion(2), minion(3)],
        tags: [("b".into(), 2), ("a".into(), 1)].into(),
        shape: Shape::Named("n".into()),
    }
}

#[test]
fn a_message_reads_back() {
    let orc = orc();
    let bytes = orc.encode().unwrap();
    assert_eq!(bytes.len(), orc.encoded_len().unwrap());
    let view = Monster::view(&bytes).unwrap();
    assert_eq!(view.mana(), -7);
    assert_eq!(view.name(), "Grüße");
    assert_eq!(view.team(), Team::Zombies);
    assert_eq!(view.inventory(), [1, 2, 3]);
    assert_eq!(view.luck(), Some(13));
    assert_eq!(view.friend().unwrap().mana(), 1);
    assert_eq!(
        view.herd().iter().map(|m| m.mana()).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(view.tags().get("b"), Some(2));
    assert_eq!(view.tags().get("c"), None);
    assert!(matches!(view.shape(), ShapeView::Named(n) if n.f0() == "n"));
    assert_eq!(view.path().get(2).unwrap().z(), 7.0);
    assert_eq!(view.to_owned().unwrap(), orc);
    assert_eq!(Monster::decode(&bytes).unwrap(), orc);
    let mut other = orc.herd[0].clone();
    other.decode_into(&bytes).unwrap();
    assert_eq!(other, orc);
    assert!(format!("{view:?}").contains("Grüße"));
}

#[test]
fn every_alignment_reads() {
    let bytes = orc().encode().unwrap();
    let mut shifted = vec![0; bytes.len() + 8];
    for shift in 0..8 {
        shifted[shift..shift + bytes.len()].copy_from_slice(&bytes);
        let view = Monster::view(&shifted[shift..shift + bytes.len()]).unwrap();
        assert_eq!(view.to_owned().unwrap(), orc());
    }
}

#[test]
fn every_cut_is_an_error() {
    let bytes = orc().encode().unwrap();
    for len in (0..bytes.len()).step_by(STEP) {
        let error = Monster::decode(&bytes[..len]).unwrap_err();
        assert!(error.to_string().starts_with("Monster"), "{error}");
        assert!(Monster::view(&bytes[..len]).is_err());
        drop(format!("{:?}", Monster::view_unverified(&bytes[..len])));
    }
}

#[test]
fn changes_in_place() {
    let mut bytes = orc().encode().unwrap();
    let view = Monster::view_mut(&mut bytes).unwrap();
    assert!(view.set_mana(5));
    assert!(view.set_pos(Vec3 {
        x: 0.5,
        y: 0.5,
        z: 0.5
    }));
    view.path().unwrap().get(1).unwrap().set_x(100.0);
    view.herd().unwrap().get(1).unwrap().set_mana(33);
    view.luck().unwrap().unwrap().set(14);
    assert!(view.set_luck(None));
    if let ShapeViewMut::Named(named) = view.shape().unwrap() {
        assert!(named.f0().unwrap().set("m"));
    }
    let mut expected = orc();
    expected.mana = 5;
    expected.pos = Vec3 {
        x: 0.5,
        y: 0.5,
        z: 0.5,
    };
    expected.path[1].x = 100.0;
    expected.herd[1].mana = 33;
    expected.luck = None;
    expected.shape = Shape::Named("m".into());
    assert_eq!(Monster::decode(&bytes).unwrap(), expected);
}

#[test]
fn builds_without_an_object() {
    let mut memory = [0xa5u8; 4096];
    let mut writer = FixedWriter::new(&mut memory);
    let mut monster = Monster::build(&mut writer).unwrap();
    monster
        .mana(-7)
        .unwrap()
        .name("Grüße")
        .unwrap()
        .inventory(&[1, 2])
        .unwrap();
    monster.build_pos().unwrap().x(4.0).unwrap();
    let mut herd = monster.build_herd(2).unwrap();
    herd.build(0).unwrap().mana(10).unwrap();
    herd.build(1)
        .unwrap()
        .mana(11)
        .unwrap()
        .name("last")
        .unwrap();
    assert!(herd.build(2).is_err());
    monster
        .build_friend()
        .unwrap()
        .some()
        .unwrap()
        .mana(12)
        .unwrap();
    monster
        .build_shape()
        .unwrap()
        .circle()
        .unwrap()
        .set(&2.5)
        .unwrap();
    assert!(monster.inventory(&[0; 9]).is_err());
    let len = writer.len();
    let monster = Monster::decode(&memory[..len]).unwrap();
    assert_eq!(monster.mana, -7);
    assert_eq!(monster.pos.x, 4.0);
    assert_eq!(monster.herd[0].mana, 10);
    assert_eq!(monster.herd[1].name, "last");
    assert_eq!(monster.friend.unwrap().mana, 12);
    assert_eq!(monster.shape, Shape::Circle { radius: 2.5 });
    assert!(memory[len..].iter().all(|byte| *byte == 0xa5));
}

#[test]
fn a_full_writer_reports_it() {
    let orc = orc();
    let needed = orc.encoded_len().unwrap();
    let mut memory = vec![0xa5u8; needed + 8];
    for room in (0..needed).step_by(STEP) {
        assert!(orc.encode_to(&mut memory[..room]).is_err());
        assert!(memory[room..].iter().all(|byte| *byte == 0xa5));
    }
    assert_eq!(orc.encode_to(&mut memory[..needed]), Ok(needed));
    assert_eq!(memory[..needed], orc.encode().unwrap());
}

#[test]
fn limits_are_kept() {
    let mut orc = orc();
    orc.inventory = vec![0; 9];
    assert_eq!(
        orc.encode().unwrap_err().to_string(),
        "`inventory` has more elements than its max of 8"
    );
}

#[test]
fn cycles_and_depth_are_refused() {
    let mut bytes = orc().encode().unwrap();
    let friend = Monster::LAYOUT.field("friend").unwrap().at.at as usize;
    let own = u32::from_le_bytes(bytes[friend..friend + 4].try_into().unwrap());
    // The friend's friend is itself.
    bytes[own as usize + friend..][..4].copy_from_slice(&own.to_le_bytes());
    let error = Monster::view(&bytes).unwrap_err();
    assert!(
        matches!(error.cause(), karmem::Cause::Budget | karmem::Cause::Depth),
        "{error}"
    );
    assert!(Monster::view_unverified(&bytes).to_owned().is_err());
    // Printing ends too, and says why.
    let shown = format!("{:?}", Monster::view_unverified(&bytes));
    assert!(shown.contains("friend: <"), "{shown}");
}

/// The longest text that [`shown`] gives, in bytes.
const SHOWN: usize = if cfg!(miri) { 200 } else { 2000 };

/// What `{:?}` gives, cut off: a message that was not checked may be cyclic.
fn shown(value: &dyn core::fmt::Debug) -> String {
    use core::fmt::Write;
    struct Short(String);
    impl Write for Short {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            self.0.push_str(text);
            if self.0.len() > SHOWN {
                return Err(core::fmt::Error);
            }
            Ok(())
        }
    }
    let mut short = Short(String::new());
    // An error only says that it was cut off.
    let _ = write!(short, "{value:?}");
    short.0
}

/// Offsets and lengths at which arithmetic goes wrong, in every place.
#[test]
fn garbage_is_harmless() {
    let orc = orc().encode().unwrap();
    let step = if cfg!(miri) { 68 } else { 4 };
    for at in (0..orc.len() - 4).step_by(step) {
        for word in [0, 1, orc.len() as u32, u32::MAX, u32::MAX - 3, 1 << 31] {
            let mut bytes = orc.clone();
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
            let trusted = shown(&Monster::view_unverified(&bytes));
            if let Ok(view) = Monster::view(&bytes) {
                assert_eq!(shown(&view), trusted);
            }
            let Some(monster) = Monster::view_mut_unverified(&mut bytes) else {
                continue;
            };
            monster.set_mana(1);
            // There are none if the word is the size of the table.
            for at in monster.path().into_iter().flat_map(|path| path.iter()) {
                at.set_x(0.0);
            }
            for minion in monster.herd().into_iter().flat_map(|herd| herd.iter()) {
                minion.set_mana(2);
            }
            if let Some(ShapeViewMut::Named(named)) = monster.shape()
                && let Some(name) = named.f0()
            {
                name.set(&"x".repeat(name.len()));
            }
        }
    }
    let len = orc.len() as u32;
    for root in [len - 4, len - 1, len, u32::MAX - 3, u32::MAX] {
        let limits = karmem::Limits::default();
        assert!(
            Monster::decode_at(&orc, root, &limits).is_err(),
            "root {root}"
        );
        shown(&Monster::view_unverified_at(&orc, root));
    }
}

/// Views of the same bytes, as elements and as Rust values, see each other's changes.
#[test]
fn slices_are_rust_slices_where_they_can_be() {
    let encoded = orc().encode().unwrap();
    let mut words = vec![0u64; encoded.len() / 8 + 2];
    let memory = karmem::zerocopy::IntoBytes::as_mut_bytes(&mut words[..]);
    for shift in [0, 4, 1] {
        let bytes = &mut memory[shift..shift + encoded.len()];
        bytes.copy_from_slice(&encoded);
        let path = Monster::view(bytes).unwrap().path();
        let can_be = cfg!(target_endian = "little") && shift % 4 == 0;
        assert_eq!(path.as_slice(), can_be.then_some(&orc().path[..]));
        assert_eq!(
            Monster::view(bytes).unwrap().inventory().as_slice(),
            Some(&[1, 2, 3][..])
        );

        let view = Monster::view_mut(bytes).unwrap();
        let (path, again) = (view.path().unwrap(), view.path().unwrap());
        match path.as_cells() {
            Some(cells) => {
                assert!(can_be);
                cells[1].set(Vec3 {
                    x: 5.0,
                    ..cells[1].get()
                });
            }
            None => {
                assert!(!can_be);
                path.get(1).unwrap().set_x(5.0);
            }
        }
        assert_eq!(again.get(1).unwrap().x(), 5.0);
        again.get(1).unwrap().set_x(6.0);
        assert!(again.set(
            2,
            &Vec3 {
                x: 7.0,
                y: 0.0,
                z: 0.0
            }
        ));
        assert_eq!(
            path.iter().map(|at| at.x()).collect::<Vec<_>>(),
            [9.0, 6.0, 7.0]
        );
    }
}
