//! What `setup-root` made of each cluster's context, for people, for scripts and for the record.

use std::time::SystemTime;

use serde_json::{json, Value};

use super::super::report::{columns, or_dash, print_as};
use crate::cli::Output;
use crate::cluster::RootEntry;
use crate::config::clusters::Cluster;
use crate::error::Error;
use crate::log;
use crate::outcome::Outcome;
use crate::time::rfc3339;

/// What became of one cluster.
#[derive(Default)]
pub(super) struct SetupReport {
    pub cluster: String,
    pub context: String,
    pub outcome: Option<Outcome>,
    /// When the token ends.
    pub end: Option<SystemTime>,
    pub server: String,
    /// The server's, as `v1.36.3`.
    pub version: String,
    /// Who we are in its eyes.
    pub account: String,
    pub error: Option<String>,
}

impl SetupReport {
    pub fn of(cluster: &Cluster, entry: &RootEntry) -> Self {
        Self {
            cluster: cluster.id.clone(),
            context: entry.context.clone(),
            server: entry.server.clone(),
            ..Self::default()
        }
    }

    pub fn failed(cluster: &Cluster, error: &Error) -> Self {
        Self {
            cluster: cluster.id.clone(),
            server: cluster.endpoint.clone().unwrap_or_default(),
            error: Some(error.to_string()),
            ..Self::default()
        }
    }

    /// The line for syslog.
    pub fn record(&self) {
        let mut fields: Vec<(&str, Value)> = vec![
            ("msg", "setup-root".into()),
            ("cluster", self.cluster.as_str().into()),
            ("context", self.context.as_str().into()),
        ];
        fields.extend(self.outcome.map(|outcome| ("kubeconfig", json!(outcome))));
        fields.extend(self.end.map(|end| ("ends", rfc3339(end).into())));
        fields.extend(self.error.as_ref().map(|error| ("error", error.as_str().into())));
        log::record(&fields);
    }

    fn value(&self) -> Value {
        let mut value = json!({
            "cluster": self.cluster, "context": self.context, "outcome": self.outcome, "server": self.server,
            "version": self.version, "account": self.account, "token_end": self.end.map(rfc3339),
        });
        if let Some(error) = &self.error {
            value["error"] = error.as_str().into();
        }
        value
    }

    fn row(&self, mark: &str) -> [String; 6] {
        [
            self.cluster.clone(),
            or_dash(&self.context),
            self.outcome
                .map_or_else(|| "failed".into(), |outcome| format!("{outcome}{mark}")),
            self.end.map_or_else(|| "-".into(), rfc3339),
            or_dash(&self.version),
            or_dash(&self.server),
        ]
    }
}

/// Prints the reports.
pub(super) fn print(reports: &[SetupReport], output: Output, is_dry_run: bool) {
    let values: Vec<_> = reports.iter().map(SetupReport::value).collect();
    let value = || json!({ "dry_run": is_dry_run, "results": values });
    print_as(output, value, || {
        let mark = if is_dry_run { " (dry run)" } else { "" };
        let heading = ["CLUSTER", "CONTEXT", "KUBECONFIG", "TOKEN ENDS", "VERSION", "SERVER"];
        let mut rows = vec![heading.map(str::to_owned)];
        rows.extend(reports.iter().map(|report| report.row(mark)));
        columns(&rows)
    });
}
