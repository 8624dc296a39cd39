//! The outcome for one object: one line of a command's result.

use serde::Serialize;

use crate::objects::Kind;
use crate::outcome::Outcome;

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectReport {
    /// The kind, as manifests write it.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The outcome.
    pub outcome: Outcome,
}

impl ObjectReport {
    /// Creates the line for an object.
    pub fn new(kind: Kind, name: &str, outcome: Outcome) -> Self {
        Self {
            kind: kind.name(),
            name: name.to_owned(),
            outcome,
        }
    }

    /// The object as people see it: `secret/registry`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind.to_lowercase(), self.name)
    }
}
