//! Metrics for Prometheus: files for node_exporter's textfile collector.

mod findings;
mod logins;
mod namespaces;
mod root_token;
mod sessions;
mod text;

pub use findings::write_findings;
pub use logins::{count_login, LoginSample, UncountedError};
pub use namespaces::{write_namespaces, NamespaceCounts};
pub use root_token::{write_root_tokens, RunResult, Sample};
pub use sessions::{write_sessions, Counts};
