//! A guest's side of calls: this process plays both modules, which share one outbox.

use std::sync::{Mutex, MutexGuard};

use karmem::guest::{self, CallError, Heap, HeapError, Instance, flags};
use karmem::interface::{Value, send};
use karmem::{Arena, EncodeError, Karmem, Shared};

use super::{Engine, Id, Physics, PhysicsImport, Point, Team, World};

const WORLD: u32 = 1;
const OUTBOX: u32 = 2;
const SIZE: u32 = 1 << 12;

/// Blocks as a host attaches them. Regions belong to the process, so one test has them at a time.
struct Regions {
    blocks: Vec<(u32, *mut u8)>,
    _one: MutexGuard<'static, ()>,
}

impl Regions {
    fn new() -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        Regions {
            blocks: Vec::new(),
            _one: ONE.lock().unwrap_or_else(|error| error.into_inner()),
        }
    }

    fn attach(&mut self, handle: u32, size: u32, flags: u32) {
        let block = guest::alloc(SIZE, 8);
        assert!(!block.is_null() && size <= SIZE);
        // SAFETY: the block is this test's own until it is freed.
        unsafe { guest::attach(handle, block, size, flags) };
        self.blocks.push((handle, block));
    }

    /// A world in region 1, and an outbox.
    fn usual(flags_of_world: u32) -> Self {
        let mut regions = Regions::new();
        regions.attach(WORLD, SIZE, flags::WRITABLE);
        let mut world = guest::open_mut(guest::join(WORLD, 0)).unwrap();
        let at = World::named("world").encode_to(world.bytes_mut());
        assert!(at.is_ok());
        drop(world);
        if flags_of_world != flags::WRITABLE {
            let (_, block) = regions.blocks[0];
            // SAFETY: as above; nothing has the region open.
            unsafe { guest::attach(WORLD, block, SIZE, flags_of_world) };
        }
        regions.attach(OUTBOX, SIZE, flags::WRITABLE | flags::OUTBOX);
        regions
    }
}

impl Drop for Regions {
    fn drop(&mut self) {
        for (handle, block) in self.blocks.drain(..) {
            guest::detach(handle);
            // SAFETY: it came from `alloc`.
            unsafe { guest::free(block, SIZE, 8) };
        }
    }
}

fn world() -> Shared<World> {
    Shared::new(WORLD, 0)
}

/// As the generated client calls, with an export of this process instead of an import.
fn find(
    engine: &Instance<Engine>,
    name: &World,
    team: Team,
) -> Result<Result<Id, World>, CallError> {
    guest::call::<_, Result<Id, World>>(
        |out| {
            Ok((
                send::<World, _>(name, out)?,
                send::<Team, _>(team, out)?,
                send::<Id, _>(Id(1), out)?,
            ))
        },
        |(name, team, id)| <dyn Physics>::__karmem_find(engine, name, team, id),
    )
}

#[test]
fn calls_go_through_the_outbox_and_leave_it_empty() {
    let _regions = Regions::usual(flags::WRITABLE);
    let engine = Instance::<Engine>::new();
    // Far more often than the outbox has room for.
    for _ in 0..1000 {
        let found = find(&engine, &World::named("abc"), Team::Everybody);
        assert_eq!(found, Ok(Ok(Id(4))));
        let found = find(&engine, &World::named("abc"), Team::Nobody);
        assert_eq!(found, Ok(Err(World::named("no abc"))));
    }
}

#[test]
fn views_are_opened_for_the_call() {
    let _regions = Regions::usual(flags::WRITABLE);
    let engine = Instance::<Engine>::new();
    let step = || {
        guest::call::<_, World>(
            |out| {
                Ok((
                    world().lower(out)?,
                    send::<Point, _>(&Point { x: 1.0, y: 0.0 }, out)?,
                ))
            },
            |(world, by)| <dyn Physics>::__karmem_step(&engine, world, by),
        )
    };
    assert_eq!(step().map(|world| world.name), Ok("frame 8".to_owned()));
    assert_eq!(step().map(|world| world.name), Ok("frame 9".to_owned()));
    let opened = world().open().unwrap();
    assert_eq!(opened.view().unwrap().points().get(0).unwrap().x(), 3.0);
    assert_eq!(opened.view_unverified().frame(), 9);
    assert_eq!(<dyn Physics>::__karmem_frame(&engine, world().to_i64()), 9);
    assert_eq!(<dyn Physics>::__karmem_points(&engine, world().to_i64()), 3);
    assert_eq!(<dyn Physics>::__karmem_count(&engine), 2);
}

