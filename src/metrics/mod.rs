//! Metrics for Prometheus: files for node_exporter's textfile collector.

mod root_token;
mod sessions;

pub use root_token::{write_root_tokens, RunResult, Sample};
pub use sessions::{write_sessions, Counts};
