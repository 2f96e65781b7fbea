//! Schemas that the public compiler accepts and of which it makes code that does not compile, or that
//! reads something else than what was written: the export names them.

#![allow(dead_code, reason = "the types are only described")]

use std::collections::BTreeMap;

use karmem_core::schema::Type;
use karmem_core::wire::Wire;
use karmem_derive::Karmem;
use karmem_idl::Schema;

/// The problems of types that are not exported, one per line.
fn refused(types: &[Type]) -> String {
    let error = Schema::from_types("test", types)
        .to_km()
        .expect_err("public code cannot live with it");
    let problems = error.problems.iter().map(ToString::to_string);
    problems.collect::<Vec<_>>().join("\n")
}

fn exported(types: &[Type]) -> String {
    let km = Schema::from_types("test", types).to_km();
    km.unwrap_or_else(|error| panic!("{error}"))
}

const fn ty<T: Wire<karmem_core::rule::Padded>>() -> Type {
    T::TYPE
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core", table)]
struct Methods {
    read: u8,
    write: u16,
    reset: bool,
    read_as_root: u8,
    write_as_root: String,
    packet_identifier: u64,
    size_of: u32,
}

/// Names near to those, and one that only Zig's views cannot have.
#[derive(Karmem)]
#[karmem(crate = "::karmem_core")]
struct Near {
    reads: u8,
    size: u32,
    length: u8,
    viewer: u8,
    write_at: u8,
    new: u8,
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core", spread)]
enum Job {
    Reset,
    Read { at: u32 },
}

#[test]
fn fields_called_like_methods_of_the_public_code() {
    expect_test::expect![[r#"
          JobRead: the public compiler's C code declares `JobRead` for `Job` too: choose another name by `#[karmem(rename = "…")]`
          Methods.Read: the public compiler's Go code declares `Read` itself: choose another name by `#[karmem(rename = "…")]`
          Methods.Write: the public compiler's Go code declares `Write` itself: choose another name by `#[karmem(rename = "…")]`
          Methods.Reset: the public compiler's Go code declares `Reset` itself: choose another name by `#[karmem(rename = "…")]`
          Methods.ReadAsRoot: the public compiler's Go code declares `ReadAsRoot` itself: choose another name by `#[karmem(rename = "…")]`
          Methods.WriteAsRoot: the public compiler's Go code declares `WriteAsRoot` itself: choose another name by `#[karmem(rename = "…")]`
          Methods.PacketIdentifier: the public compiler's Go code declares `PacketIdentifier` itself: choose another name by `#[karmem(rename = "…")]`
          Methods.SizeOf: the public compiler's AssemblyScript code declares `SizeOf` itself: choose another name by `#[karmem(rename = "…")]`
          Job.Read: the public compiler's Go code declares `Read` itself: choose another name by `#[karmem(rename = "…")]`"#]].assert_eq(&refused(&[ty::<Methods>(), ty::<Job>(), ty::<Near>()]));
    let renamed = {
        #[derive(Karmem)]
        #[karmem(crate = "::karmem_core")]
        struct Renamed {
            #[karmem(rename = "DoRead")]
            read: u8,
        }
        ty::<Renamed>()
    };
    exported(&[ty::<Near>(), renamed]);
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core")]
struct Counted {
    name: String,
    name_length: u8,
    data: [u8; 4],
    data_length: u8,
    /// There is no function for the length of a number.
    one: u8,
    one_length: u8,
}

#[test]
fn fields_called_like_the_length_of_a_slice() {
    expect_test::expect![[r#"
          Counted.NameLength: the public compiler's C code declares `CountedViewer_NameLength` for `Counted.Name` too: choose another name by `#[karmem(rename = "…")]`
          Counted.DataLength: the public compiler's C code declares `CountedViewer_DataLength` for `Counted.Data` too: choose another name by `#[karmem(rename = "…")]`"#]].assert_eq(&refused(&[ty::<Counted>()]));
}

macro_rules! types {
    ($($name:ident),* $(,)?) => {$(
        #[derive(Karmem)]
        #[karmem(crate = "::karmem_core")]
        struct $name {
            x: u8,
        }
    )*};
}

types! {
    Monster, MonsterViewer, NewMonster, NewMonsterViewer, PacketIdentifier, PacketIdentifierMonster,
    MonsterReset, MonsterWrite, MonsterRead, MonsterReadAsRoot, MonsterViewerSize, Allocator, KarmemReader,
    TeamOrcs, EnumTeam, DefaultEnumTeam, MonsterViews, Viewer, NewTextItem, TextItems,
}

#[derive(Karmem, Clone, Copy)]
#[karmem(crate = "::karmem_core")]
#[repr(u8)]
enum Team {
    Humans,
    Orcs,
}

#[derive(Karmem, Clone, Copy)]
#[karmem(crate = "::karmem_core", rename = "TeamO")]
#[repr(u8)]
enum Other {
    Zero,
    #[karmem(rename = "R")]
    One,
}

#[derive(Karmem, Clone, Copy)]
#[karmem(crate = "::karmem_core", rename = "Team")]
#[repr(u8)]
enum Joined {
    Zero,
    #[karmem(rename = "OR")]
    One,
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core")]
struct Texts {
    texts: Vec<String>,
}

#[test]
fn types_called_like_declarations_of_the_public_code() {
    expect_test::expect![[r#"
          MonsterViewer: the public compiler's Go code declares `MonsterViewer` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          NewMonster: the public compiler's Go code declares `NewMonster` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          PacketIdentifier: the public compiler's Go code declares `PacketIdentifier` itself: choose another name by `#[karmem(rename = "…")]`
          PacketIdentifierMonster: the public compiler's Go code declares `PacketIdentifierMonster` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          PacketIdentifierMonster: the public compiler's Go code declares `PacketIdentifierMonsterViewer` for `MonsterViewer` too: choose another name by `#[karmem(rename = "…")]`
          TeamOrcs: the public compiler's Go code declares `TeamOrcs` for `Team.Orcs` too: choose another name by `#[karmem(rename = "…")]`
          MonsterReset: the public compiler's C code declares `MonsterReset` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterReset: the public compiler's C code declares `NewMonsterReset` for `NewMonster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterWrite: the public compiler's C code declares `MonsterWrite` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterWrite: the public compiler's C code declares `NewMonsterWrite` for `NewMonster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterRead: the public compiler's C code declares `MonsterRead` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterRead: the public compiler's C code declares `NewMonsterRead` for `NewMonster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterReadAsRoot: the public compiler's C code declares `MonsterReadAsRoot` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterReadAsRoot: the public compiler's C code declares `NewMonsterReadAsRoot` for `NewMonster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterViewerSize: the public compiler's C code declares `MonsterViewerSize` for `Monster` too: choose another name by `#[karmem(rename = "…")]`
          MonsterViewerSize: the public compiler's C code declares `NewMonsterViewerSize` for `NewMonster` too: choose another name by `#[karmem(rename = "…")]`
          KarmemReader: the public compiler's C code declares `KarmemReader` itself: choose another name by `#[karmem(rename = "…")]`
          EnumTeam: the public compiler's C code declares `EnumTeam` for `Team` too: choose another name by `#[karmem(rename = "…")]`
          Allocator: the public compiler's Zig code declares `Allocator` itself: choose another name by `#[karmem(rename = "…")]`
          DefaultEnumTeam: the public compiler's Zig code declares `DefaultEnumTeam` for `Team` too: choose another name by `#[karmem(rename = "…")]`"#]].assert_eq(&refused(&[
        ty::<Monster>(),
        ty::<MonsterViewer>(),
        ty::<NewMonster>(),
        ty::<PacketIdentifier>(),
        ty::<PacketIdentifierMonster>(),
        ty::<MonsterReset>(),
        ty::<MonsterWrite>(),
        ty::<MonsterRead>(),
        ty::<MonsterReadAsRoot>(),
        ty::<MonsterViewerSize>(),
        ty::<Allocator>(),
        ty::<KarmemReader>(),
        ty::<Team>(),
        ty::<TeamOrcs>(),
        ty::<EnumTeam>(),
        ty::<DefaultEnumTeam>(),
    ]));
    // Of two types, the one that is called so is named, whichever comes first.
    let named = |types: &[Type]| refused(types).trim().split(':').next().map(str::to_owned);
    assert_eq!(
        named(&[ty::<MonsterViewer>(), ty::<Monster>()]).as_deref(),
        Some("MonsterViewer")
    );
    // A struct that the export adds cannot be renamed, so the other one is named.
    assert_eq!(
        named(&[ty::<Texts>(), ty::<NewTextItem>()]).as_deref(),
        Some("NewTextItem")
    );
    assert_eq!(
        named(&[ty::<Joined>(), ty::<Other>()]).as_deref(),
        Some("TeamO.R")
    );
    exported(&[
        ty::<Monster>(),
        ty::<MonsterViews>(),
        ty::<Viewer>(),
        ty::<Texts>(),
        ty::<TextItems>(),
        ty::<Team>(),
    ]);
    // Without the type that they are made of, the names are free.
    exported(&[
        ty::<MonsterViewer>(),
        ty::<MonsterReset>(),
        ty::<TeamOrcs>(),
    ]);
    exported(&[ty::<PacketIdentifierMonster>(), ty::<EnumTeam>()]);
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core", table)]
struct Leaf {
    n: u32,
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core")]
struct Wrap {
    leaf: Leaf,
    k: u8,
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core")]
struct Deep {
    wraps: [Wrap; 2],
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core")]
struct Flat {
    leaves: Vec<Leaf>,
    text: String,
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core", spread)]
enum Choice {
    Nothing,
    One(u8),
}

macro_rules! holders {
    ($($name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {$(
        #[derive(Karmem)]
        #[karmem(crate = "::karmem_core", table)]
        struct $name {
            $($field: $ty,)*
        }
    )*};
}

holders! {
    HasWrap { a: u8, w: Wrap }
    HasDeep { d: Deep }
    HasChoice { c: Choice }
    HasTable { t: HasWrap }
    Fine {
        flat: Flat,
        leaf: Leaf,
        maybe: Option<Leaf>,
        wraps: Vec<Wrap>,
        choices: Vec<Choice>,
        array: [Wrap; 2],
        arrays: [Choice; 1],
        map: BTreeMap<u8, Wrap>,
        flagged: Option<Wrap>,
        tables: [HasWrap; 2],
    }
    Required { a: u32, w: HasWrap, d: HasDeep, c: HasChoice, t: HasTable, list: Vec<HasWrap>, own: Wrap, either: Choice }

    MaybeFine { fine: Option<Fine>, list: Vec<Option<Fine>> }
    MaybeWrap { m: Option<Box<HasWrap>> }
    MaybeDeep { m: Vec<Option<HasDeep>> }
    MaybeChoice { m: BTreeMap<u8, Option<HasChoice>> }
    MaybeTable { m: Option<[Option<HasTable>; 2]> }
}

#[test]
fn what_is_never_left_out_is_exported() {
    exported(&[ty::<Required>(), ty::<MaybeFine>()]);
}

#[test]
fn absent_tables_that_hold_tables_in_place() {
    let root = [ty::<MaybeWrap>(), ty::<MaybeDeep>(), ty::<MaybeChoice>()];
    expect_test::expect![[r#"
          HasWrap.W: where `MaybeWrap.M` leaves out the table `HasWrap`, the public compiler's code takes the root's bytes for the tables in this: make `Wrap` a table, or hold it in a `Vec`
          HasDeep.D: where `MaybeDeep.M` leaves out the table `HasDeep`, the public compiler's code takes the root's bytes for the tables in this: make `Deep` a table, or hold it in a `Vec`
          HasChoice.C: where `MaybeChoice.M` leaves out the table `HasChoice`, the public compiler's code takes the root's bytes for the tables in this: hold the enum in a `Vec`"#]].assert_eq(&refused(&root));
    expect_test::expect!["HasWrap.W: where `MaybeTable.M` leaves out the table `HasWrap`, the public compiler's code takes the root's bytes for the tables in this: make `Wrap` a table, or hold it in a `Vec`"].assert_eq(&refused(&[ty::<MaybeTable>()]));
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core", spread)]
enum Outer {
    Nothing,
    Nested { choice: Choice },
    Inline(Wrap, u8),
    Table(HasWrap),
    Tables(Vec<HasWrap>),
}

#[derive(Karmem)]
#[karmem(crate = "::karmem_core", spread)]
enum Works {
    Nothing,
    Choices(Vec<Choice>),
    Wraps { wraps: Vec<Wrap> },
    Fine(Fine),
    Leaf(Leaf),
    Flag(Option<Wrap>),
}

#[test]
fn spread_enums_in_variants_of_spread_enums() {
    expect_test::expect![[r#"
          OuterNested.Choice: where `Outer.Nested` leaves out the table `OuterNested`, the public compiler's code takes the root's bytes for the tables in this: hold the enum in a `Vec`
          OuterInline.F0: where `Outer.Inline` leaves out the table `OuterInline`, the public compiler's code takes the root's bytes for the tables in this: make `Wrap` a table, or hold it in a `Vec`
          HasWrap.W: where `Outer.Table` leaves out the table `HasWrap`, the public compiler's code takes the root's bytes for the tables in this: make `Wrap` a table, or hold it in a `Vec`"#]].assert_eq(&refused(&[ty::<Outer>()]));
    exported(&[ty::<Works>()]);
}
