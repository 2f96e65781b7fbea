//! Messages of a real guest: built, changed and read where they lie.

use karmem::host::{Block, Error, Instance, Message};
use karmem::{EncodeError, Karmem, Sink};
use monsters_model::{Statistics, Team, World};

use crate::{guest, limits, monsters};

fn write(guest: &mut Instance, world: &World) -> Block {
    let block = guest.alloc(world.encoded_len().unwrap()).unwrap();
    guest.build(&block, |writer| build(world, writer)).unwrap();
    block
}

fn build<S: Sink>(world: &World, sink: &mut S) -> Result<(), EncodeError> {
    let mut to = World::build(sink)?;
    to.frame(world.frame)?;
    let mut monsters = to.build_monsters(world.monsters.len())?;
    for (i, from) in world.monsters.iter().enumerate() {
        monsters
            .build(i)?
            .pos(&from.pos)?
            .speed(&from.speed)?
            .name(&from.name)?
            .team(&from.team)?
            .health(from.health)?
            .path(&from.path)?;
    }
    Ok(())
}

#[test]
fn a_world_is_moved_in_place_as_natively() {
    let module = karmem::host::Module::from_bytes(crate::engine(), monsters()).unwrap();
    let mut guest = Instance::builder(&module)
        .limits(limits())
        .expect::<World>()
        .build()
        .unwrap();
    let mut native = World::new(200);
    let block = write(&mut guest, &native);
    let step = guest.func::<i64, i32>("step").unwrap();
    for _ in 0..50 {
        native.step();
        assert_eq!(step.call(&mut guest, block.message(0)).unwrap(), 200);
        let (mut ours, mut theirs) = (Statistics::default(), Statistics::default());
        for monster in &native.monsters {
            ours.add(monster.bumps, monster.pos.z);
        }
        let view = guest.view::<World>(&block).unwrap();
        for monster in view.monsters().iter() {
            theirs.add(monster.bumps(), monster.pos().z());
        }
        assert_eq!(ours, theirs);
    }
    assert_eq!(
        guest.view::<World>(&block).unwrap().to_owned().unwrap(),
        native
    );
    assert_eq!(guest.stats().bytes_copied, 0);
    assert_eq!(guest.stats().bytes_shared, u64::from(block.len()));
    // What is no world is refused by the guest.
    assert_eq!(
        step.call(&mut guest, Message::new(9, 0).to_i64()).unwrap(),
        -1
    );
}

#[test]
fn what_the_host_changes_in_place_the_guest_sees() {
    let mut guest = guest();
    let world = World::new(20);
    let block = write(&mut guest, &world);
    let sum: i32 = world
        .monsters
        .iter()
        .map(|monster| i32::from(monster.health))
        .sum();
    assert_eq!(
        guest.call::<i64, i32>("healths", block.message(0)).unwrap(),
        sum
    );
    let view = guest.view_mut::<World>(&block).unwrap();
    view.monsters().unwrap().get(3).unwrap().set_health(-500);
    assert_eq!(
        guest.call::<i64, i32>("healths", block.message(0)).unwrap(),
        sum - 500 - 3
    );
    assert_eq!(
        guest.call::<i64, i32>("again", block.message(0)).unwrap(),
        block.len() as i32
    );
    assert_eq!(
        guest.call::<i64, i32>("healths", block.message(0)).unwrap(),
        sum - 500 - 3
    );
    // The guest checks what it gets, too.
    let at = World::LAYOUT.field("monsters").unwrap().at.at;
    guest.write_bytes(&block, at, &[0xff; 4]).unwrap();
    assert_eq!(
        guest.call::<i64, i32>("healths", block.message(0)).unwrap(),
        -2
    );
}

#[test]
fn what_the_guest_returns_is_read_in_place() {
    let mut guest = guest();
    let region = guest.alloc(4096).unwrap();
    for (offset, monsters) in [(0, 3), (64, 10), (2048, 0), (8, 1)] {
        let reply = guest
            .call::<_, i64>("reply", (region.message(0), offset, monsters))
            .unwrap();
        assert_eq!(reply, region.message(offset));
        assert_eq!(guest.resolve(reply).unwrap(), (region, offset));
        let world = guest.view::<World>(reply).unwrap();
        assert_eq!(
            (world.frame(), world.monsters().len()),
            (monsters, monsters as usize)
        );
        for (i, monster) in world.monsters().iter().enumerate() {
            assert_eq!(monster.name(), format!("built {i}").as_str());
            assert_eq!(
                (monster.team(), monster.health()),
                (Team::Zombies, i as i16)
            );
            assert_eq!(monster.path().len(), 2);
        }
    }
    // What does not fit is refused by the writer in the guest, and nothing beside it is touched.
    let behind = guest.alloc(64).unwrap();
    for (offset, monsters) in [(0, 1000), (4096, 0), (4088, 1), (u32::MAX - 7, 1)] {
        let reply = guest
            .call::<_, i64>("reply", (region.message(0), offset, monsters))
            .unwrap();
        assert_eq!(reply, -1, "{offset}, {monsters}");
    }
    assert!(guest.bytes(&behind).unwrap().iter().all(|&byte| byte == 0));
}

#[test]
fn wild_numbers_from_the_guest() {
    let mut guest = guest();
    let block = guest.alloc(64).unwrap();
    let mut echo = |message: i64| {
        let wild = guest.call::<i64, i64>("echo", message).unwrap();
        guest.view::<World>(wild).map(drop).unwrap_err()
    };
    for wild in [0, 1, -1, i64::MAX, i64::MIN, Message::new(2, 0).to_i64()] {
        let error = echo(wild);
        assert!(matches!(error, Error::WildHandle { .. }), "{error:?}");
    }
    for offset in [64, u32::MAX] {
        let error = echo(block.message(offset));
        assert!(
            matches!(error, Error::WildOffset { length: 64, .. }),
            "{error:?}"
        );
    }
    // Zeros are the size of no table.
    for offset in [0, 8, 63] {
        let error = echo(block.message(offset));
        assert!(matches!(error, Error::Verify(_)), "{error:?}");
    }
}

#[test]
fn handles_that_a_guest_does_not_have_or_may_not_change() {
    let mut guest = guest();
    let block = guest.alloc(64).unwrap();
    let open = guest.func::<(i64, u32), i32>("open").unwrap();
    let mut try_open = |message, change| open.call(&mut guest, (message, change)).unwrap();
    for change in [0, 1] {
        assert_eq!(try_open(block.message(0), change), 0);
        assert_eq!(
            try_open(Message::new(block.handle() + 1, 0).to_i64(), change),
            1
        );
        assert_eq!(try_open(0, change), 1);
        assert_eq!(try_open(-1, change), 1);
        assert_eq!(try_open(block.message(64), change), 2);
        assert_eq!(try_open(block.message(u32::MAX), change), 2);
    }
    // Read-only, as another host may attach it.
    let (handle, at) = (block.handle(), block.address());
    guest
        .call::<(u32, u32, u32, u32), ()>("karmem_attach", (handle, at, 64, 0))
        .unwrap();
    let mut try_open = |message, change| open.call(&mut guest, (message, change)).unwrap();
    assert_eq!(try_open(block.message(0), 0), 0);
    assert_eq!(try_open(block.message(0), 1), 3);
    guest.free(block).unwrap();
    let mut try_open = |message, change| open.call(&mut guest, (message, change)).unwrap();
    assert_eq!(try_open(block.message(0), 0), 1);
}
