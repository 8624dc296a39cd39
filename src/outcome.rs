//! What became of a thing that was to be as it should be: an object in a cluster, a file in a home.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was there, but not as it should be.
    Changed,
    /// It was as it should be; nothing was written.
    Unchanged,
}

/// What a failure hit, before the failure itself: a cluster, by its id.
pub fn of_cluster(id: &str) -> String {
    format!("cluster {id}")
}

impl Outcome {
    /// The word for tables and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
