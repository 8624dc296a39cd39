//! Metrics of `renew-creds`, for all users together.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::text::LOCK_WAIT;
use crate::store::{self, StoreError};
use crate::time::unix_seconds;

/// The result that no user may have if the run is to count as a success.
const FAILED: &str = "failed";
const USERS: &str = "ood_k8s_renew_creds_users";
const LAST_RUN: &str = "ood_k8s_renew_creds_last_run_timestamp_seconds";
const LAST_SUCCESS: &str = "ood_k8s_renew_creds_last_success_timestamp_seconds";
const DURATION: &str = "ood_k8s_renew_creds_duration_seconds";

/// The number of users by result.
pub type Counts = BTreeMap<&'static str, usize>;

/// Writes the results of the run, and keeps the time of the last run without a failure.
pub fn write_sessions(path: &Path, counts: &Counts, started: Instant) -> Result<(), StoreError<Infallible>> {
    let took = started.elapsed();
    let edit = |old: &str| Ok(Some(text(old, counts, took, SystemTime::now()).into()));
    store::publish(path, LOCK_WAIT, edit).map(|_| ())
}

fn text(old: &str, counts: &Counts, took: Duration, now: SystemTime) -> String {
    let succeeded = counts.get(FAILED) == Some(&0);
    let success = if succeeded {
        Some(unix_seconds(now))
    } else {
        before(old)
    };
    let mut text = String::new();
    gauge(&mut text, USERS, "Users by the result of the last run of renew-creds.");
    for (word, count) in counts {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{USERS}{{result=\"{word}\"}} {count}");
    }
    gauge(&mut text, LAST_RUN, "When renew-creds last ran.");
    let _ = writeln!(text, "{LAST_RUN} {}", unix_seconds(now));
    gauge(&mut text, LAST_SUCCESS, "When renew-creds last ran without a failure.");
    if let Some(success) = success {
        let _ = writeln!(text, "{LAST_SUCCESS} {success}");
    }
    gauge(&mut text, DURATION, "How long the last run of renew-creds took.");
    let _ = writeln!(text, "{DURATION} {}", took.as_secs_f64());
    text
}

fn gauge(text: &mut String, name: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
}

/// The time of the last success, from an earlier run.
fn before(old: &str) -> Option<u64> {
    let value = old.lines().find_map(|line| line.strip_prefix(LAST_SUCCESS))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(renewed: usize, failed: usize) -> Counts {
        Counts::from([("renewed", renewed), (FAILED, failed)])
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn every_result_has_a_count_and_a_failure_keeps_the_last_success() {
        let took = Duration::from_millis(250);
        let good = text("", &counts(1, 0), took, at(1000));
        for line in [
            "ood_k8s_renew_creds_users{result=\"renewed\"} 1\n",
            "ood_k8s_renew_creds_users{result=\"failed\"} 0\n",
            "ood_k8s_renew_creds_last_success_timestamp_seconds 1000\n",
            "ood_k8s_renew_creds_duration_seconds 0.25\n",
        ] {
            assert!(good.contains(line), "no {line:?} in {good}");
        }
        let bad = text(&good, &counts(0, 1), took, at(2000));
        assert!(bad.contains("last_success_timestamp_seconds 1000\n"), "{bad}");
        assert!(bad.contains("last_run_timestamp_seconds 2000\n"), "{bad}");
        assert!(bad.contains("{result=\"failed\"} 1\n"), "{bad}");
        assert!(!text("", &counts(0, 1), took, at(1)).contains("success_timestamp_seconds 1\n"));
    }
}
