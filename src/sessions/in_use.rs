//! Stamps the namespaces of live sessions: what reaps unused ones goes by the last login, and a session may last for days.

use std::path::Path;
use std::time::SystemTime;

use futures_util::StreamExt as _;

use super::report::{Fate, UserReport};
use super::run::{Run, SLACK};
use crate::cluster::{self, ClusterError, RootKubeconfig};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::log;
use crate::naming::Namespace;
use crate::objects::Owner;
use crate::renewal::Record;
use crate::side_by_side::side_by_side;
use crate::time::unix_seconds;
use crate::user::User;

/// Reapers count in hours.
const EVERY: u64 = 3600;

impl Run<'_> {
    /// Whether this is the first run since another whole hour of the session has passed. Nothing has to be remembered, and a
    /// run that is late stamps twice at most.
    pub(super) fn is_to_be_stamped(&self, record: &Record) -> bool {
        let since = SystemTime::now().duration_since(record.logged_in);
        let since = since.map_or(0, |since| since.as_secs());
        since >= EVERY && since % EVERY < (self.interval + SLACK).as_secs()
    }

    /// Stamps the namespaces of these users with the time of each cluster's clock. What fails is a warning: nothing of it is
    /// about users' tokens.
    pub async fn stamp(&self, reports: &[UserReport], kubeconfig: &Path) {
        let is_kept = |report: &&UserReport| report.fate != Fate::Forgotten;
        let users: Vec<_> = reports
            .iter()
            .filter(is_kept)
            .filter_map(|it| it.in_use.as_ref())
            .collect();
        if users.is_empty() || self.is_dry_run {
            return;
        }
        let root = match RootKubeconfig::load(kubeconfig) {
            Ok(root) => root,
            Err(error) => return log::warning(&format!("the namespaces of live sessions were not stamped: {error}")),
        };
        for cluster in &self.site.clusters {
            self.more_time("stamping the namespaces of live sessions");
            if let Err(error) = self.stamp_in(cluster, &root, &users).await {
                log::warning(&format!(
                    "cluster {}: the namespaces of live sessions were not stamped: {error}",
                    cluster.id
                ));
            }
        }
    }

    async fn stamp_in(&self, cluster: &Cluster, root: &RootKubeconfig, users: &[&User]) -> Result<(), ClusterError> {
        let deadline = Deadline::after(self.total);
        let api = cluster::connect(root.target(cluster)?, &deadline).await?;
        let now = cluster::server_version(&api)
            .await?
            .time
            .unwrap_or_else(SystemTime::now);
        let settings = &self.site.settings;
        let is_offered = |user: &&&User| cluster.access.verdict(user).is_ok_and(|verdict| verdict.is_offered);
        let work = users.iter().filter(is_offered).map(|user| {
            let name = Namespace::of_user(
                &cluster.namespace_prefix.value,
                &user.name,
                &settings.reserved_namespaces,
            );
            let owner = Owner {
                user: user.name.clone(),
                uid: Some(user.uid),
                site: settings.site.clone(),
                groups: None,
            };
            let api = &api;
            async move {
                match name {
                    Ok(name) => cluster::renew_claim(api, &name, &owner, unix_seconds(now)).await,
                    // A login says so.
                    Err(_) => Ok(()),
                }
            }
        });
        let done: Vec<_> = side_by_side(work, self.jobs).collect().await;
        done.into_iter().collect()
    }
}
