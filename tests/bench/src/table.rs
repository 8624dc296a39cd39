//! The figures as a Markdown table, with the versions and the machine.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ood_k8s_control_plane::ControlPlane;
use ood_k8s_loopback::first_line;
use serde_json::Value;

use crate::error::Error;
use crate::measure::Runs;

/// The figures of one case.
#[derive(Debug)]
pub struct Row {
    what: String,
    median: Duration,
    least: Duration,
    cpu: Duration,
    peak_kib: u64,
    requests: f64,
    round_trips: f64,
    /// System calls of all its processes, if they were counted.
    pub calls: Option<u64>,
}

impl Row {
    /// From the runs on loopback, their total number of requests, and the runs over a connection with that round trip.
    pub fn new(what: String, direct: &Runs, requests: usize, delayed: &Runs, round_trip: Duration) -> Self {
        let walls = |runs: &Runs| runs.samples.iter().map(|sample| sample.wall).collect::<Vec<_>>();
        let median_wall = median(walls(direct));
        let longer = median(walls(delayed)).saturating_sub(median_wall);
        let all = direct.samples.len() + direct.failed;
        Self {
            what: if direct.failed == 0 {
                what
            } else {
                format!("{what} ({} of {all} failed)", direct.failed)
            },
            median: median_wall,
            least: walls(direct).into_iter().min().unwrap_or_default(),
            cpu: median(direct.samples.iter().map(|sample| sample.cpu).collect()),
            peak_kib: direct
                .samples
                .iter()
                .map(|sample| sample.peak_kib)
                .max()
                .unwrap_or_default(),
            requests: ratio(requests, all),
            round_trips: longer.as_secs_f64() / round_trip.as_secs_f64(),
            calls: None,
        }
    }
}

/// The date, the versions and the machine.
pub fn heading(plane: &ControlPlane, program: &Path, runs: u32) -> Result<String, Error> {
    let version: Value =
        serde_json::from_str(&plane.kubectl_output(&["get", "--raw", "/version"])?).unwrap_or_default();
    let kubernetes = version["gitVersion"].as_str().unwrap_or("of unknown version");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(format!(
        "{date}: {program}, Kubernetes {kubernetes}, {curl}; {cores} cores, loopback, {runs}\n\n",
        runs = if runs == 1 {
            "one run".to_owned()
        } else {
            format!("{runs} runs each")
        },
        date = first_line(Command::new("date").args(["--utc", "+%F"])),
        program = first_line(Command::new(program).arg("--version")),
        curl = first_line(Command::new("curl").arg("--version"))
            .split(" (")
            .next()
            .unwrap_or_default(),
    ))
}

/// The table.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | wall, median | wall, least | CPU | peak memory | API requests | round trips | system calls |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} MiB | {} | {:.1} | {} |",
            row.what,
            milliseconds(row.median),
            milliseconds(row.least),
            milliseconds(row.cpu),
            row.peak_kib.div_ceil(1024),
            at_most_one_decimal(row.requests),
            row.round_trips,
            row.calls.map_or_else(|| "-".to_owned(), |calls| calls.to_string()),
        );
    }
    text
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

/// Both are small numbers.
fn ratio(of: usize, to: usize) -> f64 {
    let small = |number| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    small(of) / small(to)
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

fn at_most_one_decimal(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Sample;

    fn runs(failed: usize, milliseconds: &[u64]) -> Runs {
        let sample = |ms: &u64| Sample {
            wall: Duration::from_millis(*ms),
            cpu: Duration::from_millis(4),
            peak_kib: 10 * 1024 + ms,
        };
        Runs {
            samples: milliseconds.iter().map(sample).collect(),
            failed,
        }
    }

    fn line(direct: &Runs, delayed: &Runs) -> String {
        let row = Row::new("x".into(), direct, 7, delayed, Duration::from_millis(50));
        markdown(&[row]).lines().last().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_row_tells_median_and_least_and_what_a_round_trip_adds() {
        let line = line(&runs(0, &[30, 10, 12]), &runs(0, &[212, 500, 200]));
        assert_eq!(line, "| x | 12.0 ms | 10.0 ms | 4.0 ms | 11 MiB | 2.3 | 4.0 | - |");
    }

    #[test]
    fn a_failed_run_is_told_and_only_its_requests_count() {
        let line = line(&runs(1, &[10]), &runs(0, &[10]));
        assert_eq!(
            line,
            "| x (1 of 2 failed) | 10.0 ms | 10.0 ms | 4.0 ms | 11 MiB | 3.5 | 0.0 | - |"
        );
    }
}
