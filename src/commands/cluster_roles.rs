//! `cluster-roles`: the account and the roles that ood-k8s needs in a cluster, printed or applied.

use std::path::Path;
use std::time::Instant;

use super::error::{only, Error, Failures};
use super::invocation::{guard, Invocation};
use super::{printed_objects, results};
use crate::cli::ClusterRolesArgs;
use crate::cluster::{self, AdminKubeconfig, ObjectReport};
use crate::config::clusters::Cluster;
use crate::config::profiles::{Declared, ProfilesFile};
use crate::config::settings::reaper::{self, Reaper};
use crate::config::settings::Settings;
use crate::config::{self, registry, ConfigError, Site};
use crate::log;
use crate::login::Report;
use crate::naming::ServiceAccountName;
use crate::objects::cluster_roles::{auditor, cluster_roles, for_profiles, offboarding, Extra, RolesError};
use crate::objects::{Kind, Object};
use crate::outcome::{of_cluster, Outcome};
use crate::print::{self, Output};

/// Prints the manifests, or applies them to the clusters.
pub(super) async fn run(invocation: &Invocation, args: &ClusterRolesArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    match &args.admin_kubeconfig {
        Some(admin) => apply(invocation, args, admin).await,
        None => print(invocation, args),
    }
}

/// Prints the manifests, without contacting a cluster.
fn print(invocation: &Invocation, args: &ClusterRolesArgs) -> Result<(), Failures> {
    let output = printed_objects::format(args.output).map_err(only)?;
    let (account, asked, failures) = names(invocation, args).map_err(only)?;
    let Some(account) = account else {
        return failures.result();
    };
    let objects = objects(&account, &asked, args).map_err(only)?;
    let bodies: Vec<_> = objects.into_iter().map(|object| object.body).collect();
    print::manifests(output, &bodies, |_| "");
    failures.result()
}

/// The manifest with the site's names. The Role in it is the permission to issue tokens.
fn objects(account: &ServiceAccountName, asked: &Asked, args: &ClusterRolesArgs) -> Result<Vec<Object>, RolesError> {
    let mut objects = cluster_roles(account, &asked.pull_secrets, asked.reaper.as_ref())?;
    if asked.profiles {
        objects.extend(for_profiles(account, &asked.declared)?);
    }
    if args.extras.contains(&Extra::Offboarding) {
        objects.extend(offboarding(account));
    }
    if args.extras.contains(&Extra::Auditor) {
        objects.extend(auditor(account));
    }
    objects.retain(|object| !args.no_token_right || !matches!(object.kind, Kind::Role | Kind::RoleBinding));
    Ok(objects)
}

/// What the site's settings and the flags ask for.
struct Asked {
    /// The names of the pull secrets.
    pull_secrets: Vec<String>,
    /// Whether there are profiles.
    profiles: bool,
    /// Who job-pod-reaper is, if it is used.
    reaper: Option<Reaper>,
    /// The manifests and secrets that logins write.
    declared: Declared,
}

impl Asked {
    fn of(args: &ClusterRolesArgs, settings: &Settings) -> Result<Self, Error> {
        let fault = settings.fault_of(&reaper::KEYS);
        if let Some(fault) = fault.or_else(|| settings.fault_of(&["MANIFESTS_DIR", "SECRETS_DIR"])) {
            return Err(fault.clone().into());
        }
        let file = settings.profiles_file.as_deref();
        let file = file.map(|path| ProfilesFile::load(path, settings)).transpose()?;
        let file = file.filter(|file| !file.sections.is_empty());
        let has_profiles = file.is_some();
        Ok(Self {
            pull_secrets: pull_secrets(args, settings)?,
            declared: file.map_or_else(|| Ok(Declared::default()), |file| known(&file, settings))?,
            profiles: has_profiles || args.extras.contains(&Extra::Profiles),
            reaper: settings.reaper.clone(),
        })
    }
}

/// All manifests and declared secrets. Whoever deletes rights that logins still need to take objects away has to know it.
pub(super) fn known(file: &ProfilesFile, settings: &Settings) -> Result<Declared, ConfigError> {
    let (known, wrong) = file.known(settings)?;
    for fault in wrong {
        log::warning(&format!(
            "no rights are rendered for this file, which no section names: {fault}"
        ));
    }
    Ok(known)
}

/// An account, what is asked for, and the files of clusters.d that could not be used.
type Names = (Option<ServiceAccountName>, Asked, Failures);

/// The names to print.
fn names(invocation: &Invocation, args: &ClusterRolesArgs) -> Result<Names, Error> {
    let account = args.service_account.clone();
    let site = site(invocation)?;
    let asked = Asked::of(args, &site.settings)?;
    if account.is_some() {
        return Ok((account, asked, Failures::default()));
    }
    // An unreadable file may specify another account, so it is a failure here.
    Ok((common_account(&site)?, asked, Failures::of_broken_files(&site)))
}

/// Applies the manifests to all clusters concurrently.
async fn apply(invocation: &Invocation, args: &ClusterRolesArgs, admin: &Path) -> Result<(), Failures> {
    let site = site(invocation).map_err(only)?;
    let timeout = invocation.total(&site.settings);
    invocation.deadline.set_total(timeout);
    invocation.deadline.enter("applying the roles");
    let work = Work {
        invocation,
        args,
        asked: Asked::of(args, &site.settings).map_err(only)?,
        admin: AdminKubeconfig::load(admin, args.admin_context.as_deref(), "--admin-context").map_err(only)?,
    };
    work.check_context(&site).map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let mut reports = Vec::new();
    let all = site.clusters.iter().map(|cluster| work.one(cluster));
    for (report, error) in futures_util::future::join_all(all).await {
        failures.extend(error.map(|error| (of_cluster(&report.cluster), error)));
        if !args.dry_run {
            report.record("cluster-roles");
        }
        reports.push(report);
    }
    results::print(&reports, args.output.unwrap_or(Output::Table), args.dry_run);
    failures.result()
}

