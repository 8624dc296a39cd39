//! The result for each user: for people, for scripts and for syslog.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{json, Value};

use super::error::SessionError;
use crate::log;
use crate::metrics::Counts;
use crate::naming::Username;
use crate::time::{for_a_person, millis, rfc3339};
use crate::user::User;

/// The result for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// New tokens were written to the home.
    Renewed,
    /// The old tokens are valid until the next run.
    Kept,
    /// The session has ended.
    Forgotten,
    /// By what the user has in the home: the next run tries again, and this one does not fail.
    Blocked,
    /// The next run tries again.
    Failed,
    /// Not tried, since the identity provider is down; the reason is reported once for all users.
    Waits,
}

impl Fate {
    /// Those that have a count of their own.
    pub const ALL: [Self; 5] = [Self::Renewed, Self::Kept, Self::Forgotten, Self::Blocked, Self::Failed];

    /// The word for tables, log lines and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Kept => "kept",
            Self::Forgotten => "forgotten",
            Self::Blocked => "blocked",
            Self::Failed | Self::Waits => "failed",
        }
    }
}

/// The result for one user.
pub struct UserReport {
    /// The user's name.
    pub user: String,
    /// The result.
    pub fate: Fate,
    /// When the first of the user's tokens expires.
    pub end: Option<SystemTime>,
    /// How long it took.
    pub milliseconds: u64,
    /// Why the record was removed, which clusters are not there, or what failed.
    pub why: Option<String>,
    /// What failed.
    pub errors: Vec<SessionError>,
    /// The user, if the namespaces are to be stamped as in use.
    pub in_use: Option<User>,
}

impl UserReport {
    /// The columns.
    pub const HEADING: [&str; 4] = ["USER", "RESULT", "EXPIRES", "REASON"];

    /// A report in which nothing has been done yet.
    pub(super) fn new(user: &Username) -> Self {
        Self {
            user: user.to_string(),
            fate: Fate::Kept,
            end: None,
            milliseconds: 0,
            why: None,
            errors: Vec::new(),
            in_use: None,
        }
    }

    /// Sets the result.
    pub(super) fn with(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }

    /// Adds to the reason.
    pub(super) fn add_why(&mut self, why: &str) {
        self.why = Some(match self.why.take() {
            Some(before) => format!("{before}; {why}"),
            None => why.to_owned(),
        });
    }

    /// Sets the result and its reason.
    pub(super) fn because(mut self, fate: Fate, why: &str) -> Self {
        self.why = Some(why.to_owned());
        self.with(fate)
    }

    /// Marks the user as waiting, until the common reason is set.
    pub(super) fn waits(self) -> Self {
        self.with(Fate::Waits)
    }

    /// Sets what failed.
    pub(super) fn failed(mut self, errors: Vec<SessionError>) -> Self {
        let told: Vec<_> = errors.iter().map(SessionError::to_string).collect();
        let is_of_the_user = !errors.is_empty() && errors.iter().all(SessionError::is_of_the_user);
        self.errors = errors;
        let fate = if is_of_the_user { Fate::Blocked } else { Fate::Failed };
        self.because(fate, &told.join("; "))
    }

    /// Sets `Renewed`, or `Failed` if there are errors.
    pub(super) fn renewed(mut self) -> Self {
        let errors = std::mem::take(&mut self.errors);
        if errors.is_empty() {
            self.with(Fate::Renewed)
        } else {
            self.failed(errors)
        }
    }

    /// Sets how long it took.
    pub(super) fn took(mut self, since: Instant) -> Self {
        self.milliseconds = millis(since);
        self
    }

    /// Logs the line for syslog; there is none if the tokens were kept, and nothing is to be said of that.
    pub fn record(&self) {
        if self.fate == Fate::Kept && self.why.is_none() {
            return;
        }
        let mut fields: Vec<(&str, Value)> = vec![
            ("msg", "renew-creds".into()),
            ("user", self.user.as_str().into()),
            ("result", self.fate.word().into()),
        ];
        fields.extend(self.end.map(|end| ("ends", rfc3339(end).into())));
        fields.push(("milliseconds", self.milliseconds.into()));
        let key = self.key_of_why();
        fields.extend(self.why.as_ref().map(|why| (key, why.as_str().into())));
        log::record(&fields);
    }

    /// The value for scripts.
    pub fn value(&self) -> Value {
        let mut value = json!({
            "user": self.user, "result": self.fate.word(),
            "token_end": self.end.map(rfc3339), "milliseconds": self.milliseconds,
        });
        let key = self.key_of_why();
        if let Some(why) = &self.why {
            value[key] = why.as_str().into();
        }
        value
    }

    fn key_of_why(&self) -> &'static str {
        match self.fate {
            Fate::Blocked | Fate::Failed | Fate::Waits => "error",
            Fate::Forgotten | Fate::Kept | Fate::Renewed => "reason",
        }
    }

    /// The row for people, below [`Self::HEADING`].
    pub fn row(&self, mark: &str) -> [String; 4] {
        [
            self.user.clone(),
            format!("{}{mark}", self.fate.word()),
            self.end.map_or_else(|| "-".into(), rfc3339),
            self.why.clone().unwrap_or_default(),
        ]
    }
}

/// Warns about new tokens that expire before the next run: only the identity provider can change their lifetime.
pub fn warn_of_short_lives(reports: &[UserReport], interval: Duration) {
    let renewed = reports.iter().filter(|report| report.fate == Fate::Renewed);
    let Some(first) = renewed.filter_map(|report| report.end).min() else {
        return;
    };
    let left = first.duration_since(SystemTime::now()).unwrap_or_default();
    if left <= interval {
        log::warning(&format!(
            "a new token expires in {}, but this command runs every {}; run it more often (--interval), or configure longer-lived access tokens in the identity provider",
            for_a_person(left),
            for_a_person(interval)
        ));
    }
}

/// The number of users by result.
pub fn counts(reports: &[UserReport]) -> Counts {
    let mut counts: Counts = Fate::ALL.iter().map(|fate| (fate.word(), 0)).collect();
    reports
        .iter()
        .for_each(|report| *counts.entry(report.fate.word()).or_default() += 1);
    counts
}

/// Logs the counts as one line for syslog, if anything was done.
pub fn record_all(reports: &[UserReport], started: Instant) {
    if reports.iter().all(|report| report.fate == Fate::Kept) {
        return;
    }
    let mut fields: Vec<(&str, Value)> = vec![("msg", "renew-creds".into())];
    fields.extend(counts(reports).into_iter().map(|(word, count)| (word, count.into())));
    fields.push(("milliseconds", millis(started).into()));
    log::record(&fields);
}

/// The number of users by result, on one line.
pub fn summary(reports: &[UserReport]) -> String {
    let parts = counts(reports).into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<_> = parts.map(|(word, count)| format!("{count} {word}")).collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(": {}", parts.join(", "))
    };
    let users = if reports.len() == 1 { "user" } else { "users" };
    format!("{} {users}{parts}", reports.len())
}
