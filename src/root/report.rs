//! The result for root's token at each cluster: for people, for scripts and for syslog.

use std::fmt::Display;
use std::time::{Instant, SystemTime};

use serde_json::{json, Value};

use crate::log;
use crate::outcome::Outcome;
use crate::print::or_dash;
use crate::time::{for_a_person, millis, rfc3339};

/// The result for one cluster.
pub struct RootReport {
    /// The cluster's id, or the ids of several that share a token.
    pub cluster: String,
    /// The user's entry in root's kubeconfig; empty if none was found.
    pub user: String,
    /// What was done with the token.
    pub outcome: Option<Outcome>,
    /// When the current token expires.
    pub end: Option<SystemTime>,
    /// Why nobody knows whether the server accepts it; `None` if it was tried.
    pub untried: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
    /// What failed.
    pub error: Option<String>,
}

impl RootReport {
    /// The columns.
    pub const HEADING: [&str; 5] = ["CLUSTER", "USER ENTRY", "TOKEN", "EXPIRES", "LEFT"];

    /// A report in which nothing has been done yet.
    pub fn new(cluster: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
            user: String::new(),
            outcome: None,
            end: None,
            untried: None,
            milliseconds: 0,
            error: None,
        }
    }

    /// Sets what failed.
    #[must_use]
    pub fn failed(mut self, error: &impl Display, since: Instant) -> Self {
        self.error = Some(error.to_string());
        self.took(since)
    }

    /// Sets how long it took.
    pub(super) fn took(mut self, since: Instant) -> Self {
        self.milliseconds = millis(since);
        self
    }

    /// Logs the line for syslog.
    pub fn record(&self, command: &str) {
        let mut fields: Vec<(&str, Value)> = vec![
            ("msg", command.into()),
            ("cluster", self.cluster.as_str().into()),
            ("entry", self.user.as_str().into()),
        ];
        fields.extend(self.outcome.map(|outcome| ("token", json!(outcome))));
        fields.extend(self.end.map(|end| ("ends", rfc3339(end).into())));
        fields.push(("milliseconds", self.milliseconds.into()));
        fields.extend(self.untried.as_ref().map(|why| ("untried", why.as_str().into())));
        fields.extend(self.error.as_ref().map(|error| ("error", error.as_str().into())));
        log::record(&fields);
    }

    /// The value for scripts.
    pub fn value(&self) -> Value {
        let mut value = json!({
            "cluster": self.cluster, "user_entry": self.user, "outcome": self.outcome,
            "token_end": self.end.map(rfc3339), "milliseconds": self.milliseconds,
        });
        if let Some(why) = &self.untried {
            value["untried"] = why.as_str().into();
        }
        if let Some(error) = &self.error {
            value["error"] = error.as_str().into();
        }
        value
    }

    /// The row for people, below [`Self::HEADING`].
    pub fn row(&self, mark: &str) -> [String; 5] {
        let left = self.end.map(|end| end.duration_since(SystemTime::now()));
        [
            self.cluster.clone(),
            or_dash(&self.user),
            match (&self.error, self.outcome) {
                (None, Some(outcome)) if self.untried.is_some() => format!("{outcome}, not tried{mark}"),
                (None, Some(outcome)) => format!("{outcome}{mark}"),
                _ => "failed".into(),
            },
            match (self.end, &self.error, self.outcome) {
                (Some(end), ..) => rfc3339(end),
                // Such as that of a Secret (`--from-secret`).
                (None, None, Some(_)) => "never".into(),
                _ => "-".into(),
            },
            match left {
                None => "-".into(),
                Some(Ok(left)) => for_a_person(left),
                Some(Err(_)) => "expired".into(),
            },
        ]
    }
}
