//! Values and results through a region that is a `Vec`.

use karmem::interface::{Arg, Incoming, Output, Value, send};
use karmem::schema::{Pass, Scalar, Type};
use karmem::{Karmem, Shared};

use super::mock::Messages;
use super::{Far, Id, Point, Team, World};

/// The number of a value, after it came back from it.
fn travelled<T: Value + PartialEq + std::fmt::Debug>(value: T) -> T::Abi {
    let mut region = Messages::default();
    let abi = value.lower(&mut region).unwrap();
    assert_eq!(T::lift(abi, &region).unwrap(), value);
    let (offset, bits) = value.lower_part(&mut region).unwrap();
    assert_eq!(T::lift_part(0, offset, bits, &region).unwrap(), value);
    abi
}

#[test]
fn scalars_are_numbers() {
    assert_eq!(travelled(true), 1);
    assert_eq!(travelled(u8::MAX), 255);
    assert_eq!(travelled(-1i8), -1);
    assert_eq!(travelled(i16::MIN), -32768);
    assert_eq!(travelled(u16::MAX), 65535);
    assert_eq!(travelled(u32::MAX), -1);
    assert_eq!(travelled(i32::MIN), i32::MIN);
    assert_eq!(travelled(u64::MAX), -1i64);
    assert_eq!(travelled(i64::MIN), i64::MIN);
    assert_eq!(travelled('ß'), 0xdf);
    assert_eq!(travelled(1.5f32).to_bits(), 1.5f32.to_bits());
    assert_eq!(travelled(-0.0f64).to_bits(), (-0.0f64).to_bits());
    assert_eq!(travelled(Team::Everybody), 127);
    assert_eq!(travelled(Far::There), 0x1_0000_0000i64);
    assert_eq!(travelled(Id(9)), 9);
    travelled(());
    assert_eq!(travelled(Shared::<World>::new(3, 16)), 3 << 32 | 16);
}

#[test]
fn the_record_has_the_bits_of_the_value_alone() {
    let mut region = Messages::default();
    assert_eq!((-1i8).lower_part(&mut region).unwrap(), (0, 0xff));
    assert_eq!((-1i32).lower_part(&mut region).unwrap(), (0, 0xffff_ffff));
    assert_eq!(1.0f32.lower_part(&mut region).unwrap(), (0, 0x3f80_0000));
}

#[test]
fn messages_lie_where_the_number_says() {
    assert_eq!(travelled(Point { x: 1.0, y: -1.0 }), 0);
    travelled(World::named("here"));
    let mut region = Messages::default();
    World::named("first").lower(&mut region).unwrap();
    let at = send::<World, _>(&World::named("second"), &mut region).unwrap();
    let at = Shared::<World>::from_i64(at);
    assert!(at.offset() > 0);
    let view = World::view_at(&region.bytes, at.offset(), &Default::default()).unwrap();
    assert_eq!(view.name(), "second");
    // What callers hand over: scalars as they are, messages by reference.
    let _: (Arg<'_, u8>, Arg<'_, Team>, Arg<'_, Id>) = (1, Team::Nobody, Id(1));
    let _: Arg<'_, Point> = &Point::default();
}

fn error<T: Value>(abi: T::Abi) -> String {
    match T::lift(abi, &Messages::default()) {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error.0,
    }
}

#[test]
fn what_is_no_value_is_refused() {
    assert_eq!(
        error::<bool>(2),
        "bool, offset 0: the bool is neither 0 nor 1"
    );
    assert!(error::<char>(0xd800).contains("no Unicode scalar value"));
    assert_eq!(
        error::<Team>(1),
        "Team, offset 0: the enumerator is unknown"
    );
    assert!(error::<World>(8).contains("World, offset 8"));
    assert!(error::<World>(1 << 32).contains("no region 1"));
    // What is above the bits of a small number does not count, as for a C function.
    assert_eq!(u8::lift(0x1ff, &Messages::default()), Ok(0xff));
    assert_eq!(i8::lift(0xff, &Messages::default()), Ok(-1));
}

fn result<T: Output + PartialEq + std::fmt::Debug>(value: T) -> Messages {
    let mut region = Messages::default();
    let abi = value.lower_output(&mut region).unwrap();
    assert_eq!(T::lift_output(abi, &region).unwrap(), value);
    region
}

#[test]
fn results_are_records() {
    let region = result(Ok::<u8, Team>(200));
    assert_eq!(
        region.bytes,
        [0, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]
    );
    let region = result(Err::<(), Team>(Team::Everybody));
    assert_eq!(
        region.bytes,
        [1, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 0, 0, 0, 0, 0]
    );
    result(Ok::<(), Team>(()));
    result(Ok::<World, Far>(World::named("well")));
    result(Err::<World, Far>(Far::There));
    let region = result(Err::<Shared<World>, Point>(Point { x: 1.0, y: 2.0 }));
    let (message, record) = region.bytes.split_at(8);
    assert_eq!(Point::decode(message).unwrap(), Point { x: 1.0, y: 2.0 });
    assert_eq!(record, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    result(Ok::<Shared<World>, Point>(Shared::new(u32::MAX, u32::MAX)));
    result(7u64);
    result(());
}

#[test]
fn damaged_records_are_refused() {
    type Answer = Result<World, Team>;
    let mut region = Messages::default();
    let abi = Answer::Ok(World::named("x"))
        .lower_output(&mut region)
        .unwrap();
    let lift = |region: &Messages, abi| Answer::lift_output(abi, region).unwrap_err().0;
    for cut in 1..=16 {
        let bytes = region.bytes[..region.bytes.len() - cut].to_vec();
        let error = lift(&Messages { bytes }, abi);
        assert!(error.contains("shorter than its root"), "{error}");
    }
    assert!(lift(&region, abi + 8).contains("Result, offset"));
    assert!(lift(&region, i64::from(u32::MAX)).contains("shorter than its root"));
    let record = abi as usize;
    for tag in [2, 255] {
        let mut region = Messages {
            bytes: region.bytes.clone(),
        };
        region.bytes[record] = tag;
        assert!(lift(&region, abi).contains("the enumerator is unknown"));
    }
    region.bytes[record] = 1; // an `Err` whose bits are no `Team`
    region.bytes[record + 8] = 3;
    assert!(lift(&region, abi).starts_with("Team, "));
    region.bytes[record] = 0;
    region.bytes[record + 7] = 0xff; // a message outside of the region
    assert!(lift(&region, abi).starts_with("World, "));
}

#[test]
fn the_model_says_how_each_is_passed() {
    assert!(matches!(
        <u64 as Value>::PASS,
        Some(Pass::Scalar(Type::Scalar(Scalar::U64)))
    ));
    assert!(matches!(
        <Id as Value>::PASS,
        Some(Pass::Scalar(Type::Scalar(Scalar::U16)))
    ));
    assert!(matches!(
        <Team as Value>::PASS,
        Some(Pass::Scalar(Type::Enum(_)))
    ));
    assert!(matches!(
        <World as Value>::PASS,
        Some(Pass::Message(Type::Struct(_)))
    ));
    assert!(matches!(
        <Box<Point> as Value>::PASS,
        Some(Pass::Message(_))
    ));
    assert!(matches!(
        <Shared<World> as Value>::PASS,
        Some(Pass::Shared(_))
    ));
    type Answer = Result<(), Team>;
    assert!(<Answer as Output>::OK.is_none() && <Answer as Output>::ERR.is_some());
    let _ = Messages::default().read(0, |_, _| Ok(()));
}
