//! Metrics of `check`: how many findings there are.

use std::convert::Infallible;
use std::path::Path;
use std::time::SystemTime;

use super::text::{Writer, LOCK_WAIT};
use crate::store::{self, StoreError};
use crate::time::unix_seconds;

const FINDINGS: &str = "ood_k8s_check_findings";
const LAST_RUN: &str = "ood_k8s_check_last_run_timestamp_seconds";

/// Writes how many findings have each severity.
pub fn write_findings(path: &Path, counts: &[(&str, usize)]) -> Result<(), StoreError<Infallible>> {
    let text = text(counts, unix_seconds(SystemTime::now()));
    store::publish(path, LOCK_WAIT, |_| Ok(Some(text.into()))).map(|_| ())
}

fn text(counts: &[(&str, usize)], now: u64) -> String {
    let mut text = String::new();
    let mut to = Writer { text: &mut text };
    to.begin(FINDINGS, "gauge", "Findings of the last run of check, by severity.");
    for (severity, count) in counts {
        to.line(FINDINGS, &[("severity", severity)], count);
    }
    to.begin(LAST_RUN, "gauge", "When check last ran.");
    to.line(LAST_RUN, &[], now);
    text
}
