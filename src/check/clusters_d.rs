//! Checks clusters.d: unusable files, prefixes that the dashboard does not know, and CAs that users cannot read.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::CertificateDer;

use crate::config::clusters::{self, Cluster};
use crate::config::settings::Settings;
use crate::config::{files, Site, Source, Sourced};
use crate::door::shown;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};
use crate::naming::{NameError, Namespace, Username};
use crate::shell::quoted;

const READ_BY_OTHERS: u32 = 0o004;
const ENTER_BY_OTHERS: u32 = 0o001;

/// Findings about the files of clusters.d.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("clusters.d");
    area.faults(&site.broken);
    site.cluster_warnings
        .iter()
        .for_each(|warning| area.told_warning(Code::ClusterFileNote, warning));
    seen_by_ondemand(&mut area, site);
    for cluster in &site.clusters {
        match &cluster.file {
            None => area.warning(Code::NoCluster,
                "there is no Kubernetes cluster, so logins work like the stock hook: they use the current context of root's kubeconfig, and write no cluster and context for users",
                "write a file with v2.job.adapter: kubernetes and v2.job.server.endpoint",
            ),
            Some(file) => of_file(&mut area, cluster, file, &site.settings),
        }
    }
    area.into_findings()
}

/// What `OnDemand` cannot read, of whatever scheduler: a login does not speak of it.
fn seen_by_ondemand(area: &mut Area, site: &Site) {
    let seen = clusters::judged_by_ondemand(&site.clusters_dir);
    let is_told = |path: &Path| site.broken.iter().any(|error| error.path() == Some(path));
    for (_, reason) in seen.fatal {
        area.told_error(Code::OnDemandStops, ExitStatus::Configuration, reason);
    }
    for (_, reason) in seen.invalid.iter().filter(|(path, _)| !is_told(path)) {
        area.told_warning(Code::OnDemandLeavesOut, reason);
    }
}

fn of_file(area: &mut Area, cluster: &Cluster, file: &Path, settings: &Settings) {
    let mut own = Area::new("");
    prefix(&mut own, &cluster.namespace_prefix, &Key::NAMESPACE, file, settings);
    prefix(&mut own, &cluster.username_prefix, &Key::USERNAME, file, settings);
    possible_prefix(&mut own, &cluster.namespace_prefix, file, settings);
    if let Some(ca) = &cluster.cert_authority_file {
        authority(&mut own, Path::new(ca), file);
    }
    if cluster.access.is_for_nobody() {
        own.error(
            Code::ClusterForNobody,
            ExitStatus::Configuration,
            format!(
                "only root can read {}, so OnDemand offers the cluster to nobody, and logins skip it",
                shown(file)
            ),
            format!("run: chmod o+r {}", quoted(file)),
        );
    }
    if own.is_well() {
        area.ok(format!("{} is a Kubernetes cluster", file.display()));
    }
    if cluster.access.is_restricted() {
        area.ok(format!(
            "{} is for those users alone who pass its acls and can read it (check NAME)",
            shown(file)
        ));
    }
    area.append(own);
}

/// With a prefix that no namespace can have, nobody at all can log in.
fn possible_prefix(area: &mut Area, prefix: &Sourced<String>, file: &Path, settings: &Settings) {
    let Ok(anybody) = Username::parse("a") else {
        return;
    };
    let used = &prefix.value;
    let place = match &prefix.source {
        Source::ClusterFile(_) => format!("namespace_prefix in {}", shown(file)),
        _ => "NAMESPACE_PREFIX in hook.env".to_owned(),
    };
    if let Err(NameError::Namespace { reason, .. }) = Namespace::of_user(used, &anybody, &settings.namespaces) {
        area.error(
            Code::PrefixImpossible,
            ExitStatus::Refused,
            format!("{place} is {used:?}, with which every user's namespace {reason}, so nobody can log in"),
            "use a-z, 0-9 and - alone, beginning with a letter or digit, for example user-",
        );
    }
}

/// The names of a prefix in the two files.
struct Key {
    hook_env: &'static str,
    cluster_file: &'static str,
}

impl Key {
    const NAMESPACE: Self = Self {
        hook_env: "NAMESPACE_PREFIX",
        cluster_file: "namespace_prefix",
    };
    const USERNAME: Self = Self {
        hook_env: "K8S_USERNAME_PREFIX",
        cluster_file: "username_prefix",
    };
}

/// `ood_core` reads only clusters.d: the dashboard does not know a prefix that is set only in hook.env.
fn prefix(area: &mut Area, used: &Sourced<String>, key: &Key, file: &Path, settings: &Settings) {
    let Key { hook_env, cluster_file } = key;
    let (in_hook_env, file) = (settings.text(hook_env), file.display());
    match &used.source {
        Source::ClusterFile(_) if !in_hook_env.is_empty() && in_hook_env != used.value => area.warning(Code::PrefixTwice,
            format!(
                "{cluster_file} is {:?} in {file}, but {hook_env} is {in_hook_env:?} in hook.env; the first is used",
                used.value
            ),
            format!("remove {hook_env} from hook.env, or set both to the same value"),
        ),
        Source::HookEnv { .. } if !in_hook_env.is_empty() => area.warning(Code::PrefixHidden,
            format!("{hook_env} is {in_hook_env:?} in hook.env, but OnDemand's dashboard reads only {file}, which has no {cluster_file}"),
            format!("write {cluster_file}: {in_hook_env:?} under v2.job of {file}"),
        ),
        _ => {}
    }
}

/// The path is written to users' kubeconfigs, so users must be able to read the file.
fn authority(area: &mut Area, path: &Path, file: &Path) {
    let named = format!("{} (cert_authority_file in {})", path.display(), file.display());
    let content = match files::read(
        path,
        "copy the cluster's CA there, or correct v2.job.server.cert_authority_file",
    ) {
        Ok(content) => content,
        Err(error) => return area.fault(error),
    };
    if let Err(error) = content.trust {
        area.fault(error);
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content.bytes).collect();
    if !certificates.is_ok_and(|certificates| !certificates.is_empty()) {
        area.error(
            Code::CaNoCertificate,
            ExitStatus::Configuration,
            format!("{named} contains no certificate in PEM format"),
            "copy the cluster's CA there, for example from kubectl config view --raw --minify",
        );
    }
    if let Some((step, mode)) = closed_step(path) {
        area.error(
            Code::CaUnreadable,
            ExitStatus::Configuration,
            format!("users cannot read {named}, so their kubectl fails"),
            format!("run: chmod {mode} {}", quoted(step)),
        );
    }
}

/// The file, or a directory in its path, that others cannot access, and the mode that is missing.
pub(super) fn closed_step(path: &Path) -> Option<(std::path::PathBuf, &'static str)> {
    let path = path.canonicalize().ok()?;
    let lacks = |step: &Path, bit| step.metadata().is_ok_and(|metadata| metadata.mode() & bit == 0);
    if lacks(&path, READ_BY_OTHERS) {
        return Some((path, "o+r"));
    }
    let mut folders = path.ancestors().skip(1);
    let closed = folders.find(|folder| lacks(folder, ENTER_BY_OTHERS));
    closed.map(|folder| (folder.to_owned(), "o+x"))
}
