//! One person in all clusters.

use std::time::Duration;

use crate::cluster::{find_namespace, Authority, ClusterError};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::findings::{Area, Finding};
use crate::naming::{Namespace, Username};
use crate::user;

/// What to look at, and how.
pub struct Look<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// Whose rights are used.
    pub authority: &'a Authority,
    /// The deadline of each cluster.
    pub total: Duration,
    /// What ends a run that gets on no more.
    pub watchdog: &'a Deadline,
}

impl Look<'_> {
    /// Everything that is known of the user.
    pub async fn at(&self, name: &str) -> Vec<Finding> {
        let mut area = Area::new("account");
        _ = self
            .watchdog
            .step("looking up the user in the passwd database", self.total);
        match user::look_up(name, self.site.settings.min_uid) {
            Ok(user) => area.ok(format!("has the uid {}, and may log in", user.uid)),
            Err(error) => area.fault(error),
        }
        let mut findings = area.into_findings();
        let Ok(name) = Username::parse(name) else {
            return findings;
        };
        let deadline = self.watchdog.step("asking the clusters", self.total);
        let clusters = self
            .site
            .clusters
            .iter()
            .map(|cluster| self.in_cluster(&name, cluster, &deadline));
        for found in futures_util::future::join_all(clusters).await {
            findings.extend(found);
        }
        findings
    }

    async fn in_cluster(&self, name: &Username, cluster: &Cluster, deadline: &Deadline) -> Vec<Finding> {
        let mut area = Area::new(format!("cluster {}", cluster.id));
        match self.namespace(name, cluster, deadline).await {
            Ok(text) => area.ok(text),
            Err(error) => area.fault(error),
        }
        area.into_findings()
    }

    async fn namespace(&self, name: &Username, cluster: &Cluster, deadline: &Deadline) -> Result<String, ClusterError> {
        let rules = &self.site.settings.namespaces;
        let Ok(namespace) = Namespace::of_user(&cluster.namespace_prefix.value, name, rules) else {
            return Ok(format!("no namespace can have a name for {name}"));
        };
        let api = self.authority.connect(cluster, deadline).await?;
        let found = find_namespace(&api, namespace.as_str()).await?;
        Ok(found.map_or_else(
            || "has no namespace".to_owned(),
            |found| format!("has the namespace {}", found.name),
        ))
    }
}
