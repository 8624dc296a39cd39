//! How objects in clusters differ from what they should be: the table, and the JSON, of `--diff` and `manifests diff`.

use serde_json::{json, Value};

use super::results;
use crate::cluster::Comparison;
use crate::config::clusters::Cluster;
use crate::outcome::Outcome;
use crate::print::{self, Output};

/// Prints them.
pub(super) fn print(rows: &[Row], output: Output) {
    let heading = ["CLUSTER", "OBJECT", "RESULT", "DIFFERENCES"];
    results::print_rows(rows, output, false, heading, Row::value, |row, _| row.columns());
}

/// One object.
pub(super) struct Row {
    cluster: String,
    comparison: Comparison,
}

impl Row {
    pub fn new(cluster: &Cluster, comparison: Comparison) -> Self {
        Self {
            cluster: cluster.id.clone(),
            comparison,
        }
    }

    fn result(&self) -> &'static str {
        match self.comparison.report.outcome {
            Outcome::Created => "missing",
            Outcome::Changed => "differs",
            Outcome::Deleted => "no longer asked for",
            Outcome::Unchanged => "as it should be",
        }
    }

    fn value(&self) -> Value {
        let report = &self.comparison.report;
        json!({
            "cluster": self.cluster,
            "kind": report.kind,
            "name": report.name,
            "result": self.result(),
            "differences": self.comparison.differences,
        })
    }

    fn columns(&self) -> [String; 4] {
        let differences = self.comparison.differences.join(", ");
        [
            self.cluster.clone(),
            self.comparison.report.label(),
            self.result().to_owned(),
            print::or_dash(&differences).clone(),
        ]
    }
}
