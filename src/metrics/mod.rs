//! Metrics for Prometheus: files for node_exporter's textfile collector.

mod findings;
mod logins;
mod namespaces;
mod root_token;
mod sessions;
mod text;

use std::time::Duration;

pub use findings::write_findings;
pub use logins::{count_login, LoginSample, UncountedError};
pub use namespaces::{write_namespaces, NamespaceCounts};
pub use root_token::{write_root_tokens, RunResult, Sample};
pub use sessions::{write_sessions, Counts};

/// Writing a file is quick, and not worth a longer wait.
const LOCK_WAIT: Duration = Duration::from_secs(2);
