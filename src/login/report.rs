//! The result for one user in one cluster: for people, for scripts and for syslog.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{json, Value};

use super::error::LoginError;
use crate::cluster::{Bootstrapped, ClusterError, ObjectReport};
use crate::exit::{HasExitStatus, RESULTS, ROOT_TOKEN_REFUSED};
use crate::log;
use crate::outcome::Outcome;
use crate::time::millis;

/// The result for one user in one cluster, or for the cluster itself.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The user's name; empty if the report is about the cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The cluster's id.
    pub cluster: String,
    /// The user's namespace, once its name is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The result for each object.
    pub objects: Vec<ObjectReport>,
    /// The result for the kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<KubeconfigReport>,
    /// Why nothing was done, other than an error: `acl`, if the user is not offered the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<&'static str>,
    /// How long it took.
    pub milliseconds: u64,
    /// How long of that the login waited for its turn, where it did.
    #[serde(skip)]
    pub waited: Option<u64>,
    /// What should be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The word for people and scripts if it is neither done nor failed: `terminating`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Why it was done, where users are not named but found: `removed`, `not-offered` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// What failed, on one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// One of [`RESULTS`], for log lines and metrics.
    #[serde(skip)]
    pub result: &'static str,
}

/// The result for one kubeconfig.
#[derive(Debug, Serialize, Clone)]
pub struct KubeconfigReport {
    /// Its path.
    pub file: String,
    /// What was done.
    pub outcome: Outcome,
}

impl Report {
    /// A report in which nothing has been done yet.
    pub fn new(user: &str, cluster: &str) -> Self {
        Self {
            user: user.to_owned(),
            cluster: cluster.to_owned(),
            namespace: None,
            objects: Vec::new(),
            kubeconfig: None,
            skipped: None,
            milliseconds: 0,
            waited: None,
            warnings: Vec::new(),
            state: None,
            why: None,
            error: None,
            result: RESULTS[0],
        }
    }

    /// A cluster that `OnDemand` does not offer to the user, by its `acls` or because the user cannot read its file.
    pub fn skipped(user: &str, cluster: &str) -> Self {
        Self {
            skipped: Some("acl"),
            ..Self::new(user, cluster)
        }
    }

    /// A user for whom nothing could be done in a cluster, or in any if `cluster` is empty.
    pub fn failed(user: &str, cluster: &str, error: &impl HasExitStatus) -> Self {
        let mut report = Self::new(user, cluster);
        report.add_error(error);
        report
    }

    /// Adds what was done in the namespace, and all that failed there; returns the first failure, and how many others there
    /// are.
    pub fn add(&mut self, done: Bootstrapped) -> Result<(), LoginError> {
        self.objects.extend(done.objects);
        self.warnings = done.warnings;
        done.failures.iter().for_each(|error| self.add_error(error));
        let status = done.failures.iter().map(ClusterError::exit_status).min();
        let (mut failures, Some(status)) = (done.failures.into_iter(), status) else {
            return Ok(());
        };
        match (failures.next(), failures.len()) {
            (None, _) => Ok(()),
            (Some(only), 0) => Err(only.into()),
            (Some(first), more) => Err(LoginError::Several {
                first: Box::new(first),
                more,
                status,
            }),
        }
    }

    /// Adds an error to those in the report.
    pub fn add_error(&mut self, error: &impl HasExitStatus) {
        // What stops everybody's logins takes precedence; otherwise the first counts.
        if self.error.is_none() || error.result() == ROOT_TOKEN_REFUSED {
            self.result = error.result();
        }
        let text = error.to_string();
        self.error = Some(match self.error.take() {
            None => text,
            Some(before) => format!("{before}; {text}"),
        });
    }

    /// Adds an error, unless the report has it already.
    pub fn add_error_once(&mut self, error: &impl HasExitStatus) {
        if !self
            .error
            .as_ref()
            .is_some_and(|text| text.contains(&error.to_string()))
        {
            self.add_error(error);
        }
    }

    /// The result for all objects together: created if one was, else changed if one was.
    pub fn outcome(&self) -> Outcome {
        let has = |outcome| self.objects.iter().any(|object| object.outcome == outcome);
        match (has(Outcome::Created), has(Outcome::Changed) || has(Outcome::Deleted)) {
            (true, _) => Outcome::Created,
            (false, true) => Outcome::Changed,
            (false, false) => Outcome::Unchanged,
        }
    }

    /// Sets how long it took.
    pub fn took(&mut self, since: Instant) {
        self.milliseconds = millis(since);
    }

    /// Sets how long the login waited for others, if that is worth a field.
    pub fn waited(&mut self, waited: Duration) {
        self.waited = u64::try_from(waited.as_millis()).ok().filter(|waited| *waited > 0);
    }

    /// Logs the line for syslog.
    pub fn record(&self, command: &str) {
        let mut fields = Vec::new();
        let mut add = |key: &'static str, value: Value| fields.push((key, value));
        add("msg", command.into());
        if !self.user.is_empty() {
            add("user", self.user.as_str().into());
        }
        if !self.cluster.is_empty() {
            add("cluster", self.cluster.as_str().into());
        }
        add("result", self.skipped.map_or(self.result, |_| "skipped").into());
        if let Some(namespace) = &self.namespace {
            add("namespace", namespace.as_str().into());
        }
        for outcome in [Outcome::Created, Outcome::Changed, Outcome::Deleted, Outcome::Unchanged] {
            let names = self.names(outcome);
            if !names.is_empty() {
                add(outcome.word(), names.join(",").into());
            }
        }
        if let Some(kubeconfig) = &self.kubeconfig {
            add("kubeconfig", json!(kubeconfig.outcome));
        }
        if let Some(why) = self.skipped {
            add("skipped", why.into());
        }
        add("milliseconds", self.milliseconds.into());
        if let Some(waited) = self.waited {
            add("waited", waited.into());
        }
        if !self.warnings.is_empty() {
            add("warning", self.warnings.join("; ").into());
        }
        if let Some(error) = &self.error {
            add("error", error.as_str().into());
        }
        log::record(&fields);
    }

    fn names(&self, outcome: Outcome) -> Vec<String> {
        let matching = self.objects.iter().filter(|object| object.outcome == outcome);
        matching.map(ObjectReport::label).collect()
    }
}
