//! Builders and limits.

use std::collections::BTreeMap;

use karmem::{Cause, FixedWriter, Karmem};

use crate::fields::{Leaf, Point, leaf};
use crate::round_trip_of;

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Limited {
    #[karmem(max = 3)]
    text: String,
    #[karmem(max = 2)]
    list: Vec<u16>,
    #[karmem(max = 2)]
    leaves: Vec<Leaf>,
    #[karmem(max = 1)]
    map: BTreeMap<u8, u8>,
    #[karmem(max = 2)]
    option_text: Option<String>,
    #[karmem(max = 2)]
    option_list: Option<Vec<u8>>,
}

/// The same without limits.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table, rename = "Limited")]
struct Unlimited {
    text: String,
    list: Vec<u16>,
    leaves: Vec<Leaf>,
    map: BTreeMap<u8, u8>,
    option_text: Option<String>,
    option_list: Option<Vec<u8>>,
}

#[test]
fn limits_are_kept_by_writers_and_readers() {
    round_trip_of(&Limited {
        text: "abc".into(),
        list: vec![1, 2],
        leaves: vec![leaf(1), leaf(2)],
        map: [(1, 1)].into(),
        option_text: Some("ab".into()),
        option_list: Some(vec![1, 2]),
    });
    assert_eq!(Limited::LAYOUT.fields[5].max, Some(2));
    let too_long: [(&str, Limited, Unlimited); 6] = [
        (
            "text",
            Limited {
                text: "äb1".into(),
                ..Limited::default()
            },
            Unlimited {
                text: "äb1".into(),
                ..Unlimited::default()
            },
        ),
        (
            "list",
            Limited {
                list: vec![0; 3],
                ..Limited::default()
            },
            Unlimited {
                list: vec![0; 3],
                ..Unlimited::default()
            },
        ),
        (
            "leaves",
            Limited {
                leaves: vec![leaf(1); 3],
                ..Limited::default()
            },
            Unlimited {
                leaves: vec![leaf(1); 3],
                ..Unlimited::default()
            },
        ),
        (
            "map",
            Limited {
                map: [(1, 1), (2, 2)].into(),
                ..Limited::default()
            },
            Unlimited {
                map: [(1, 1), (2, 2)].into(),
                ..Unlimited::default()
            },
        ),
        (
            "option_text",
            Limited {
                option_text: Some("abc".into()),
                ..Limited::default()
            },
            Unlimited {
                option_text: Some("abc".into()),
                ..Unlimited::default()
            },
        ),
        (
            "option_list",
            Limited {
                option_list: Some(vec![0; 3]),
                ..Limited::default()
            },
            Unlimited {
                option_list: Some(vec![0; 3]),
                ..Unlimited::default()
            },
        ),
    ];
    for (name, limited, unlimited) in too_long {
        let error = limited.encode().unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`")), "{error}");
        let bytes = unlimited.encode().unwrap();
        for error in [
            Limited::view(&bytes).unwrap_err(),
            Limited::decode(&bytes).unwrap_err(),
        ] {
            assert_eq!(error.cause(), Cause::Limit);
            assert!(
                error.to_string().contains(&format!("Limited.{name}")),
                "{error}"
            );
        }
    }
}

#[test]
fn limits_are_kept_by_builders() {
    let mut bytes = Vec::new();
    let mut limited = Limited::build(&mut bytes).unwrap();
    assert!(limited.text("abcd").is_err() && limited.list(&[1, 2, 3]).is_err());
    assert!(limited.build_leaves(3).is_err() && limited.build_list(3).is_err());
    assert!(limited.map(&[(1, 1), (2, 2)].into()).is_err());
    assert!(
        limited.option_text(Some("abc")).is_err()
            && limited.option_list(&Some(vec![0; 3])).is_err()
    );
    limited
        .text("abc")
        .unwrap()
        .list(&[1, 2])
        .unwrap()
        .map(&[(1, 1)].into())
        .unwrap();
    limited
        .option_text(Some("ab"))
        .unwrap()
        .option_list(&Some(vec![1]))
        .unwrap();
    limited
        .build_leaves(2)
        .unwrap()
        .build(1)
        .unwrap()
        .name("second")
        .unwrap();
    let limited = Limited::decode(&bytes).unwrap();
    assert_eq!(
        (limited.text.as_str(), limited.list.len(), limited.map[&1]),
        ("abc", 2, 1)
    );
    assert_eq!(
        (
            limited.option_text.as_deref(),
            limited.leaves[1].name.as_str()
        ),
        (Some("ab"), "second")
    );
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Site {
    point: Point,
    points: Vec<Point>,
    fixed: [Point; 2],
    leaf: Leaf,
    boxed: Box<Leaf>,
    option: Option<Box<Leaf>>,
    option_point: Option<Point>,
    option_text: Option<String>,
    option_number: Option<u64>,
    texts: Vec<String>,
    lists: Vec<Vec<Point>>,
    array: [u8; 2],
    next: Vec<Site>,
}

#[test]
fn builders_write_what_encode_writes() {
    let point = |x, y| Point { x, y };
    let value = Site {
        point: point(1, 2),
        points: vec![point(3, 4), point(5, 6)],
        fixed: [point(7, 8), point(9, 10)],
        leaf: leaf(1),
        boxed: leaf(2).into(),
        option: Some(leaf(3).into()),
        option_point: Some(point(11, 12)),
        option_text: Some("text".into()),
        option_number: Some(13),
        texts: vec!["a".into(), "b".into()],
        lists: vec![vec![point(14, 15)], vec![]],
        array: [16, 17],
        next: vec![Site {
            array: [18, 19],
            ..Site::default()
        }],
    };
    round_trip_of(&value);

    // From values.
    let mut bytes = Vec::new();
    let mut site = Site::build(&mut bytes).unwrap();
    site.point(&value.point)
        .unwrap()
        .points(&value.points)
        .unwrap()
        .fixed(&value.fixed)
        .unwrap();
    site.leaf(&value.leaf)
        .unwrap()
        .boxed(&value.boxed)
        .unwrap()
        .option(&value.option)
        .unwrap();
    site.option_point(&value.option_point)
        .unwrap()
        .option_text(Some("text"))
        .unwrap();
    site.option_number(Some(13))
        .unwrap()
        .texts(&value.texts)
        .unwrap()
        .lists(&value.lists)
        .unwrap();
    site.array(&[16, 17]).unwrap().next(&value.next).unwrap();
    assert_eq!(Site::decode(&bytes).unwrap(), value);
    // In the order of the fields the bytes are the same too.
    assert_eq!(bytes, value.encode().unwrap());

    // Piece by piece, into a fixed buffer.
    let mut memory = [0xa5; 2048];
    let mut writer = FixedWriter::new(&mut memory);
    let mut site = Site::build(&mut writer).unwrap();
    site.build_point().unwrap().x(1).unwrap().y(2).unwrap();
    let mut points = site.build_points(2).unwrap();
    points.set(0, &point(3, 4)).unwrap();
    points.build(1).unwrap().x(5).unwrap().y(6).unwrap();
    assert!(points.build(2).is_err());
    let mut fixed = site.build_fixed().unwrap();
    fixed.build(0).unwrap().x(7).unwrap().y(8).unwrap();
    fixed.build(1).unwrap().x(9).unwrap().y(10).unwrap();
    site.build_leaf()
        .unwrap()
        .n(1)
        .unwrap()
        .name("leaf 1")
        .unwrap();
    site.build_boxed()
        .unwrap()
        .n(2)
        .unwrap()
        .name("leaf 2")
        .unwrap();
    site.build_option()
        .unwrap()
        .some()
        .unwrap()
        .n(3)
        .unwrap()
        .name("leaf 3")
        .unwrap();
    site.build_option_point()
        .unwrap()
        .some()
        .unwrap()
        .x(11)
        .unwrap()
        .y(12)
        .unwrap();
    site.option_text(Some("gone"))
        .unwrap()
        .option_text(None)
        .unwrap()
        .option_text(Some("text"))
        .unwrap();
    site.option_number(Some(13)).unwrap();
    let mut texts = site.build_texts(2).unwrap();
    texts.build(0).unwrap().set(&"a".into()).unwrap();
    texts.build(1).unwrap().set(&"b".into()).unwrap();
    site.build_lists(2)
        .unwrap()
        .build(0)
        .unwrap()
        .len(1)
        .unwrap()
        .build(0)
        .unwrap()
        .x(14)
        .unwrap()
        .y(15)
        .unwrap();
    site.build_array().unwrap().set(0, &16).unwrap();
    site.array(&[16, 17]).unwrap();
    site.build_next(1)
        .unwrap()
        .build(0)
        .unwrap()
        .array(&[18, 19])
        .unwrap();
    let len = writer.len();
    assert_eq!(Site::decode(&memory[..len]).unwrap(), value);
    assert!(memory[len..].iter().all(|byte| *byte == 0xa5));
}

#[test]
fn an_option_that_is_unset_leaves_no_bytes() {
    let mut bytes = Vec::new();
    Site::build(&mut bytes)
        .unwrap()
        .option_text(Some("secret"))
        .unwrap()
        .option_text(None)
        .unwrap();
    let at = Site::LAYOUT.field("option_text").unwrap().at;
    assert_eq!(bytes[at.flag as usize], 0);
    assert_eq!(bytes[at.at as usize..][..8], [0; 8]);
}

#[test]
fn a_builder_reports_a_full_buffer() {
    let needed = Leaf::LAYOUT.layout.size as usize;
    let mut memory = [0; 64];
    assert!(Leaf::build(&mut FixedWriter::new(&mut memory[..needed - 1])).is_err());
    let mut writer = FixedWriter::new(&mut memory[..needed + 3]);
    let mut built = Leaf::build(&mut writer).unwrap();
    assert!(built.name("four").is_err());
    built.name("3 b").unwrap();
    assert_eq!(Leaf::decode(&memory[..needed + 3]).unwrap().name, "3 b");
}
