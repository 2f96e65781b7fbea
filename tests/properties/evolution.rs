//! Two versions of a table: the older reads the newer one's messages and the other way round.

use karmem::Karmem;
use proptest::prelude::*;

use super::config;
use super::values::Any;
use super::zoo::*;

macro_rules! versions {
    ($($old:ident $new:ident $layout:tt;)*) => {$(
        #[derive(Karmem, Clone, Debug, PartialEq)]
        #[karmem(table, layout = $layout)]
        pub struct $old {
            pub id: u64,
            pub name: String,
            pub alive: bool,
        }

        #[derive(Karmem, Clone, Debug, PartialEq)]
        #[karmem(table, layout = $layout)]
        pub struct $new {
            pub id: u64,
            pub name: String,
            pub alive: bool,
            // These two take the place of the older version's tail padding, where there is one.
            pub team: Team,
            pub mana: i16,
            pub luck: Option<u32>,
            pub path: Vec<Vec3>,
            pub leaf: Option<Box<Leaf>>,
            pub figure: Figure,
        }
    )*};
}
versions! {
    PaddedOld PaddedNew "padded";
    COld CNew "c";
    PackedOld PackedNew "packed";
    LegacyOld LegacyNew "legacy";
}

/// The older one inside of other structs.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct WorldOld {
    pub best: PaddedOld,
    pub all: Vec<PaddedOld>,
    pub pair: [PaddedOld; 2],
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct WorldNew {
    pub best: PaddedNew,
    pub all: Vec<PaddedNew>,
    pub pair: [PaddedNew; 2],
    pub seed: u64,
}

type Rest = (Team, i16, Option<u32>, Vec<Vec3>, Option<Box<Leaf>>, Figure);

fn rest() -> impl Strategy<Value = Rest> {
    (
        Team::any(0),
        i16::any(0),
        Option::any(0),
        Vec::any(0),
        Option::any(0),
        Figure::any(1),
    )
}

fn nothing() -> Rest {
    (Team::Humans, 0, None, vec![], None, Figure::Empty)
}

type Common = (u64, String, bool);

macro_rules! parts {
    ($($old:ident $new:ident;)*) => {$(
        impl From<Common> for $old {
            fn from((id, name, alive): Common) -> Self {
                $old { id, name, alive }
            }
        }

        impl From<(Common, Rest)> for $new {
            fn from(((id, name, alive), (team, mana, luck, path, leaf, figure)): (Common, Rest)) -> Self {
                $new { id, name, alive, team, mana, luck, path, leaf, figure }
            }
        }
    )*};
}
parts! { PaddedOld PaddedNew; COld CNew; PackedOld PackedNew; LegacyOld LegacyNew; }

fn common() -> impl Strategy<Value = Common> {
    (any::<u64>(), String::any(0), any::<bool>())
}

macro_rules! both_ways {
    ($($test:ident $old:ident $new:ident;)*) => {
        proptest! {
            #![proptest_config(config(128))]
            $(
                #[test]
                fn $test(common in common(), rest in rest(), other in (common(), rest())) {
                    let old = $old::from(common.clone());
                    let bytes = old.encode().unwrap();
                    let expected = $new::from((common.clone(), nothing()));
                    prop_assert_eq!(&$new::decode(&bytes).unwrap(), &expected);
                    prop_assert_eq!(&$new::view(&bytes).unwrap().to_owned().unwrap(), &expected);
                    let view = $new::view_unverified(&bytes);
                    prop_assert_eq!(view.name().as_str(), &expected.name);
                    prop_assert_eq!((view.team(), view.mana(), view.luck()), (Team::Humans, 0, None));
                    prop_assert!(view.path().is_empty() && view.leaf().is_none());
                    let mut updated = $new::from(other);
                    updated.decode_into(&bytes).unwrap();
                    prop_assert_eq!(&updated, &expected);

                    let new = $new::from((common, rest));
                    let bytes = new.encode().unwrap();
                    prop_assert_eq!(&$old::decode(&bytes).unwrap(), &old);
                    prop_assert_eq!(&$old::view(&bytes).unwrap().to_owned().unwrap(), &old);
                    prop_assert_eq!($old::view_unverified(&bytes).alive(), old.alive);
                }
            )*
        }
    };
}
both_ways! {
    padded_reads_both_ways PaddedOld PaddedNew;
    c_reads_both_ways COld CNew;
    packed_reads_both_ways PackedOld PackedNew;
    legacy_reads_both_ways LegacyOld LegacyNew;
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn tables_in_tables_read_both_ways(
        best in (common(), rest()),
        all in prop::collection::vec((common(), rest()), 0..4),
        pair in prop::array::uniform2((common(), rest())),
        seed: u64,
    ) {
        let old = |(common, _): &(Common, Rest)| PaddedOld::from(common.clone());
        let old = WorldOld { best: old(&best), all: all.iter().map(old).collect(), pair: pair.each_ref().map(old) };
        let new = |both: &(Common, Rest)| PaddedNew::from(both.clone());
        let new = WorldNew { best: new(&best), all: all.iter().map(new).collect(), pair: pair.each_ref().map(new), seed };
        prop_assert_eq!(&WorldOld::decode(&new.encode().unwrap()).unwrap(), &old);
        let plain = |(common, _): &(Common, Rest)| PaddedNew::from((common.clone(), nothing()));
        let plain = WorldNew { best: plain(&best), all: all.iter().map(plain).collect(), pair: pair.each_ref().map(plain), seed: 0 };
        prop_assert_eq!(&WorldNew::decode(&old.encode().unwrap()).unwrap(), &plain);
    }

    /// The fields that an older table has not cannot be changed, and say so.
    #[test]
    fn an_older_table_is_changed_as_far_as_it_goes(common in common()) {
        let mut bytes = LegacyOld::from(common).encode().unwrap();
        let before = bytes.clone();
        let view = LegacyNew::view_mut(&mut bytes).unwrap();
        prop_assert!(!view.set_mana(7));
        prop_assert!(!view.set_luck(Some(7)));
        prop_assert!(view.path().is_none() && view.leaf().is_none());
        prop_assert_eq!(view.mana(), 0);
        prop_assert!(view.set_id(7));
        let mut expected = LegacyOld::decode(&before).unwrap();
        expected.id = 7;
        prop_assert_eq!(LegacyOld::decode(&bytes).unwrap(), expected);
    }
}

/// A field that was appended into the tail padding of the older version reads the zeros there.
#[test]
fn appended_fields_take_the_tail_padding() {
    let end = PaddedOld::LAYOUT.layout.size;
    for name in ["team", "mana"] {
        let field = PaddedNew::LAYOUT.field(name).unwrap();
        assert!(
            field.at.at + field.size <= end,
            "`{name}` lies inside of the older table"
        );
    }
}
