//! What was read of a namespace beside its claim: each answer is used once, and whoever looks again asks the server.

use std::sync::{Mutex, PoisonError};

use super::error::ClusterError;
use super::reply::Reply;

/// Answers to reads, by path.
#[derive(Default)]
pub(super) struct Ahead(Mutex<Vec<(String, Result<Reply, ClusterError>)>>);

/// Without the answers: there are Secrets among them.
impl std::fmt::Debug for Ahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ahead")
    }
}

impl Ahead {
    /// Keeps these answers.
    pub fn of(answers: Vec<(String, Result<Reply, ClusterError>)>) -> Self {
        Self(Mutex::new(answers))
    }

    /// The answer for this path, if it was read and not used yet.
    pub fn take(&self, path: &str) -> Option<Result<Reply, ClusterError>> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = answers.iter().position(|(of, _)| of == path)?;
        Some(answers.swap_remove(found).1)
    }
}
