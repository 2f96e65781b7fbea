//! What the runs say at the end.

use std::time::Duration;

use indicatif::HumanBytes;
use karmem::host::System;
use udf_model::{Answer, Query};

/// One way to ask.
#[derive(Debug)]
pub(crate) struct Run {
    name: &'static str,
    /// How long it took to bring the table to the guest, each time.
    pub(crate) loads: Vec<Duration>,
    /// How long each question took.
    pub(crate) queries: Vec<Duration>,
    shared: u64,
    copied: u64,
}

impl Run {
    pub(crate) fn new(name: &'static str) -> Run {
        Run {
            name,
            loads: Vec::new(),
            queries: Vec::new(),
            shared: 0,
            copied: 0,
        }
    }

    /// Compares an answer with the native one, to the bit.
    pub(crate) fn check(
        &self,
        answer: &Result<Answer, udf_model::Fault>,
        expected: &Answer,
    ) -> Result<(), String> {
        match answer {
            Ok(answer) if answer == expected => Ok(()),
            Ok(_) => Err(format!(
                "{}: the answer is not that of a native run",
                self.name
            )),
            Err(why) => Err(format!("{}: no answer: {why:?}", self.name)),
        }
    }

    /// Takes over what the system counted, and bytes that were copied elsewhere.
    pub(crate) fn count(&mut self, system: &System, elsewhere: u64) {
        let stats = system.stats();
        self.copied = stats.bytes_copied + elsewhere;
        self.shared = stats.bytes_shared;
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut times: Vec<_> = times.iter().map(Duration::as_secs_f64).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Prints the runs side by side.
pub(crate) fn print(runs: &[Run], rows: usize, answer: &Answer, query: &Query) {
    println!(
        "{:22}{:>12}{:>12}{:>16}{:>16}{:>12}{:>12}",
        "", "table in", "question", "rows/s, first", "rows/s, then", "shared", "copied"
    );
    for run in runs {
        let (load, query) = (median(&run.loads), median(&run.queries));
        let million = |seconds: f64| format!("{:.1} M", rows as f64 / seconds / 1e6);
        let load_shown = match run.loads.is_empty() {
            true => "-".into(),
            false => format!("{:.1} ms", load * 1e3),
        };
        println!(
            "{:22}{load_shown:>12}{:>12}{:>16}{:>16}{:>12}{:>12}",
            run.name,
            format!("{:.2} ms", query * 1e3),
            million(load + query),
            million(query),
            HumanBytes(run.shared).to_string(),
            HumanBytes(run.copied).to_string(),
        );
    }
    println!(
        "\nMedians. `table in`: from the host's vectors to where the guest can ask; `of arrays`: from Arrow arrays, which the \
         host has already. A host that has its table in the region already brings nothing: that is `then`. `first` is with a \
         new table, `then` with one that is there. Shared: mapped into the guest. Copied: written once more than the \
         host had it, and questions and answers."
    );
    if let [_, karmem, others @ ..] = runs {
        for other in others {
            let ratio = |f: fn(&Run) -> f64| f(other) / f(karmem);
            println!(
                "In place against {}: {:.1} × as fast with a new table, {:.2} × with one that is there; {:.1} × fewer bytes copied.",
                other.name.trim_end_matches(", copied"),
                ratio(|run| median(&run.loads) + median(&run.queries)),
                ratio(|run| median(&run.queries)),
                ratio(|run| run.copied as f64),
            );
        }
    }
    println!(
        "\nThe first question (amount > {}, product like '{}%'), answered by all alike, to the bit:",
        query.above, query.product
    );
    for group in &answer.groups {
        println!(
            "  {:10} {:>8} sales {:>16.2} {:>10} units",
            group.country, group.rows, group.amount, group.units
        );
    }
}
