//! A function of a user's, in a guest, aggregates columns of numbers and texts: in place in a region, and
//! beside it from copies by MessagePack and by Arrow IPC.
//!
//! `cargo xtask demo udf` builds everything and runs this; the arguments are the modules.
//!
//! What is fair: all guests answer with the same code on plain slices; the copies are decoded once and kept
//! for all questions; buffers are made once and reused; the other formats are made, as ours, from the vectors
//! that the host has. A host that has Arrow arrays anyway is measured too: it should be compared with
//! one that has its table in a region anyway, and brings nothing at all.

mod arrow;
mod report;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::ProgressBar;
use karmem::Karmem;
use karmem::host::{Access, Engine, Module, Region, System};
use report::Run;
use udf_model::{AggregateClient, Answer, CopiedClient, Packed, Query, Sales};

/// How often the table is brought to the guest.
const LOADS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mut file = || arguments.next().map(PathBuf::from);
    let (Some(guest), Some(msgpack), Some(arrow)) = (file(), file(), file()) else {
        return Err("run this by `cargo xtask demo udf [ROWS]`, which builds the guests".into());
    };
    let rows = match arguments.next() {
        Some(rows) => rows.to_string_lossy().parse()?,
        None => 1_000_000,
    };
    let sales = Sales::new(rows);
    let queries = queries();
    println!(
        "{rows} sales in columns (number, number, country from a list, text), {} questions: how much was sold by \
         country, where amount > x and product like 'y%'\n",
        queries.len()
    );

    let bar = ProgressBar::new(5).with_message("native");
    let (expected, native) = native(&sales, &queries)?;
    bar.inc(1);
    let engine = Engine::new()?;
    let mut runs = vec![native];
    runs.push(in_place(&engine, &guest, &sales, &queries, &expected)?);
    bar.inc(1);
    let pack = |bytes: &mut Vec<u8>| Ok(rmp_serde::encode::write(bytes, &sales)?);
    let packed = ("MessagePack, copied", &*msgpack);
    runs.push(copied(&engine, packed, pack, &queries, &expected)?);
    bar.inc(1);
    let pack = |bytes: &mut Vec<u8>| arrow::write(bytes, &arrow::batch(&sales)?);
    let packed = ("Arrow IPC, copied", &*arrow);
    runs.push(copied(&engine, packed, pack, &queries, &expected)?);
    bar.inc(1);
    let batch = arrow::batch(&sales)?;
    let pack = |bytes: &mut Vec<u8>| arrow::write(bytes, &batch);
    let packed = ("the same, of arrays", &*arrow);
    runs.push(copied(&engine, packed, pack, &queries, &expected)?);
    bar.finish_and_clear();
    report::print(&runs, rows, &expected[0], &queries[0]);
    Ok(())
}

fn queries() -> Vec<Query> {
    let products = ["bread", "dates-0", "", "candles-12", "eggs"];
    let ask = |index: usize| Query {
        above: (index * 450) as f64,
        product: products[index % products.len()].into(),
    };
    (1..=20).map(ask).collect()
}

/// The same without any guest.
fn native(sales: &Sales, queries: &[Query]) -> Result<(Vec<Answer>, Run), Box<dyn Error>> {
    let mut run = Run::new("native, no guest");
    let mut answers = Vec::new();
    for query in queries {
        let start = Instant::now();
        let answer = sales.run(query);
        run.queries.push(start.elapsed());
        answers.push(answer.map_err(|why| format!("the native run failed: {why:?}"))?);
    }
    Ok((answers, run))
}

/// The table lies in a region that the guest reads.
fn in_place(
    engine: &Engine,
    guest: &Path,
    sales: &Sales,
    queries: &[Query],
    expected: &[Answer],
) -> Result<Run, Box<dyn Error>> {
    let mut run = Run::new("karmem, in place");
    let mut system = System::builder(engine)
        .module("udf", &Module::from_file(engine, guest)?)
        .region("sales", Region::anonymous(sales.encoded_len()?)?)
        .grant("sales", "udf", Access::Read)
        .build()?;
    let udf: AggregateClient = system.client("udf")?;
    for _ in 0..LOADS {
        let start = Instant::now();
        let table = system.write("sales", sales)?;
        run.loads.push(start.elapsed());
        for (query, expected) in queries.iter().zip(expected) {
            let start = Instant::now();
            let answer = udf.run(&mut system, table, query)?;
            run.queries.push(start.elapsed());
            run.check(&answer, expected)?;
        }
    }
    run.count(&system, 0);
    Ok(run)
}

/// The table is packed, copied to the guest, and unpacked there.
fn copied(
    engine: &Engine,
    (name, guest): (&'static str, &Path),
    pack: impl Fn(&mut Vec<u8>) -> Result<(), Box<dyn Error>>,
    queries: &[Query],
    expected: &[Answer],
) -> Result<Run, Box<dyn Error>> {
    let mut run = Run::new(name);
    let mut bytes = Vec::new();
    pack(&mut bytes)?;
    // A little more for the message around the bytes.
    let mut system = System::builder(engine)
        .module("udf", &Module::from_file(engine, guest)?)
        .region("packed", Region::anonymous(bytes.len() + (1 << 16))?)
        .grant("packed", "udf", Access::Read)
        .build()?;
    let udf: CopiedClient = system.client("udf")?;
    let mut packed = 0;
    for _ in 0..LOADS {
        let start = Instant::now();
        bytes.clear();
        pack(&mut bytes)?;
        let table = system.build::<Packed>("packed", |writer| {
            let mut packed = Packed::build(writer)?;
            packed.bytes(&bytes)?;
            // The root is what was begun first.
            Ok(0)
        })?;
        let loaded = udf.load(&mut system, table)?;
        run.loads.push(start.elapsed());
        loaded.map_err(|why| format!("{name}: the guest could not load the table: {why:?}"))?;
        packed += bytes.len() as u64;
        for (query, expected) in queries.iter().zip(expected) {
            let start = Instant::now();
            let answer = udf.run(&mut system, query)?;
            run.queries.push(start.elapsed());
            run.check(&answer, expected)?;
        }
    }
    // Packed by the host, copied to the guest (which the system counts), unpacked by the guest.
    run.count(&system, 2 * packed);
    Ok(run)
}
