//! Metrics for Prometheus: files for node_exporter's textfile collector.

mod logins;
mod root_token;
mod sessions;
mod text;

pub use logins::{count_login, LoginSample, UncountedError};
pub use root_token::{write_root_tokens, RunResult, Sample};
pub use sessions::{write_sessions, Counts};
