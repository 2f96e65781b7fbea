//! Types that refer to themselves.

use std::collections::BTreeMap;

use karmem::{Cause, Karmem};

use crate::round_trip_of;

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Node {
    value: u32,
    next: Option<Box<Node>>,
    children: Vec<Self>,
    pair: Vec<[Node; 2]>,
    named: BTreeMap<String, Node>,
    through: Vec<Through>,
}

/// Inline, and refers to the table that it is in.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Through {
    node: Option<Box<Node>>,
}

/// Inline, and behind a list of itself.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Tree {
    value: u8,
    branches: Vec<Tree>,
}

fn node(value: u32) -> Node {
    Node {
        value,
        ..Node::default()
    }
}

#[test]
fn recursive_types() {
    round_trip_of(&Node {
        next: Some(
            Node {
                next: Some(node(2).into()),
                ..node(1)
            }
            .into(),
        ),
        children: vec![
            node(3),
            Node {
                children: vec![node(4)],
                ..node(5)
            },
        ],
        pair: vec![[node(6), node(7)]],
        named: [("eight".into(), node(8))].into(),
        through: vec![
            Through { node: None },
            Through {
                node: Some(node(9).into()),
            },
        ],
        ..node(10)
    });
    let leaf = Tree {
        value: 2,
        branches: vec![],
    };
    round_trip_of(&Tree {
        value: 1,
        branches: vec![
            leaf.clone(),
            Tree {
                value: 3,
                branches: vec![leaf],
            },
        ],
    });
}

#[test]
fn depth_is_limited() {
    let mut chain = node(0);
    for value in 1..100 {
        chain = Node {
            next: Some(chain.into()),
            ..node(value)
        };
    }
    assert_eq!(chain.encode(), Err(karmem::EncodeError::Depth));
    let mut bytes = Vec::new();
    chain.encode_in(&mut bytes).unwrap();
    assert_eq!(Node::view(&bytes).unwrap_err().cause(), Cause::Depth);
    assert_eq!(Node::decode(&bytes).unwrap_err().cause(), Cause::Depth);
    let limits = karmem::Limits {
        depth: 200,
        ..karmem::Limits::default()
    };
    assert_eq!(Node::decode_at(&bytes, 0, &limits).unwrap(), chain);
    let view = Node::view_unverified(&bytes);
    assert!(view.to_owned().is_err());
    assert_eq!(view.to_owned_with(&limits).unwrap(), chain);
}
