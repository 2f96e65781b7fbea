//! Builders write what the objects do: field by field from values, and piece by piece without any.

use karmem::{EncodeError, FixedWriter, Karmem, Sink};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::config;
use super::pen::Root;
use super::values::Any;
use super::zoo::*;

type Result<T = ()> = std::result::Result<T, EncodeError>;

/// A way to write a `T`; of `T` itself: all fields from their values, in order.
trait Build<T: Root> {
    fn write<S: Sink>(&self, builder: &mut T::Builder<'_, S>) -> Result;
}

/// Piece by piece, without values.
struct Pieces<'a, T>(&'a T);

impl Build<Node> for Pieces<'_, Node> {
    fn write<S: Sink>(&self, builder: &mut NodeBuilder<'_, S>) -> Result {
        node(builder, self.0)
    }
}

impl Build<Tables> for Pieces<'_, Tables> {
    fn write<S: Sink>(&self, builder: &mut TablesBuilder<'_, S>) -> Result {
        tables(builder, self.0)
    }
}

/// Not at all.
struct Nothing;

impl<T: Root> Build<T> for Nothing {
    fn write<S: Sink>(&self, _: &mut T::Builder<'_, S>) -> Result {
        Ok(())
    }
}

/// Lists whose elements are not written.
struct Lengths;

impl Build<Tables> for Lengths {
    fn write<S: Sink>(&self, builder: &mut TablesBuilder<'_, S>) -> Result {
        builder.build_leaves(3)?;
        builder.build_gaps(3)?;
        builder.build_nested(3)?;
        builder.build_holders(3)?;
        builder.build_perches(3)?;
        builder.build_figures(3)?;
        builder.build_orders(3)?;
        builder.build_maps(3)?;
        builder.build_numbers(3)?;
        Ok(())
    }
}

/// How the value of a field is given to its builder.
macro_rules! given {
    (copy $value:expr) => {
        $value.clone()
    };
    (lend $value:expr) => {
        &$value
    };
    (text $value:expr) => {
        $value.as_deref()
    };
}

macro_rules! builds {
    ($($ty:ident { $($how:ident: $($field:ident)*;)* })*) => {$(
        impl Build<$ty> for $ty {
            #[allow(clippy::clone_on_copy, reason = "some are `Copy`")]
            fn write<S: Sink>(&self, builder: &mut <$ty as karmem::shape::Shape>::Builder<'_, S>) -> Result {
                $($(builder.$field(given!($how self.$field))?;)*)*
                Ok(())
            }
        }
    )*};
}
builds! {
    Numbers { copy: a b c d e f g h i j k l; }
    Arrays { lend: small rows points teams names perhaps lists leaves boxed figures pairs ids; }
    Lists { lend: bytes bools doubles chars teams points names words grid perhaps labels pairs; }
    Tables {
        lend: leaf boxed leaves boxes gaps nested holders perches figures orders maps numbers;
    }
    Options {
        copy: bool wide;
        lend: team point;
        text: text;
        lend: list array leaf boxed figure map id;
    }
    Maps { lend: counts names bytes leaves perhaps figures points; }
    Limited { lend: list text perhaps map; }
    PaddedTable {
        copy: flag wide small;
        lend: name team part child herd pair odds figure parts;
    }
    CTable { copy: flag wide small; lend: name team part child herd pair odds figure parts; }
    PackedTable { copy: flag wide small; lend: name team part child herd pair odds figure parts; }
    LegacyTable { copy: flag wide small; lend: name team part child herd pair odds figure parts; }
    Mixed { lend: packed legacy c tables old; }
}

/// Writes to a growing and to a fixed writer, and gives the bytes, of which there are at most `len`.
fn written<T: Root>(len: usize, how: &impl Build<T>) -> Vec<u8> {
    let mut bytes = Vec::new();
    how.write(&mut T::build(&mut bytes).unwrap()).unwrap();
    let mut memory = vec![0xa5; len + 16];
    let mut writer = FixedWriter::new(&mut memory);
    how.write(&mut T::build(&mut writer).unwrap()).unwrap();
    let used = writer.len();
    assert_eq!(bytes, memory[..used], "no old byte is left");
    assert!(memory[used..].iter().all(|byte| *byte == 0xa5));
    bytes
}

