//! The result of `setup-root` for each cluster: for people, for scripts and for syslog.

use std::fmt::Display;
use std::time::SystemTime;

use serde_json::{json, Value};

use crate::cluster::RootEntry;
use crate::config::clusters::Cluster;
use crate::log;
use crate::outcome::Outcome;
use crate::print::or_dash;
use crate::time::rfc3339;

/// The result for one cluster.
#[derive(Default)]
pub struct SetupReport {
    /// The cluster's id.
    pub cluster: String,
    /// Root's context for it.
    pub context: String,
    /// What was done with root's kubeconfig.
    pub outcome: Option<Outcome>,
    /// When the token expires.
    pub end: Option<SystemTime>,
    /// The server in the context.
    pub server: String,
    /// The server's version, such as `v1.36.3`.
    pub version: String,
    /// The account in use, as the server reports it.
    pub account: String,
    /// What failed.
    pub error: Option<String>,
}

impl SetupReport {
    /// The columns.
    pub const HEADING: [&str; 6] = ["CLUSTER", "CONTEXT", "KUBECONFIG", "TOKEN EXPIRES", "VERSION", "SERVER"];

    /// For a context that exists, or will be created.
    pub fn of(cluster: &Cluster, entry: &RootEntry) -> Self {
        Self {
            cluster: cluster.id.clone(),
            context: entry.context.clone(),
            server: entry.server.clone(),
            ..Self::default()
        }
    }

    /// For a cluster without a working context.
    pub fn failed(cluster: &Cluster, error: &impl Display) -> Self {
        Self {
            cluster: cluster.id.clone(),
            server: cluster.endpoint.clone().unwrap_or_default(),
            error: Some(error.to_string()),
            ..Self::default()
        }
    }

    /// Logs the line for syslog.
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

    /// The value for scripts.
    pub fn value(&self) -> Value {
        let mut value = json!({
            "cluster": self.cluster, "context": self.context, "outcome": self.outcome, "server": self.server,
            "version": self.version, "account": self.account, "token_end": self.end.map(rfc3339),
        });
        if let Some(error) = &self.error {
            value["error"] = error.as_str().into();
        }
        value
    }

    /// The row for people, below [`Self::HEADING`].
    pub fn row(&self, mark: &str) -> [String; 6] {
        [
            self.cluster.clone(),
            or_dash(&self.context),
            self.outcome
                .map_or_else(|| "failed".into(), |outcome| format!("{outcome}{mark}")),
            match (self.end, &self.error, self.outcome) {
                (Some(end), ..) => rfc3339(end),
                (None, None, Some(_)) => "never".into(),
                _ => "-".into(),
            },
            or_dash(&self.version),
            or_dash(&self.server),
        ]
    }
}
