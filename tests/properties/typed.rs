//! Slices as Rust slices, and maps as maps.

use std::collections::BTreeMap;

use karmem::{Karmem, Text};
use proptest::prelude::*;

use super::config;
use super::values::Any;
use super::zoo::*;

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn slices_are_typed_where_they_are_aligned(value in Lists::any(0), shift in 0..8usize) {
        let bytes = value.encode().unwrap();
        let mut memory = vec![0u64; bytes.len() / 8 + 2];
        let place = karmem::zerocopy::IntoBytes::as_mut_bytes(&mut memory[..]);
        let place = &mut place[shift..shift + bytes.len()];
        place.copy_from_slice(&bytes);
        let lists = Lists::view(place).unwrap();

        prop_assert_eq!(lists.bytes().as_slice(), Some(&value.bytes[..]));
        let little = cfg!(target_endian = "little");
        match lists.points().as_slice() {
            Some(points) => {
                prop_assert_eq!(points, &value.points[..]);
            }
            None => prop_assert!(!little || shift % 4 != 0),
        }
        match lists.doubles().as_slice() {
            Some(doubles) => prop_assert_eq!(doubles, &value.doubles[..]),
            None => prop_assert!(!little || shift != 0),
        }
        prop_assert_eq!(lists.doubles().iter().collect::<Vec<_>>(), &value.doubles[..]);
        prop_assert_eq!(lists.doubles().iter().rev().collect::<Vec<_>>(), value.doubles.iter().rev().copied().collect::<Vec<_>>());

        // In place, through cells where they are aligned and by element everywhere.
        let mut expected = value.clone();
        let lists = Lists::view_mut(place).unwrap();
        let points = lists.points().unwrap();
        if let Some(cells) = points.as_cells() {
            for (cell, expected) in cells.iter().zip(&mut expected.points) {
                *expected = Vec3 { x: 1.0, y: 2.0, z: 3.0 };
                cell.set(*expected);
            }
        }
        let doubles = lists.doubles().unwrap();
        for (i, expected) in expected.doubles.iter_mut().enumerate() {
            *expected = i as f64;
            prop_assert!(doubles.set(i, expected));
        }
        prop_assert!(!doubles.set(expected.doubles.len(), &0.0));
        prop_assert_eq!(Lists::decode(place).unwrap(), expected);
    }

    #[test]
    fn parts_of_slices_are_slices(value in Lists::any(0), from in 0..6usize, to in 0..6usize) {
        let bytes = value.encode().unwrap();
        let names = Lists::view(&bytes).unwrap().names();
        let part = names.slice(from..to).map(|part| part.iter().map(Text::as_str).collect::<Vec<_>>());
        let expected = value.names.get(from..to).map(|part| part.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(part, expected);
        prop_assert_eq!(names.get(from).map(Text::as_str), value.names.get(from).map(String::as_str));
        prop_assert_eq!(names.first().map(Text::as_str), value.names.first().map(String::as_str));
        prop_assert_eq!(names.last().map(Text::as_str), value.names.last().map(String::as_str));
        let range = names.range().unwrap();
        prop_assert_eq!(&bytes[range], names.as_bytes());
    }

    #[test]
    fn maps_find_what_they_hold(value in Maps::any(0), key: String, number: u64) {
        let bytes = value.encode().unwrap();
        let maps = Maps::view(&bytes).unwrap();
        for (key, count) in &value.counts {
            prop_assert_eq!(maps.counts().get(key), Some(*count));
        }
        prop_assert_eq!(maps.counts().get(&key), value.counts.get(&key).copied());
        prop_assert_eq!(maps.points().get(&number).is_some(), value.points.contains_key(&number));
        for (key, point) in &value.points {
            prop_assert_eq!(maps.points().get(key).unwrap().to_owned().unwrap(), *point);
        }
        for (key, leaf) in &value.leaves {
            prop_assert_eq!(maps.leaves().get(key).unwrap().to_owned().unwrap(), leaf.clone());
        }
        let counts: BTreeMap<_, _> = maps.counts().iter().map(|(key, count)| (key.to_string(), count)).collect();
        prop_assert_eq!(counts, value.counts);
        let keys: Vec<_> = maps.names().iter().map(|(key, _)| key).collect();
        prop_assert!(keys.is_sorted());
        prop_assert_eq!(maps.names().len(), value.names.len());
        prop_assert!(maps.names().at(value.names.len()).is_none());
    }
}