/// The text of the panic with which an export refuses a call.
fn refused<T>(call: impl FnOnce() -> T + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(|| drop(call())).expect_err("it is refused");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn exports_refuse_what_they_cannot_use() {
    let _regions = Regions::usual(flags::VOLATILE);
    static ENGINE: Instance<Engine> = Instance::new();
    let by = guest::join(WORLD, 0);
    let text = refused(move || <dyn Physics>::__karmem_step(&ENGINE, by, by));
    assert_eq!(text, "tests/physics.step: region 1 may only be read");
    let text = refused(|| <dyn Physics>::__karmem_frame(&ENGINE, guest::join(9, 0)));
    assert_eq!(text, "tests/physics.frame: no region is attached as 9");
    let text = refused(|| <dyn Physics>::__karmem_place(&ENGINE, 0, 2));
    assert!(
        text.starts_with("tests/physics.place: bool, offset 0"),
        "{text}"
    );
    // Each of them gave back what it had.
    assert_eq!(<dyn Physics>::__karmem_count(&ENGINE), 0);
}

#[test]
fn there_must_be_room_for_messages() {
    let mut regions = Regions::new();
    regions.attach(WORLD, SIZE, flags::WRITABLE);
    let engine = Instance::<Engine>::new();
    let name = World::named("abc");
    assert_eq!(find(&engine, &name, Team::Nobody), Err(CallError::NoOutbox));
    regions.attach(OUTBOX, 16, flags::WRITABLE | flags::OUTBOX);
    let full = find(&engine, &name, Team::Nobody);
    assert!(
        matches!(full, Err(CallError::Encode(EncodeError::Full { .. }))),
        "{full:?}"
    );
    // What needs no room goes on.
    let count = || guest::call::<_, u64>(|_| Ok(()), |()| <dyn Physics>::__karmem_count(&engine));
    assert_eq!(count(), Ok(0));
}

#[test]
fn no_call_while_a_volatile_region_is_open() {
    let _regions = Regions::usual(flags::VOLATILE);
    let engine = Instance::<Engine>::new();
    let count = || guest::call::<_, u64>(|_| Ok(()), |()| <dyn Physics>::__karmem_count(&engine));
    let opened = world().open().unwrap();
    assert_eq!(count(), Err(CallError::Volatile(WORLD)));
    drop(opened);
    assert_eq!(count(), Ok(0));
}

#[test]
fn a_region_that_does_not_change_may_stay_open() {
    let _regions = Regions::usual(0);
    let engine = Instance::<Engine>::new();
    let _opened = world().open().unwrap();
    let count = guest::call::<_, u64>(|_| Ok(()), |()| <dyn Physics>::__karmem_count(&engine));
    assert_eq!(count, Ok(0));
}

#[test]
fn results_that_lead_nowhere_are_errors() {
    let _regions = Regions::usual(flags::WRITABLE);
    for wild in [guest::join(77, 0), guest::join(WORLD, SIZE), i64::MAX, -1] {
        let got = guest::call::<_, World>(|_| Ok(()), |()| wild);
        assert!(matches!(got, Err(CallError::Access(_))), "{got:?}");
        let got = guest::call::<_, Result<u8, Team>>(|_| Ok(()), |()| wild);
        assert!(matches!(got, Err(CallError::Access(_))), "{got:?}");
    }
    let got = guest::call::<_, World>(|_| Ok(()), |()| guest::join(WORLD, SIZE - 8));
    assert!(matches!(got, Err(CallError::Verify(_))), "{got:?}");
}

#[test]
fn an_instance_is_lent_once() {
    let engine = Instance::<Engine>::new();
    let inner = engine.with(|_| engine.with(|_| ()));
    assert_eq!(inner, Some(None));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.with(|_| panic!("in between"))
    }));
    assert!(caught.is_err());
    assert_eq!(engine.with(|it| it.count), Some(0));
}

