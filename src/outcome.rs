//! The result of bringing something into its desired state: an object in a cluster, or a file in a home.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was done to reach the desired state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did not exist.
    Created,
    /// It existed, and differed from the desired state.
    Changed,
    /// It was in the desired state; nothing was written.
    Unchanged,
    /// It was there, and should not be.
    Deleted,
}

/// The context of a failure that concerns one cluster, by its id.
pub fn of_cluster(id: &str) -> String {
    format!("cluster {id}")
}

impl Outcome {
    /// The word for tables and log lines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
