//! Checks the admission policies of users' namespaces: which are there, in which mode, and whether they fit the settings.

use futures_util::future;

use crate::cluster::{self, AdminKubeconfig, Api, ClusterError, Comparison};
use crate::config::clusters::Cluster;
use crate::config::profiles::{Declared, ProfilesFile};
use crate::config::settings::{Settings, UidChange};
use crate::findings::{Area, Code};
use crate::objects::policies::{cluster_policies, KubernetesVersion, Mode, Wish};
use crate::objects::Object;
use crate::outcome::Outcome;

/// The policy that users notice most, by whose binding the mode is known.
const PODS: &str = "ondemand-pods";

/// What is looked for.
pub(super) struct Look<'a> {
    pub settings: &'a Settings,
    pub file: &'a ProfilesFile,
    pub admin: Option<&'a AdminKubeconfig>,
}

impl Look<'_> {
    /// Findings about the policies of one cluster. Root's account may usually not read them.
    pub async fn at(&self, area: &mut Area, api: &Api, cluster: &Cluster) {
        match self.compared(api, cluster).await {
            Ok(Some((mode, all))) => tell(area, mode, &all),
            Ok(None) => area.warning(Code::PoliciesMissing,
                "PROFILES_FILE is set, and there is no admission policy ondemand-pods, so users' pods are not compared with their ids",
                "run: ood-k8s cluster-policies --apply --admin-kubeconfig FILE",
            ),
            Err(ClusterError::Forbidden { .. }) if self.admin.is_none() => area.warning(Code::PoliciesUnknown,
                "root's credentials may not read the admission policies, so it is not known whether they are there",
                "run: ood-k8s check NAME --admin-kubeconfig FILE, with a cluster administrator's kubeconfig",
            ),
            Err(error) => area.told_warning(Code::PoliciesUnknown, format!("the admission policies cannot be compared: {error}")),
        }
    }

    /// All policies beside those that the settings ask for, in the mode that is in force; `None` if there is none for pods.
    async fn compared(&self, api: &Api, cluster: &Cluster) -> Result<Option<(Mode, Vec<Comparison>)>, ClusterError> {
        let version = cluster::server_version(api).await?;
        let Ok(version) = KubernetesVersion::parse(&version.git_version) else {
            return Ok(None);
        };
        let administrators;
        let api = match self.admin {
            None => api,
            Some(admin) => {
                administrators = cluster::connect(admin.target(cluster)?, api.deadline()).await?;
                &administrators
            }
        };
        // What cannot be read is told where the profiles are looked at.
        let known = self.file.known(self.settings);
        let declared = known.map_or_else(|_| self.file.declared.clone(), |(known, _)| known);
        let rendered = |mode| self.rendered(cluster, version, &declared, mode);
        let audited = rendered(Mode::Audit);
        let of_pods = |object: &&Object| object.name == PODS && object.kind.name().ends_with("Binding");
        let Some(binding) = audited.iter().find(of_pods) else {
            return Ok(None);
        };
        let Some(mode) = Mode::of(&cluster::compare(api, binding).await?.live) else {
            return Ok(None);
        };
        let wanted = rendered(mode);
        let all = future::try_join_all(wanted.iter().map(|object| cluster::compare(api, object))).await?;
        Ok(Some((mode, all)))
    }

    fn rendered(&self, cluster: &Cluster, version: KubernetesVersion, declared: &Declared, mode: Mode) -> Vec<Object> {
        cluster_policies(&Wish {
            account: &cluster.service_account,
            policies: &self.file.policies,
            declared,
            mode,
            version,
            uid_may_change: self.settings.uid_change == UidChange::Follow,
            reaper: self.settings.reaper.as_ref(),
        })
    }
}

fn tell(area: &mut Area, mode: Mode, all: &[Comparison]) {
    let word = mode.word();
    let of = |outcome: Outcome| {
        let found = all.iter().filter(move |one| one.report.outcome == outcome);
        found.map(|one| one.report.label()).collect::<Vec<_>>().join(", ")
    };
    let (missing, differing) = (of(Outcome::Created), of(Outcome::Changed));
    let remedy =
        format!("run: ood-k8s cluster-policies --diff --mode {word} --admin-kubeconfig FILE, and then --apply");
    if !missing.is_empty() {
        area.warning(
            Code::PoliciesMissing,
            format!("of the admission policies, these are missing: {missing}"),
            &remedy,
        );
    }
    if !differing.is_empty() {
        area.warning(
            Code::PoliciesDiffer,
            format!("of the admission policies, these are not as the settings ask: {differing}"),
            &remedy,
        );
    }
    if missing.is_empty() && differing.is_empty() {
        area.ok(format!(
            "the admission policies are as the settings ask, in the mode {word}"
        ));
    }
}
