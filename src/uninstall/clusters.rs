//! Clusters: the account, its roles and the policies, with an administrator's kubeconfig. Users' namespaces stay.

use super::error::UninstallError;
use super::removed::Removed;
use crate::cluster::{self, AdminKubeconfig, Api};
use crate::config::clusters::Cluster;
use crate::config::profiles::Declared;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::objects::cluster_roles::{auditor, cluster_roles, for_profiles, offboarding};
use crate::objects::policies::cluster_policy_names;
use crate::objects::Kind;

const PART: &str = "cluster";

/// The clusters to clean.
pub struct Clusters<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// The administrator's kubeconfig.
    pub admin: &'a AdminKubeconfig,
    /// Whether the servers change nothing.
    pub is_dry_run: bool,
    /// For all requests.
    pub deadline: &'a Deadline,
}

impl Clusters<'_> {
    /// Removes what `cluster-roles --apply` and `cluster-policies --apply` made and nobody else has applied since, and the
    /// shipped policies.
    pub async fn clean(&self) -> Vec<Removed> {
        let mut done = Vec::new();
        for cluster in &self.site.clusters {
            match self.connect(cluster).await {
                Ok(api) => self.in_cluster(&api, cluster, &mut done).await,
                Err(error) => done.push(Removed::new(PART, &cluster.id, "account", Err(error))),
            }
        }
        done
    }

    async fn connect(&self, cluster: &Cluster) -> Result<Api, UninstallError> {
        let target = self.admin.target(cluster)?;
        let api = cluster::connect(target, self.deadline).await;
        Ok(api.map_err(|error| self.admin.blame(error))?.dry_run(self.is_dry_run))
    }

    /// What restricts the account goes first, and what others refer to last.
    async fn in_cluster(&self, api: &Api, cluster: &Cluster, done: &mut Vec<Removed>) {
        for (kind, name) in cluster_policy_names() {
            let removed = cluster::remove_policy(api, kind, name).await.map_err(Into::into);
            done.push(Removed::new(PART, &cluster.id, &label(kind, name), removed));
        }
        let account = &cluster.service_account;
        let roles = cluster_roles(account, &[], None)
            .and_then(|roles| Ok((roles, for_profiles(account, &Declared::default())?)));
        let objects = match roles {
            Ok((roles, more)) => roles
                .into_iter()
                .chain(more)
                .chain(offboarding(account))
                .chain(auditor(account))
                .collect::<Vec<_>>(),
            Err(error) => return done.push(Removed::new(PART, &cluster.id, "account", Err(error.into()))),
        };
        // Others may have put theirs into the account's namespace.
        for object in objects.iter().rev().filter(|object| object.kind != Kind::Namespace) {
            let removed = cluster::remove_ours(api, object).await.map_err(Into::into);
            done.push(Removed::new(
                PART,
                &cluster.id,
                &label(object.kind, &object.name),
                removed,
            ));
        }
    }
}

fn label(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.name().to_lowercase())
}
