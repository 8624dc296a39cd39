//! What a site sees of its logins: metrics, alerts, the journal and `logs`.

mod alerts;
mod counting;
mod journal;
mod journald;
mod scraped;
mod shown;

use std::path::PathBuf;
use std::process::Command;

use crate::support::{skip, Site};

/// The file that logins are counted in, once hook.env names it.
pub fn counted(site: &Site) -> PathBuf {
    let path = site.path("logins.prom");
    site.set(&format!("LOGIN_METRICS_FILE={}", path.display()));
    path
}

/// The value of the series that begins so.
pub fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(&format!("{series} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// How many logins in a cluster have a result.
pub fn logins(path: &std::path::Path, cluster: &str, result: &str) -> u64 {
    let series = format!("ood_k8s_logins_total{{cluster=\"{cluster}\",result=\"{result}\"}} ");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let count = text.lines().find_map(|line| line.strip_prefix(&series));
    count.map_or(0, |count| count.parse().unwrap())
}

/// Whether a program is there; if not, the test is skipped.
pub fn is_there(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", program])
        .output()
        .unwrap()
        .status
        .success();
    if !found {
        skip(&format!("needs {program}"));
    }
    found
}
