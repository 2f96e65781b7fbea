//! What the run says about its times.

use std::time::Duration;

use audio_model::{FRAMES, RATE};

/// How long a block took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Samples in, three effects, samples out.
    pub(crate) all: Duration,
    /// Of that, moving the right to write along the chain.
    pub(crate) moving: Duration,
}

/// Prints median, 99th percentile and maximum beside the time that there is.
pub(crate) fn print(modules: &[Times], native: &[Times], frames: usize) {
    let budget = FRAMES as f64 / f64::from(RATE) * 1e6;
    let seconds = frames as f64 / f64::from(RATE);
    println!(
        "\n{seconds:.1} s of sound in {} blocks of {FRAMES} frames; there are {budget:.0} µs for each\n",
        modules.len()
    );
    println!(
        "{:32}{:>10}{:>10}{:>10}{:>18}",
        "per block", "median", "p99", "max", "median of budget"
    );
    let all = |times: &[Times]| sorted(times.iter().map(|it| it.all));
    let moving = sorted(modules.iter().map(|it| it.moving));
    for (name, times) in [
        ("three modules", &all(modules)),
        ("  of that, moving the right", &moving),
        ("three functions of the host", &all(native)),
    ] {
        let median = at(times, 0.5);
        println!(
            "{name:32}{:>7.1} µs{:>7.1} µs{:>7.1} µs{:>16.2} %",
            median,
            at(times, 0.99),
            at(times, 1.0),
            median / budget * 100.0
        );
    }
    let late = modules.iter().filter(|it| micros(it.all) > budget).count();
    let total: Duration = modules.iter().map(|it| it.all).sum();
    println!(
        "\n{:.0} s of sound per second; blocks that came too late: {late}. The modules' sound is that of the functions, to the \
         bit.",
        seconds / total.as_secs_f64()
    );
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<f64> {
    let mut times: Vec<_> = times.map(micros).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let index = (sorted.len().saturating_sub(1) as f64 * share) as usize;
    sorted.get(index).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
