//! Metrics of `refresh-token`, one set per cluster.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::text::{escape, unescape, LOCK_WAIT};
use crate::store::{self, StoreError};
use crate::time::unix_seconds;

/// Name and help; all are gauges with the label `cluster`.
const METRICS: &[(&str, &str)] = &[
    (
        "ood_k8s_root_token_end_timestamp_seconds",
        "When the token in root's kubeconfig expires.",
    ),
    (
        "ood_k8s_refresh_token_last_success_timestamp_seconds",
        "When a server last accepted the token that refresh-token found or issued.",
    ),
    (
        "ood_k8s_refresh_token_last_failure_timestamp_seconds",
        "When refresh-token last failed.",
    ),
    (
        "ood_k8s_refresh_token_duration_seconds",
        "How long refresh-token took for the cluster.",
    ),
];

/// Whether the server accepts the token, after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunResult {
    /// It does: it was asked.
    Succeeded,
    /// It does not, or the token could not be renewed.
    Failed,
    /// Nobody knows: nothing was due, and the server did not answer.
    Untried,
}

/// The result of one run of `refresh-token` for one cluster.
#[derive(Debug)]
pub struct Sample {
    /// Its id, or the ids of several that share a token.
    pub cluster: String,
    /// When the token expires, if that is known.
    pub token_end: Option<SystemTime>,
    /// Whether the server accepts the token.
    pub result: RunResult,
    /// How long it took.
    pub milliseconds: u64,
}

/// Writes the samples, and keeps values from earlier runs and, with `keep_others`, the other clusters.
pub fn write_root_tokens(
    path: &Path,
    samples: &[Sample],
    keep_others: bool,
    now: SystemTime,
) -> Result<(), StoreError<Infallible>> {
    let edit = |old: &str| Ok(Some(text(old, samples, keep_others, now).into()));
    store::publish(path, LOCK_WAIT, edit).map(|_| ())
}

/// The values of one cluster, in the order of [`METRICS`].
type Values = [Option<f64>; METRICS.len()];

fn text(old: &str, samples: &[Sample], keep_others: bool, now: SystemTime) -> String {
    let before = read(old);
    let mut clusters: BTreeMap<String, Values> = if keep_others { before.clone() } else { BTreeMap::new() };
    for sample in samples {
        let known = before.get(&sample.cluster).copied().unwrap_or_default();
        clusters.insert(sample.cluster.clone(), after(known, sample, now));
    }
    let mut text = String::new();
    for (index, (name, help)) in METRICS.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        for (cluster, values) in &clusters {
            if let Some(value) = values[index] {
                let _ = writeln!(text, "{name}{{cluster=\"{}\"}} {value}", escape(cluster));
            }
        }
    }
    text
}

fn after(before: Values, sample: &Sample, now: SystemTime) -> Values {
    let seconds = |time: SystemTime| Duration::from_secs(unix_seconds(time)).as_secs_f64();
    let [end, success, failure, _] = before;
    [
        // If the run failed before it knew the expiry, the earlier value stays.
        sample
            .token_end
            .map(seconds)
            .or(end.filter(|_| sample.result != RunResult::Succeeded)),
        if sample.result == RunResult::Succeeded {
            Some(seconds(now))
        } else {
            success
        },
        if sample.result == RunResult::Failed {
            Some(seconds(now))
        } else {
            failure
        },
        Some(Duration::from_millis(sample.milliseconds).as_secs_f64()),
    ]
}

/// Our metrics in an earlier text; anything else is dropped.
fn read(text: &str) -> BTreeMap<String, Values> {
    let mut clusters: BTreeMap<String, Values> = BTreeMap::new();
    for line in text.lines() {
        let parsed = || -> Option<(usize, String, f64)> {
            let (name, rest) = line.split_once("{cluster=\"")?;
            let (cluster, value) = rest.rsplit_once("\"} ")?;
            let index = METRICS.iter().position(|(known, _)| *known == name)?;
            Some((
                index,
                unescape(cluster),
                value.parse().ok().filter(|value: &f64| value.is_finite())?,
            ))
        };
        if let Some((index, cluster, value)) = parsed() {
            clusters.entry(cluster).or_default()[index] = Some(value);
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn sample(cluster: &str, succeeded: bool) -> Sample {
        let result = if succeeded {
            RunResult::Succeeded
        } else {
            RunResult::Failed
        };
        Sample {
            cluster: cluster.into(),
            token_end: Some(at(9000)),
            result,
            milliseconds: 12,
        }
    }

    #[test]
    fn a_failure_keeps_the_time_of_the_last_success_and_a_success_that_of_the_last_failure() {
        let first = text("", &[sample("a", true)], false, at(1000));
        let second = text(&first, &[sample("a", false)], false, at(2000));
        let third = text(&second, &[sample("a", true)], false, at(3000));
        for (text, success, failure) in [(&second, 1000, 2000), (&third, 3000, 2000)] {
            let has = |name: &str, value: u32| {
                let line = format!("ood_k8s_refresh_token_last_{name}_timestamp_seconds{{cluster=\"a\"}} {value}\n");
                assert!(text.contains(&line), "no {line:?} in {text}");
            };
            has("success", success);
            has("failure", failure);
        }
        assert!(third.contains("ood_k8s_root_token_end_timestamp_seconds{cluster=\"a\"} 9000\n"));
        assert!(third.contains("ood_k8s_refresh_token_duration_seconds{cluster=\"a\"} 0.012\n"));
    }

    #[test]
    fn a_run_that_could_not_ask_is_neither_a_success_nor_a_failure() {
        let first = text("", &[sample("a", true)], false, at(1000));
        let untried = Sample {
            result: RunResult::Untried,
            ..sample("a", true)
        };
        let second = text(&first, &[untried], false, at(2000));
        assert!(
            second.contains("last_success_timestamp_seconds{cluster=\"a\"} 1000\n"),
            "{second}"
        );
        assert!(!second.contains("last_failure_timestamp_seconds{"), "{second}");
    }

    #[test]
    fn clusters_that_are_gone_are_dropped_unless_the_run_was_for_some_only() {
        let both = text("", &[sample("a", true), sample("b", true)], false, at(1));
        assert!(!text(&both, &[sample("a", true)], false, at(2)).contains("\"b\""));
        assert!(text(&both, &[sample("a", true)], true, at(2)).contains("\"b\""));
    }

    #[test]
    fn a_cluster_with_odd_letters_reads_back_as_itself() {
        let odd = "a\"b\\c\n\"} 1";
        let written = text("", &[sample(odd, true)], false, at(1));
        assert_eq!(read(&written).keys().collect::<Vec<_>>(), [odd]);
        assert_eq!(written.lines().count(), METRICS.len() * 3 - 1, "{written}");
    }

    #[test]
    fn what_others_wrote_is_not_kept() {
        let written = text("canary{cluster=\"a\"} 1\ncanary\n", &[sample("a", true)], true, at(1));
        assert!(!written.contains("canary"));
    }
}
