//! clusters.d: files that cannot be used, prefixes that the dashboard does not know, and CAs that users cannot read.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::CertificateDer;

use super::finding::{Area, Finding};
use crate::config::clusters::Cluster;
use crate::config::settings::Settings;
use crate::config::{files, Site, Source, Sourced};
use crate::exit::ExitStatus;
use crate::shell::quoted;

const READ_BY_OTHERS: u32 = 0o004;
const ENTER_BY_OTHERS: u32 = 0o001;

/// Findings about the files of clusters.d.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("clusters.d");
    area.faults(&site.broken);
    for cluster in &site.clusters {
        match &cluster.file {
            None => area.warning(
                "there is no Kubernetes cluster, so logins work as with the stock hook: on the current context of root's kubeconfig, and without cluster and context for users",
                "write a file with v2.job.adapter kubernetes and server.endpoint",
            ),
            Some(file) => of_file(&mut area, cluster, file, &site.settings),
        }
    }
    area.into_findings()
}

fn of_file(area: &mut Area, cluster: &Cluster, file: &Path, settings: &Settings) {
    let mut own = Area::new("");
    prefix(&mut own, &cluster.namespace_prefix, &Key::NAMESPACE, file, settings);
    prefix(&mut own, &cluster.username_prefix, &Key::USERNAME, file, settings);
    if let Some(ca) = &cluster.cert_authority_file {
        authority(&mut own, Path::new(ca), file);
    }
    if own.is_well() {
        area.ok(format!("{} is a Kubernetes cluster", file.display()));
    }
    area.append(own);
}

/// A prefix in both files' words.
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

/// `ood_core` reads clusters.d alone: what stands in hook.env only, the dashboard does not know.
fn prefix(area: &mut Area, used: &Sourced<String>, key: &Key, file: &Path, settings: &Settings) {
    let Key { hook_env, cluster_file } = key;
    let (in_hook_env, file) = (settings.text(hook_env), file.display());
    match &used.source {
        Source::ClusterFile(_) if !in_hook_env.is_empty() && in_hook_env != used.value => area.warning(
            format!(
                "{cluster_file} is {:?} in {file}, but {hook_env} is {in_hook_env:?} in hook.env; the first is used",
                used.value
            ),
            format!("remove {hook_env} from hook.env, or make the two equal"),
        ),
        Source::HookEnv { .. } if !in_hook_env.is_empty() => area.warning(
            format!("{hook_env} is {in_hook_env:?} in hook.env, but OnDemand's dashboard reads only {file}, which has no {cluster_file}"),
            format!("write {cluster_file}: {in_hook_env:?} under v2.job of {file}"),
        ),
        _ => {}
    }
}

/// The path is written into users' kubeconfigs, so that their kubectl reads it.
fn authority(area: &mut Area, path: &Path, file: &Path) {
    let named = format!("{} (cert_authority_file in {})", path.display(), file.display());
    let content = match files::read(
        path,
        "it is v2.job.server.cert_authority_file: copy the cluster's CA there",
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
            ExitStatus::Configuration,
            format!("{named} is no certificate in PEM"),
            "copy the CA of the cluster there, for example from kubectl config view --raw --minify",
        );
    }
    if let Some((step, mode)) = closed_step(path) {
        area.error(
            ExitStatus::Configuration,
            format!("users cannot read {named}, and so not use kubectl"),
            format!("run: chmod {mode} {}", quoted(step)),
        );
    }
}

/// The file, or the folder on the way to it, that is not everybody's to read, and the mode that it lacks.
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
