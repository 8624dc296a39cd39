//! What came of a storm, and a table of it.

use std::time::Duration;

use crate::hook::Hook;
use crate::measure::as_f64;
use crate::storm::Storm;

/// What came of a storm.
#[derive(Debug)]
pub struct Outcome {
    pub walls: Vec<Duration>,
    pub total: Duration,
    pub failed: usize,
    /// Exit status and last line of the first failure.
    pub first_failure: Option<String>,
    pub whole: usize,
    pub half: usize,
    pub cpu: Duration,
    pub servers_cpu: Duration,
    pub peak_mib: u64,
    /// `None` if the audit log began anew meanwhile.
    pub requests: Option<usize>,
}

impl Outcome {
    /// The heading of a table of outcomes.
    pub const HEADING: &'static str = "| logins | started | bound | p50 | p99 | per s | failed | whole | half | CPU | servers | requests | memory |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";

    /// One row of it.
    pub fn row(&self, hook: Hook<'_>, storm: &Storm<'_>) -> String {
        let each = |duration: Duration| duration.as_secs_f64() * 1000.0 / as_f64(storm.users);
        format!(
            "| {}{} {} | {} | {} | {:.2} s | {:.2} s | {:.1} | {} | {} | {} | {:.1} ms | {:.1} ms | {} | {} MiB |\n",
            if matches!(hook, Hook::Stock(_)) {
                "stock hooks, "
            } else {
                ""
            },
            storm.users,
            storm.kind(),
            storm
                .at_a_time
                .map_or_else(|| "all".to_owned(), |number| number.to_string()),
            storm
                .bound
                .map_or("-", |bound| if bound == "unlimited" { "none" } else { bound }),
            self.share(50).as_secs_f64(),
            self.share(99).as_secs_f64(),
            self.per_second(),
            self.failed,
            self.whole,
            self.half,
            each(self.cpu),
            each(self.servers_cpu),
            self.requests.map_or_else(
                || "-".to_owned(),
                |all| format!("{:.1}", as_f64(all) / as_f64(storm.users))
            ),
            self.peak_mib,
        )
    }

    /// The logins that succeeded, per second.
    pub fn per_second(&self) -> f64 {
        as_f64(self.walls.len() - self.failed) / self.total.as_secs_f64()
    }

    /// Of several rounds of the same storm, the one whose throughput is the median.
    pub fn median(mut rounds: Vec<Self>) -> Option<Self> {
        rounds.sort_by(|one, other| one.per_second().total_cmp(&other.per_second()));
        let middle = rounds.len() / 2;
        (middle < rounds.len()).then(|| rounds.swap_remove(middle))
    }

    fn share(&self, percent: usize) -> Duration {
        let mut walls = self.walls.clone();
        walls.sort_unstable();
        let index = (walls.len() * percent).div_ceil(100).saturating_sub(1);
        walls.get(index).copied().unwrap_or_default()
    }
}
