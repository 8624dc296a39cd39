//! The audit of all clusters, one after another.

use std::path::Path;
use std::time::Duration;

use super::bindings::Roles;
use super::cluster::Look;
use super::place::{Places, Plan};
use crate::cluster::{Authority, ClusterError, RootKubeconfig};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::findings::{Area, Code, Finding};
use crate::login::Blueprint;

/// What to look at, and with whose rights.
pub struct Audit<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// Whose rights are used.
    pub authority: &'a Authority,
    /// Root's kubeconfig, whose token is looked at.
    pub kubeconfig: &'a Path,
    /// The deadline of each request.
    pub total: Duration,
    /// What ends a run that gets on no more; each step gives it more time.
    pub watchdog: &'a Deadline,
}

impl Audit<'_> {
    /// All findings. The same state gives the same findings in the same order, whatever the order of the answers.
    pub async fn look(&self) -> Vec<Finding> {
        let mut area = Area::new("hook.env");
        let mut notes = Vec::new();
        let blueprint = match Blueprint::draw_quietly(self.site, &mut notes) {
            Ok((blueprint, _)) => Some(blueprint),
            Err(error) => {
                area.told_warning(Code::NotLookedAt, format!("users' objects are not compared: {error}"));
                None
            }
        };
        area.faults(&self.site.broken);
        let mut findings = area.into_findings();
        let mut area = Area::new("kubeconfig");
        let root = RootKubeconfig::load(self.kubeconfig);
        if let Err(error) = &root {
            area.told_warning(Code::NotLookedAt, format!("root's token is not looked at: {error}"));
        }
        findings.extend(area.into_findings());
        for cluster in &self.site.clusters {
            match self.in_cluster(cluster, blueprint.as_ref(), root.as_ref().ok()).await {
                Ok(found) => findings.extend(found),
                Err(error) => {
                    let mut area = Area::new(format!("cluster {}", cluster.id));
                    area.fault(error);
                    findings.extend(area.into_findings());
                }
            }
        }
        findings
    }

    async fn in_cluster(
        &self,
        cluster: &Cluster,
        blueprint: Option<&Blueprint<'_>>,
        root: Option<&RootKubeconfig>,
    ) -> Result<Vec<Finding>, ClusterError> {
        let deadline = self.watchdog.step("connecting", self.total);
        let api = self.authority.connect(cluster, &deadline).await?;
        let look = Look {
            api: &api,
            cluster,
            settings: &self.site.settings,
            plan: Plan { blueprint, cluster },
            root,
            total: self.total,
            watchdog: self.watchdog,
            places: Places::default(),
            roles: Roles::default(),
            area: Area::new(format!("cluster {}", cluster.id)),
            listed: Vec::new(),
            count: 0,
        };
        look.all().await
    }
}