#[test]
fn calls_out_of_calls_write_above_them() {
    let _regions = Regions::usual(flags::WRITABLE);
    let (outer, inner) = (Instance::<Engine>::new(), Instance::<Engine>::new());
    let name = World::named("outer");
    let result = guest::call::<_, Result<Id, World>>(
        |out| send::<World, _>(&name, out),
        |message| {
            // Another call, while the argument of the first waits in the outbox.
            let found = find(&inner, &World::named("in"), Team::Nobody);
            assert_eq!(found, Ok(Err(World::named("no in"))));
            let id = Id(1).lower(&mut super::mock::Messages::default());
            <dyn Physics>::__karmem_find(&outer, message, 0, id.unwrap())
        },
    );
    assert_eq!(result, Ok(Err(World::named("no outer"))));
}

#[test]
fn nobody_is_linked_outside_of_wasm() {
    let import = PhysicsImport;
    assert_eq!(import.count(), Err(CallError::NotWasm));
    let found = import.find(&World::default(), Team::Nobody, Id(0));
    assert_eq!(found, Err(CallError::NotWasm));
    assert_eq!(import.frame(world()), Err(CallError::NotWasm));
    assert_eq!(import.place(world(), true), Err(CallError::NotWasm));
    assert_eq!(
        import.step(world(), &Point::default()),
        Err(CallError::NotWasm)
    );
    assert_eq!(import.reset(), Err(CallError::NotWasm));
    assert_eq!(Heap::new(1).put(&World::default()), Err(HeapError::NotWasm));
    assert_eq!(Heap::new(1).free(world()), Err(HeapError::NotWasm));
    let elsewhere = Heap::new(2).free(world());
    assert!(matches!(
        elsewhere,
        Err(HeapError::NotThere { handle: 1, .. })
    ));
}

#[test]
fn the_text_of_a_panic_is_read_once() {
    assert_eq!(guest::take_panic(), 0);
    guest::note_panic(&"first");
    guest::note_panic(&"as it was asked");
    let text = guest::take_panic();
    let (address, length) = guest::split(text);
    assert!(address != 0);
    assert_eq!(length as usize, "as it was asked".len());
    assert_eq!(guest::take_panic(), 0);
}

#[test]
fn an_arena_forgets_what_it_is_told_to() {
    let mut memory = vec![0xff; 1 << 10];
    let mut frame = Arena::starting_at(&mut memory, 4);
    let one = frame.put(&World::named("one")).unwrap();
    let mark = frame.mark();
    let two = frame.put(&World::named("two")).unwrap();
    let view = |frame: &Arena<'_>, at| {
        World::decode_at(frame.as_bytes(), at, &Default::default()).map(|world| world.name)
    };
    assert_eq!(view(&frame, one), Ok("one".to_owned()));
    assert_eq!(view(&frame, two), Ok("two".to_owned()));
    frame.rewind(mark);
    assert!(view(&frame, two).is_err());
    assert_eq!(frame.put(&World::named("three")), Ok(two));
    let used = frame.used();
    let large = World::named(&"x".repeat(1 << 10));
    assert!(matches!(frame.put(&large), Err(EncodeError::Full { .. })));
    assert_eq!(frame.used(), used);
    let later = frame.mark();
    frame.clear();
    frame.rewind(later);
    assert_eq!((frame.used(), frame.left()), (4, (1 << 10) - 4));
    World::build(&mut frame).unwrap().frame(5).unwrap();
    assert_eq!(view(&frame, 8), Ok(String::new()));
    assert_eq!(memory[..4], [0xff; 4]);
}