struct Work<'a> {
    invocation: &'a Invocation,
    args: &'a ClusterRolesArgs,
    asked: Asked,
    admin: AdminKubeconfig,
}

impl Work<'_> {
    fn check_context(&self, site: &Site) -> Result<(), RolesError> {
        if self.args.admin_context.is_none() || site.clusters.len() < 2 {
            return Ok(());
        }
        let ids: Vec<_> = site.clusters.iter().map(|cluster| cluster.id.as_str()).collect();
        Err(RolesError::SeveralClusters { ids: ids.join(", ") })
    }

    async fn one(&self, cluster: &Cluster) -> (Report, Option<Error>) {
        let started = Instant::now();
        let mut report = Report::new("", &cluster.id);
        let result = self.establish(cluster, &mut report.objects).await;
        report.took(started);
        if let Err(error) = &result {
            report.add_error(error);
        }
        (report, result.err())
    }

    /// Applies in the order of the manifest: the namespace before its content, and roles before their bindings.
    async fn establish(&self, cluster: &Cluster, done: &mut Vec<ObjectReport>) -> Result<(), Error> {
        let account = self.args.service_account.as_ref().unwrap_or(&cluster.service_account);
        let objects = objects(account, &self.asked, self.args)?;
        let target = self.admin.target(cluster)?;
        if !target.is_of(cluster) {
            let (server, endpoint) = (&target.server, cluster.endpoint.as_deref().unwrap_or_default());
            let id = &cluster.id;
            log::warning(&format!("cluster {id}: the context in --admin-context is for {server}, but the cluster's server.endpoint is {endpoint}; make sure that they are the same cluster"));
        }
        let api = cluster::connect(target, &self.invocation.deadline).await;
        let api = api.map_err(|error| self.admin.blame(error))?.dry_run(self.args.dry_run);
        for object in &objects {
            let report = cluster::establish(&api, object).await;
            done.push(report.map_err(|error| self.admin.blame(error))?);
        }
        self.warn_of_other_rights(cluster, account, done);
        Ok(())
    }

    /// RBAC permissions are additive, and only those of the role with the account's name were compared.
    fn warn_of_other_rights(&self, cluster: &Cluster, account: &ServiceAccountName, done: &[ObjectReport]) {
        let is_replaced = |report: &ObjectReport| {
            report.kind == Kind::ClusterRole.name() && report.name == account.name && report.outcome == Outcome::Changed
        };
        if done.iter().any(is_replaced) {
            let verb = if self.args.dry_run { "would be" } else { "were" };
            let (id, name) = (&cluster.id, &account.name);
            log::warning(&format!("cluster {id}: the rules of ClusterRole {name} {verb} replaced; permissions that {account} has through other bindings remain; list them: kubectl auth can-i --list --as {}", account.username()));
        }
    }
}

/// The site. hook.env may be missing on an administrator's machine, unless a flag specifies it.
pub(super) fn site(invocation: &Invocation) -> Result<Site, Error> {
    invocation.deadline.enter("reading hook.env and clusters.d");
    let mut warnings = Vec::new();
    let flag = invocation.sources.hook_env.as_deref();
    let path = config::hook_env_path(flag, &mut warnings);
    let settings = match Settings::load(&path, &mut warnings) {
        Err(ConfigError::Missing { .. }) if flag.is_none() => Settings::empty(&path),
        other => other?,
    };
    if let Some(fault) = settings.fault_of(&["HOOK_TIMEOUT"]) {
        return Err(fault.clone().into());
    }
    let site = Site::with_settings(settings, &invocation.sources, warnings);
    site.warnings.iter().for_each(|warning| log::warning(warning));
    Ok(site)
}

/// The pull secrets in hook.env and in the flags.
fn pull_secrets(args: &ClusterRolesArgs, settings: &Settings) -> Result<Vec<String>, Error> {
    if let Some(fault @ ConfigError::Value { .. }) = settings.fault_of(&["IMAGE_PULL_SECRET"]) {
        return Err(fault.clone().into());
    }
    let mut names = registry::secret_names(settings)?;
    if names.is_empty() && args.pull_secrets.is_empty() && !settings.path.exists() {
        log::warning(&format!("there is no {}, so no pull secret is known, and the account gets no access to one; specify it with --pull-secret", settings.path.display()));
    }
    names.extend(args.pull_secrets.iter().cloned());
    Ok(without_doubles(&names))
}

fn without_doubles(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    names
}

/// The account that all clusters share; `None` if there is no cluster.
pub(super) fn common_account(site: &Site) -> Result<Option<ServiceAccountName>, RolesError> {
    let mut accounts = site.clusters.iter().map(|cluster| &cluster.service_account);
    let first = accounts.next();
    if accounts.all(|account| Some(account) == first) {
        return Ok(first.cloned());
    }
    let each = site
        .clusters
        .iter()
        .map(|cluster| format!("{}: {}", cluster.id, cluster.service_account));
    Err(RolesError::SeveralAccounts {
        accounts: each.collect::<Vec<_>>().join(", "),
    })
}
