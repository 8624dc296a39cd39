//! What was removed, or would be: for people and for scripts.

use serde::Serialize;

use super::error::UninstallError;
use crate::outcome::Outcome;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Removed {
    /// `homes`, `root` or `cluster`.
    pub part: &'static str,
    /// Whose it is: a user, `root`, a cluster.
    pub place: String,
    /// What it is.
    pub what: String,
    /// `deleted`, `changed` or `unchanged`.
    pub outcome: Option<Outcome>,
    /// Why it is as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same as an error, for the exit status.
    #[serde(skip)]
    pub failure: Option<UninstallError>,
}

impl Removed {
    /// The columns.
    pub const HEADING: [&str; 4] = ["PART", "OF", "WHAT", "RESULT"];

    /// The result for one thing.
    pub(super) fn new(part: &'static str, place: &str, what: &str, done: Result<Outcome, UninstallError>) -> Self {
        let (outcome, failure) = match done {
            Ok(outcome) => (Some(outcome), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            part,
            place: place.to_owned(),
            what: what.to_owned(),
            outcome,
            error: failure.as_ref().map(ToString::to_string),
            failure,
        }
    }

    /// The line of a table; `mark` says that it was only tried.
    pub fn row(&self, mark: &str) -> [String; 4] {
        let word = self.outcome.map_or("failed", Outcome::word);
        [
            self.part.to_owned(),
            self.place.clone(),
            self.what.clone(),
            format!("{word}{mark}"),
        ]
    }
}
