//! Checks what OnDemand's adapter does with the keys of a cluster's file that it reads, too: jobs, not logins.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::finding::{Area, Finding};
use super::kubectl;
use crate::config::clusters::Cluster;
use crate::config::ondemand::{ForOnDemand, Mount};
use crate::config::Site;
use crate::door::shown;
use crate::exit::ExitStatus;

const EXECUTED_BY_OTHERS: u32 = 0o001;

/// The versions of OnDemand's kubectls, by their paths.
pub(super) type Kubectls = BTreeMap<PathBuf, String>;

/// Findings about all files; nothing of it stops a login.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("clusters.d");
    let files = site.clusters.iter().filter_map(|cluster| cluster.file.as_deref());
    files.for_each(|path| of_file(&mut area, path));
    area.into_findings()
}

/// Asks each kubectl that a file names for its version.
pub(super) async fn kubectls(site: &Site) -> Kubectls {
    let files = site.clusters.iter().filter_map(|cluster| cluster.file.as_deref());
    let named = files.filter_map(ForOnDemand::read);
    let bins: BTreeSet<_> = named.map(|file| PathBuf::from(file.bin())).collect();
    let mut versions = Kubectls::new();
    for bin in bins {
        if let Some(version) = Box::pin(kubectl::version(&bin)).await {
            versions.insert(bin, version);
        }
    }
    versions
}

fn of_file(area: &mut Area, path: &Path) {
    let Some(file) = ForOnDemand::read(path) else {
        return;
    };
    if let Some(tilde) = file.tilde(path) {
        area.told_warning(tilde);
    }
    program(area, &file, path);
    for (key, value) in file.split_values() {
        area.warning(
            format!(
                "v2.job.{key} is {value:?} in {}, which OnDemand writes into a command line without quotes",
                shown(path)
            ),
            "use letters, digits and - . _ / alone",
        );
    }
    flags(area, &file, path);
    mounts(area, &file, path);
}

fn program(area: &mut Area, file: &ForOnDemand, path: &Path) {
    let bin = file.bin();
    if !bin.starts_with('/') {
        // Looked up in the PATH of each user's nginx, which is not known here.
        return;
    }
    let remedy = format!(
        "install kubectl there, or set v2.job.bin in {} to where it is",
        shown(path)
    );
    match Path::new(bin).metadata() {
        Ok(metadata) if metadata.is_file() && metadata.permissions().mode() & EXECUTED_BY_OTHERS != 0 => {}
        Ok(_) => area.warning(
            format!("users cannot run {bin:?}, with which OnDemand starts jobs"),
            remedy,
        ),
        Err(_) => area.warning(
            format!("{bin:?}, with which OnDemand starts jobs, is not there"),
            remedy,
        ),
    }
}

fn flags(area: &mut Area, file: &ForOnDemand, path: &Path) {
    for key in file.texts_for_flags() {
        area.warning(
            format!(
                "v2.job.{key} is a text in {}, and to OnDemand every text is true, \"false\" as well",
                shown(path)
            ),
            "write true or false without quotes",
        );
    }
    if file.all_namespaces() {
        area.warning(
            format!("v2.job.all_namespaces is true in {}, so users' lists of jobs need the right to list all pods, which logins do not give", shown(path)),
            "give it to a group of users with a ClusterRoleBinding, or set it to false; see: kubectl auth can-i list pods -A --as USER",
        );
    }
    if file.ssh_links() {
        area.warning(
            format!("OnDemand shows links that log in to Kubernetes' nodes by SSH: v2.batch_connect.ssh_allow is not false in {}", shown(path)),
            "set v2.batch_connect.ssh_allow: false",
        );
    }
}

fn mounts(area: &mut Area, file: &ForOnDemand, path: &Path) {
    let mut of_host = Vec::new();
    for mount in file.mounts() {
        match mount {
            Mount::Host(name) => of_host.push(name),
            Mount::Nfs(_) => {}
            Mount::Broken(what) => area.error(
                ExitStatus::Configuration,
                format!(
                    "{what} (v2.job.mounts in {}), so the API server refuses every job",
                    shown(path)
                ),
                "correct it: name, type (host or nfs), path, destination_path, host_type, host",
            ),
        }
    }
    if !of_host.is_empty() {
        area.warning(
            format!("every job mounts paths of the node ({}; v2.job.mounts in {}), which the Pod Security levels baseline and restricted refuse", of_host.join(", "), shown(path)),
            "make sure that users' namespaces are at the level privileged and that a policy allows these paths alone, or mount them by nfs",
        );
    }
}

/// Whether OnDemand's kubectl is at most one minor version from the server.
pub(super) fn skew(area: &mut Area, kubectls: &Kubectls, cluster: &Cluster, server: &str) {
    let Some(file) = cluster.file.as_deref().and_then(ForOnDemand::read) else {
        return;
    };
    let bin = Path::new(file.bin());
    let Some(client) = kubectls.get(bin) else {
        return;
    };
    let (Some(client_minor), Some(server_minor)) = (minor(client), minor(server)) else {
        return;
    };
    let words = match client_minor.cmp(&server_minor) {
        _ if client_minor.abs_diff(server_minor) <= 1 => {
            return area.ok(format!("OnDemand's kubectl {client} fits the server's version"));
        }
        std::cmp::Ordering::Less => "older",
        _ => "newer",
    };
    area.warning(
        format!(
            "OnDemand's kubectl {} is {client}, more than one minor version {words} than Kubernetes {server}",
            shown(bin)
        ),
        "install one of the server's minor version, or set v2.job.bin to one",
    );
}

/// 36 of `v1.36.3`; only version 1 is known.
fn minor(version: &str) -> Option<u32> {
    let mut parts = version.strip_prefix("v1.")?.split(['.', '+', '-']);
    parts.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_read_from_whatever_a_provider_appends() {
        for (version, expected) in [
            ("v1.36.3", Some(36)),
            ("v1.29.5-gke.1091002", Some(29)),
            ("v1.31.2+k3s1", Some(31)),
            ("v1.33", Some(33)),
            ("v2.0.0", None),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(minor(version), expected, "{version}");
        }
    }
}
