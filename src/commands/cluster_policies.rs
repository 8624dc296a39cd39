//! `cluster-policies`: the admission policies of users' namespaces, printed, compared or applied.

use std::path::Path;
use std::time::Instant;

use futures_util::future::join_all;

use super::cluster_roles::{common_account, known, site};
use super::comparison_rows::{self, Row};
use super::error::{only, Error, Failures};
use super::invocation::{guard, Invocation};
use super::{printed_objects, results};
use crate::cli::ClusterPoliciesArgs;
use crate::cluster::{self, AdminKubeconfig, Api, NamespacePages, ObjectReport, RootKubeconfig};
use crate::config::clusters::Cluster;
use crate::config::profiles::{Declared, Policies, ProfilesFile};
use crate::config::settings::{Settings, UidChange};
use crate::config::Site;
use crate::log;
use crate::login::Report;
use crate::naming::ServiceAccountName;
use crate::objects::policies::{cluster_policies, KubernetesVersion, Mode, PoliciesError, Wish};
use crate::objects::Object;
use crate::outcome::of_cluster;
use crate::print::{self, Output};

/// Prints the policies, or compares or applies them.
pub(super) async fn run(invocation: &Invocation, args: &ClusterPoliciesArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let printed = args.output.filter(|_| args.admin_kubeconfig.is_none());
    let printed = printed_objects::format(printed).map_err(only)?;
    let site = site(invocation).map_err(only)?;
    invocation.deadline.set_total(invocation.total(&site.settings));
    let file = file(&site.settings).map_err(only)?;
    let work = Work {
        invocation,
        args,
        site: &site,
        policies: &file.policies,
        declared: &known(&file, &site.settings).map_err(only)?,
    };
    match &args.admin_kubeconfig {
        None => work.print(printed).await,
        Some(admin) => work.in_clusters(admin).await,
    }
}

/// The site's settings; those that hold without a profiles file allow least.
fn file(settings: &Settings) -> Result<ProfilesFile, Error> {
    if let Some(fault) = settings.fault_of(&[
        "PROFILES_FILE",
        "UID_CHANGE",
        "JOB_POD_REAPER_ACCOUNT",
        "JOB_POD_REAPER_ROLE",
        "MANIFESTS_DIR",
        "SECRETS_DIR",
    ]) {
        return Err(fault.clone().into());
    }
    if let Some(path) = &settings.profiles_file {
        return Ok(ProfilesFile::load(path, settings)?);
    }
    log::warning("PROFILES_FILE in hook.env is empty, so logins do not record the ids that the policies compare pods with; set it before you refuse anything");
    Ok(ProfilesFile::default())
}

struct Work<'a> {
    invocation: &'a Invocation,
    args: &'a ClusterPoliciesArgs,
    site: &'a Site,
    policies: &'a Policies,
    declared: &'a Declared,
}

