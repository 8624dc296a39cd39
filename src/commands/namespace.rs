//! `namespace`: the name of users' namespaces in each cluster, and why; no cluster is asked.

use serde::Serialize;

use super::error::{only, Failures};
use super::invocation::Invocation;
use crate::cli::NamespaceArgs;
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::naming::{NameError, Namespace, Username};
use crate::print::{or_dash, Row, Rows};

/// One user in one cluster.
#[derive(Serialize)]
struct Named {
    user: String,
    cluster: String,
    namespace: String,
    /// `plain` or `slug`.
    rule: &'static str,
    /// Why the plain name is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Prints a row for each user and cluster. A user without a namespace is a failure, and stops nobody else.
pub(super) fn run(invocation: &Invocation, args: &NamespaceArgs) -> Result<(), Failures> {
    let site = invocation.site().map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let mut rows = Rows::new(args.output);
    for name in &args.users {
        match Username::parse(name) {
            Err(error) => failures.add(String::new(), error),
            Ok(user) => {
                for cluster in &site.clusters {
                    match named(&site, cluster, &user) {
                        Ok(named) => rows.add(&[named]),
                        Err(error) => failures.add(crate::outcome::of_cluster(&cluster.id), error),
                    }
                }
            }
        }
    }
    let errors: Vec<_> = failures.lines().collect();
    rows.end(serde_json::json!({ "errors": errors }));
    failures.result()
}

fn named(site: &Site, cluster: &Cluster, user: &Username) -> Result<Named, NameError> {
    let prefix = &cluster.namespace_prefix.value;
    let namespace = Namespace::of_user(prefix, user, &site.settings.namespaces)?;
    let reason = Namespace::why_not_plain(prefix, user);
    Ok(Named {
        user: user.to_string(),
        cluster: cluster.id.clone(),
        namespace: namespace.to_string(),
        rule: if reason.is_some() { "slug" } else { "plain" },
        reason,
    })
}

impl Row for Named {
    const HEADING: &'static [&'static str] = &["USER", "CLUSTER", "NAMESPACE", "RULE"];
    const WIDE: &'static [&'static str] = &["REASON"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.user.clone(),
            self.cluster.clone(),
            self.namespace.clone(),
            self.rule.to_owned(),
            or_dash(
                &self
                    .reason
                    .map(|reason| format!("the plain name {reason}"))
                    .unwrap_or_default(),
            ),
        ]
    }

    fn name(&self) -> Option<&str> {
        Some(&self.namespace)
    }
}
