//! The table at the end of a measurement: how long karmem took, and how that compares with each peer.

use crate::tool::{Error, Result, member};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tinyjson::JsonValue;

/// The name that karmem itself has among the peers.
const KARMEM: &str = "karmem";

/// What the names of groups begin with that measure systems.
const SYSTEM: &str = "system-";

/// Nanoseconds by group, size of the world, and peer.
type Times = BTreeMap<(String, u64), BTreeMap<String, f64>>;

/// Prints what criterion's directory holds.
pub(crate) fn print(criterion: &Path) -> Result<()> {
    let times = read(criterion).map_err(|error| {
        Error::new(format!(
            "cannot read {}: {error}; run `cargo xtask bench` first",
            criterion.display()
        ))
    })?;
    let (systems, messages): (Times, Times) = times
        .into_iter()
        .partition(|((group, _), _)| group.starts_with(SYSTEM));
    println!("\nkarmem's time, and each peer's with (karmem / peer): below 1, karmem is faster");
    // Their peers are other ones, and one table of all would be mostly gaps.
    for times in [messages, systems] {
        if !times.is_empty() {
            println!();
            table(&times).iter().for_each(|line| println!("{line}"));
        }
    }
    Ok(())
}

/// Criterion keeps `<group>/<peer>/<size>/new/estimates.json`; everything else there is not ours.
fn read(criterion: &Path) -> std::io::Result<Times> {
    let mut times = Times::new();
    for group in directories(criterion)? {
        for peer in directories(&criterion.join(&group))? {
            for size in directories(&criterion.join(&group).join(&peer))? {
                let estimates = criterion
                    .join(&group)
                    .join(&peer)
                    .join(&size)
                    .join("new/estimates.json");
                let (Ok(count), Ok(text)) = (size.parse(), fs::read_to_string(estimates)) else {
                    continue;
                };
                if let Some(median) = median(&text) {
                    times
                        .entry((group.clone(), count))
                        .or_default()
                        .insert(peer.clone(), median);
                }
            }
        }
    }
    Ok(times)
}

fn directories(path: &Path) -> std::io::Result<Vec<String>> {
    let entries = fs::read_dir(path)?.collect::<std::io::Result<Vec<_>>>()?;
    let directories = entries.into_iter().filter(|entry| entry.path().is_dir());
    Ok(directories
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect())
}

/// The median in nanoseconds, which one slow sample does not move.
fn median(estimates: &str) -> Option<f64> {
    let json: JsonValue = estimates.parse().ok()?;
    member(member(&json, "median")?, "point_estimate")?
        .get()
        .copied()
}

/// One line for each group and size: karmem first, then its peers.
fn table(times: &Times) -> Vec<String> {
    let peers: BTreeSet<&String> = times
        .values()
        .flat_map(BTreeMap::keys)
        .filter(|peer| *peer != KARMEM)
        .collect();
    let mut lines = vec![format!("{:<28}{:>11}{KARMEM:>11}", "", "N")];
    peers
        .iter()
        .for_each(|peer| lines[0] += &format!("{peer:>20}"));
    for ((group, size), row) in times {
        let karmem = row.get(KARMEM).copied();
        let mut line = format!(
            "{group:<28}{size:>11}{:>11}",
            karmem.map_or("-".into(), shown)
        );
        for peer in &peers {
            let cell = row.get(*peer).map(|time| match karmem {
                Some(karmem) => format!("{} ({:.2})", shown(*time), karmem / time),
                None => shown(*time),
            });
            line += &format!("{:>20}", cell.unwrap_or("-".into()));
        }
        lines.push(line);
    }
    lines
}

/// A time with three digits that count.
fn shown(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        time if time < 1e3 => (time, "ns"),
        time if time < 1e6 => (time / 1e3, "µs"),
        time => (time / 1e6, "ms"),
    };
    let decimals = if value < 10.0 {
        2
    } else {
        usize::from(value < 100.0)
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_found() {
        let text = r#"{"mean":{"point_estimate":3.5},"median":{"confidence_interval":{},"point_estimate":12.25}}"#;
        assert_eq!(median(text), Some(12.25));
        assert_eq!(median("{}"), None);
    }

    #[test]
    fn times_have_three_digits() {
        assert_eq!(
            [1.234, 12.34, 123.4, 1234.0, 1.5e6].map(shown),
            ["1.23 ns", "12.3 ns", "123 ns", "1.23 µs", "1.50 ms"]
        );
    }

    #[test]
    fn ratios_stand_beside_each_peer_and_gaps_are_shown() {
        let mut times = Times::new();
        let row = |pairs: &[(&str, f64)]| {
            pairs
                .iter()
                .map(|(peer, time)| ((*peer).into(), *time))
                .collect()
        };
        times.insert(
            ("read".into(), 100),
            row(&[("karmem", 50.0), ("rkyv", 100.0)]),
        );
        times.insert(
            ("write".into(), 1),
            row(&[("rkyv", 7.0), ("msgpack", 70.0)]),
        );
        let words = |line: &String| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let lines: Vec<_> = table(&times).iter().map(words).collect();
        assert_eq!(lines[0], ["N", "karmem", "msgpack", "rkyv"]);
        assert_eq!(
            lines[1],
            ["read", "100", "50.0", "ns", "-", "100", "ns", "(0.50)"]
        );
        assert_eq!(lines[2], ["write", "1", "-", "70.0", "ns", "7.00", "ns"]);
    }
}