impl Work<'_> {
    fn objects(&self, account: &ServiceAccountName, version: KubernetesVersion) -> Vec<Object> {
        cluster_policies(&Wish {
            account,
            policies: self.policies,
            declared: self.declared,
            mode: self.args.mode,
            version,
            uid_may_change: self.site.settings.uid_change == UidChange::Follow,
            reaper: self.site.settings.reaper.as_ref(),
        })
    }

    async fn print(&self, output: Output) -> Result<(), Failures> {
        let failures = Failures::of_broken_files(self.site);
        // What is piped to kubectl apply would be of no cluster.
        if self.site.clusters.is_empty() && !self.site.broken.is_empty() {
            return failures.result();
        }
        let account = match &self.args.service_account {
            Some(account) => Some(account.clone()),
            None => common_account(self.site).map_err(only)?,
        };
        let account = account.unwrap_or_default();
        let version = self.version().await.map_err(only)?;
        let objects = self.objects(&account, version);
        let bodies: Vec<_> = objects.into_iter().map(|object| object.body).collect();
        print::manifests(output, &bodies, |_| "");
        failures.result()
    }

    /// The version that is printed for: the flag's, or that of the site's clusters.
    async fn version(&self) -> Result<KubernetesVersion, Error> {
        if let Some(version) = self.args.kubernetes {
            return Ok(version);
        }
        if self.site.clusters.is_empty() {
            return Err(PoliciesError::NoVersion.into());
        }
        self.invocation.deadline.enter("asking for the version of Kubernetes");
        let path = self.invocation.kubeconfig(&self.site.settings)?;
        let root = RootKubeconfig::load(&path)?;
        let all = self.site.clusters.iter().map(|cluster| async {
            let target = root.target(cluster)?;
            let api = cluster::connect(target, &self.invocation.deadline).await?;
            version_of(&api, cluster).await
        });
        let mut versions = Vec::new();
        for version in join_all(all).await {
            versions.push(version?);
        }
        let first = versions[0];
        if versions.iter().all(|version| *version == first) {
            return Ok(first);
        }
        let each = self.site.clusters.iter().zip(&versions);
        let each = each.map(|(cluster, version)| format!("{}: {version}", cluster.id));
        Err(PoliciesError::SeveralVersions {
            versions: each.collect::<Vec<_>>().join(", "),
        }
        .into())
    }

    /// Compares or applies in all clusters concurrently.
    async fn in_clusters(&self, admin: &Path) -> Result<(), Failures> {
        self.invocation.deadline.enter("applying the policies");
        let context = self.args.admin_context.as_deref();
        let admin = AdminKubeconfig::load(admin, context, "--admin-context").map_err(only)?;
        let mut failures = Failures::of_broken_files(self.site);
        let clusters = &self.site.clusters;
        let all = join_all(clusters.iter().map(|cluster| self.one(&admin, cluster))).await;
        let mut reports = Vec::new();
        let mut rows = Vec::new();
        for (report, differences, error) in all {
            failures.extend(error.map(|error| (of_cluster(&report.cluster), error)));
            if self.args.apply {
                report.record("cluster-policies");
            }
            rows.extend(differences);
            reports.push(report);
        }
        let output = self.args.output.unwrap_or(Output::Table);
        if self.args.apply {
            results::print(&reports, output, false);
        } else {
            comparison_rows::print(&rows, output);
        }
        failures.result()
    }

    async fn one(&self, admin: &AdminKubeconfig, cluster: &Cluster) -> (Report, Vec<Row>, Option<Error>) {
        let started = Instant::now();
        let mut report = Report::new("", &cluster.id);
        let mut rows = Vec::new();
        let result = self.establish(admin, cluster, &mut report.objects, &mut rows).await;
        report.took(started);
        if let Err(error) = &result {
            report.add_error(error);
        }
        (report, rows, result.err())
    }

    async fn establish(
        &self,
        admin: &AdminKubeconfig,
        cluster: &Cluster,
        done: &mut Vec<ObjectReport>,
        rows: &mut Vec<Row>,
    ) -> Result<(), Error> {
        let target = admin.target(cluster)?;
        let api = cluster::connect(target, &self.invocation.deadline).await;
        let api = api.map_err(|error| admin.blame(error))?;
        let version = match self.args.kubernetes {
            Some(version) => version,
            None => version_of(&api, cluster).await?,
        };
        let account = self.args.service_account.as_ref().unwrap_or(&cluster.service_account);
        self.warn_of_unstamped(&api, cluster).await;
        for object in self.objects(account, version) {
            if self.args.apply {
                let report = cluster::establish(&api, &object).await;
                done.push(report.map_err(|error| admin.blame(error))?);
            } else {
                let comparison = cluster::compare(&api, &object).await;
                rows.push(Row::new(cluster, comparison.map_err(|error| admin.blame(error))?));
            }
        }
        Ok(())
    }

    /// The users of namespaces without stamps get no new pods, until they log in once more.
    async fn warn_of_unstamped(&self, api: &Api, cluster: &Cluster) {
        if self.args.mode != Mode::Deny {
            return;
        }
        let mut pages = NamespacePages::new(api);
        let (mut all, mut unstamped) = (0, 0);
        while let Ok(Some(page)) = pages.next(self.invocation.deadline.clone()).await {
            all += page.len();
            unstamped += page.iter().filter(|namespace| !namespace.is_stamped).count();
        }
        if unstamped > 0 {
            let id = &cluster.id;
            log::warning(&format!("cluster {id}: {unstamped} of {all} namespaces do not say yet whose they are, so new pods in them are refused until their users log in once more; wait for that with --mode audit or warn"));
        }
    }
}

async fn version_of(api: &Api, cluster: &Cluster) -> Result<KubernetesVersion, Error> {
    let version = cluster::server_version(api).await?;
    let parsed = KubernetesVersion::parse(&version.git_version);
    Ok(parsed.map_err(|reason| PoliciesError::Version {
        cluster: cluster.id.clone(),
        reason,
    })?)
}
