//! What the runs say at the end.

use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use monsters_model::{Statistics, World};

/// One way to do the work.
pub(crate) struct Run {
    pub(crate) name: &'static str,
    /// For all frames, the host's reading included.
    pub(crate) time: Duration,
    pub(crate) frames: u32,
    /// Bytes that host and guest worked on together, as counted by the host library.
    pub(crate) shared: u64,
    /// Bytes that were copied between host and guest, as counted by the host library.
    pub(crate) copied: u64,
    pub(crate) statistics: Vec<Statistics>,
    pub(crate) world: World,
}

impl Run {
    fn frames_per_second(&self) -> f64 {
        f64::from(self.frames) / self.time.as_secs_f64()
    }
}

/// A bar that shows itself on a terminal.
pub(crate) fn progress(name: &'static str, frames: u32) -> ProgressBar {
    let bar = ProgressBar::new(frames.into());
    if let Ok(style) = ProgressStyle::with_template("{prefix:12} {bar:40} {pos}/{len} frames") {
        bar.set_style(style);
    }
    bar.with_prefix(name)
}

/// Prints the runs side by side.
pub(crate) fn print(karmem: &Run, other: &Run) {
    println!(
        "{:22}{:>12}{:>16}{:>16}",
        "", "frames/s", "bytes shared", "bytes copied"
    );
    for run in [karmem, other] {
        println!(
            "{:22}{:>12.0}{:>16}{:>16}",
            run.name,
            run.frames_per_second(),
            HumanBytes(run.shared).to_string(),
            HumanBytes(run.copied).to_string(),
        );
    }
    println!(
        "\nIn place is {:.1} × as fast. Both ended with every monster, to the bit, where a native run has it.",
        karmem.frames_per_second() / other.frames_per_second()
    );
    println!(
        "Shared bytes are built once and stay where they are; copied bytes crossed between host and guest."
    );
}