fn on_values<T: Root + Any>(check: fn(T)) {
    TestRunner::new(config(24))
        .run(&T::any(2), |value| {
            check(value);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
}

#[test]
fn fields_in_order_give_the_canonical_bytes() {
    fn check<T: Build<T> + Root + Any>() {
        on_values::<T>(|value| {
            let expected = value.encode().unwrap();
            let bytes = written::<T>(expected.len(), &value);
            assert_eq!(bytes, expected);
            assert_eq!(T::decode(&bytes).unwrap(), value);
        });
    }
    check::<Numbers>();
    check::<Arrays>();
    check::<Lists>();
    check::<Tables>();
    check::<Options>();
    check::<Maps>();
    check::<Limited>();
    check::<PaddedTable>();
    check::<CTable>();
    check::<PackedTable>();
    check::<LegacyTable>();
    check::<Mixed>();
}

fn figure<S: Sink>(builder: FigureBuilder<'_, S>, value: &Figure) -> Result {
    match value {
        Figure::Empty => builder.empty(),
        Figure::Circle { radius, centre } => {
            let mut circle = builder.circle()?;
            circle.radius(*radius)?;
            let mut at = circle.build_centre()?;
            at.x(centre.x)?.y(centre.y)?.z(centre.z)?;
        }
        Figure::Named(name) => drop(builder.named()?.f0(name)?),
        Figure::Group(figures, number) => {
            let mut group = builder.group()?;
            let mut list = group.build_f0(figures.len())?;
            for (i, value) in figures.iter().enumerate() {
                figure(list.build(i)?, value)?;
            }
            group.f1(*number)?;
        }
    }
    Ok(())
}

fn order<S: Sink>(builder: OrderBuilder<'_, S>, value: &Order) -> Result {
    match value {
        Order::Move { to } => drop(builder.r#move()?.to(to)?),
        Order::Say(words) => drop(builder.say()?.f0(words)?),
        Order::Wait => builder.wait(),
    }
    Ok(())
}

fn node<S: Sink>(builder: &mut NodeBuilder<'_, S>, value: &Node) -> Result {
    builder.value(value.value)?;
    if let Some(next) = &value.next {
        node(&mut builder.build_next()?.some()?, next)?;
    }
    let mut children = builder.build_children(value.children.len())?;
    for (i, child) in value.children.iter().enumerate() {
        node(&mut children.build(i)?, child)?;
    }
    figure(builder.build_figure()?, &value.figure)?;
    order(builder.build_order()?, &value.order)?;
    builder.colour(&value.colour)?.label(&value.label)?;
    Ok(())
}

fn leaf<S: Sink>(builder: &mut LeafBuilder<'_, S>, value: &Leaf) -> Result {
    builder.age(value.age)?.name(&value.name).map(drop)
}

fn tables<S: Sink>(builder: &mut TablesBuilder<'_, S>, value: &Tables) -> Result {
    leaf(&mut builder.build_leaf()?, &value.leaf)?;
    leaf(&mut builder.build_boxed()?, &value.boxed)?;
    let mut leaves = builder.build_leaves(value.leaves.len())?;
    for (i, value) in value.leaves.iter().enumerate() {
        leaf(&mut leaves.build(i)?, value)?;
    }
    let mut boxes = builder.build_boxes(value.boxes.len())?;
    for (i, value) in value.boxes.iter().enumerate() {
        leaf(&mut boxes.build(i)?, value)?;
    }
    let mut gaps = builder.build_gaps(value.gaps.len())?;
    for (i, value) in value.gaps.iter().enumerate() {
        if let Some(value) = value {
            leaf(&mut gaps.build(i)?.some()?, value)?;
        }
    }
    let mut nested = builder.build_nested(value.nested.len())?;
    for (i, value) in value.nested.iter().enumerate() {
        let mut leaves = nested.build(i)?.len(value.len())?;
        for (i, value) in value.iter().enumerate() {
            leaf(&mut leaves.build(i)?, value)?;
        }
    }
    let mut holders = builder.build_holders(value.holders.len())?;
    for (i, value) in value.holders.iter().enumerate() {
        leaf(&mut holders.build(i)?.build_leaf()?, &value.leaf)?;
    }
    let mut perches = builder.build_perches(value.perches.len())?;
    for (i, value) in value.perches.iter().enumerate() {
        if let Some(value) = &value.leaf {
            leaf(&mut perches.build(i)?.build_leaf()?.some()?, value)?;
        }
    }
    let mut figures = builder.build_figures(value.figures.len())?;
    for (i, value) in value.figures.iter().enumerate() {
        figure(figures.build(i)?, value)?;
    }
    // The last first, as whoever builds may go in any order.
    let mut orders = builder.build_orders(value.orders.len())?;
    for (i, value) in value.orders.iter().enumerate().rev() {
        order(orders.build(i)?, value)?;
    }
    let mut maps = builder.build_maps(value.maps.len())?;
    for (i, value) in value.maps.iter().enumerate() {
        maps.set(i, value)?;
    }
    assert!(maps.set(value.maps.len(), &Default::default()).is_err());
    let mut numbers = builder.build_numbers(value.numbers.len())?;
    for (i, value) in value.numbers.iter().enumerate() {
        value.write(&mut numbers.build(i)?)?;
    }
    Ok(())
}

#[test]
fn nodes_piece_by_piece_give_the_canonical_bytes() {
    on_values::<Node>(|value| {
        let expected = value.encode().unwrap();
        let bytes = written::<Node>(expected.len(), &Pieces(&value));
        assert_eq!(bytes, expected);
    });
}

#[test]
fn tables_piece_by_piece_are_the_value() {
    on_values::<Tables>(|value| {
        // Options of tables are allocated one by one, so that their bytes lie elsewhere.
        let bytes = written::<Tables>(2 * value.encoded_len().unwrap() + 64, &Pieces(&value));
        assert_eq!(Tables::decode(&bytes).unwrap(), value);
    });
}

/// Fields and elements that nobody writes are zero, empty or absent, whatever the memory held.
#[test]
fn what_is_left_out_is_empty() {
    fn check<T: Root>() {
        let bytes = written::<T>(4096, &Nothing);
        let value = T::decode(&bytes).unwrap();
        assert_eq!(T::decode(&value.encode().unwrap()).unwrap(), value);
    }
    for check in of_each_root!(check) {
        check();
    }

    let bytes = written::<Tables>(4096, &Lengths);
    let value = Tables::decode(&bytes).unwrap();
    let empty = Leaf {
        age: 0,
        name: "".into(),
    };
    assert_eq!(value.leaves, vec![empty.clone(); 3]);
    assert_eq!(value.gaps, vec![None; 3]);
    assert_eq!(value.nested, vec![Vec::new(); 3]);
    assert_eq!(value.holders, vec![Holder { leaf: empty }; 3]);
    assert_eq!(*value.perches, [const { Perch { leaf: None } }; 3]);
    assert_eq!(value.figures, vec![Figure::Empty; 3]);
    assert_eq!(value.orders, vec![Order::Wait; 3]);
    assert!(value.numbers.iter().all(|numbers| numbers.l == '\0'));
}

proptest! {
    #![proptest_config(config(128))]

    /// A fixed writer that is too short says so at some point, and writes nothing outside.
    #[test]
    fn a_full_writer_says_so(value in Node::any(1), room in any::<prop::sample::Index>()) {
        let needed = value.encoded_len().unwrap();
        let room = room.index(needed);
        let mut memory = vec![0xa5; needed + 16];
        let mut writer = FixedWriter::new(&mut memory[..room]);
        let result = Node::build(&mut writer).and_then(|mut builder| node(&mut builder, &value));
        prop_assert!(matches!(result, Err(EncodeError::Full { .. })), "{:?}", result);
        prop_assert!(memory[room..].iter().all(|byte| *byte == 0xa5));
    }

    #[test]
    fn more_than_the_max_is_refused(len in 5usize..20) {
        let long = "x".repeat(len + 2);
        let mut bytes = Vec::new();
        let mut limited = Limited::build(&mut bytes).unwrap();
        prop_assert!(limited.list(&vec![1; len]).is_err());
        prop_assert!(limited.build_list(len).is_err());
        prop_assert!(limited.text(&long).is_err());
        prop_assert!(limited.map(&(0..len as u8).map(|n| (n, String::new())).collect()).is_err());
        let leaves = vec![Leaf { age: 0, name: "".into() }; len];
        prop_assert!(limited.perhaps(&Some(leaves.clone())).is_err());
        let mut value = Limited::decode(&bytes).unwrap();
        value.perhaps = Some(leaves);
        prop_assert!(value.encode().is_err());
    }
}
