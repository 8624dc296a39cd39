//! A file of clusters.d as a cluster: `ood_core`'s defaults, and the values that are refused.

use std::path::Path;

use super::access::Access;
use super::cluster::{mode, own_or, Cluster};
use crate::config::raw::cluster_file::{AuthSection, Kubernetes};
use crate::config::raw::ConfigError;
use crate::config::site::modes::{Auth, Gke, Mode};
use crate::config::site::settings::{KubectlProxy, Settings};
use crate::naming::ServiceAccountName;

/// The cluster of a file, or the first value that cannot be used.
pub(super) fn understand(path: &Path, file: Kubernetes, settings: &Settings) -> Result<Cluster, ConfigError> {
    let Kubernetes { v2, readers, .. } = file;
    let job = v2.job;
    let (server, own) = (job.server, v2.own);
    let auth = auth_of(path, job.auth)?;
    let endpoint = endpoint_of(path, server.endpoint, &auth)?;
    let own_mode = mode_of(path, own.credentials.as_deref())?;
    let config_file = config_file_of(path, job.config_file)?;
    let cluster = job.cluster.unwrap_or_else(|| "open-ondemand".into());
    Ok(Cluster {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        file: Some(path.to_owned()),
        auth,
        config_file,
        context: job.context.unwrap_or_else(|| cluster.clone()),
        cluster,
        endpoint,
        cert_authority_file: server.cert_authority_file,
        username_prefix: own_or(job.username_prefix, settings, "K8S_USERNAME_PREFIX", path),
        namespace_prefix: own_or(job.namespace_prefix, settings, "NAMESPACE_PREFIX", path),
        oidc_username_prefix: own_or(own.oidc_username_prefix, settings, "OIDC_USERNAME_PREFIX", path),
        credentials: mode(own_mode, settings, path),
        exchange_audience: own_or(own.exchange_audience, settings, "EXCHANGE_AUDIENCE", path),
        exchange_scope: own_or(own.exchange_scope, settings, "EXCHANGE_SCOPE", path),
        oidc_audience: own_or(own.oidc_audience, settings, "OIDC_AUDIENCE", path),
        oidc_username_claim: own_or(own.oidc_username_claim, settings, "OIDC_USERNAME_CLAIM", path),
        root_context: own.root_context,
        service_account: service_account_of(path, own.service_account)?,
        access: Access::new(v2.acls, readers),
        proxy: KubectlProxy::default(),
        connect_timeout: settings.connect_timeout,
    })
}

fn auth_of(path: &Path, section: AuthSection) -> Result<Auth, ConfigError> {
    match section.kind.as_deref() {
        None | Some("managed") => Ok(Auth::Managed),
        Some("oidc") => Ok(Auth::Oidc),
        Some("gke") => Ok(Auth::Gke(Gke {
            svc_acct_file: section.svc_acct_file,
            zone: section.zone,
            region: section.region,
        })),
        Some("odic") => Err(value(
            path,
            "v2.job.auth.type",
            "is \"odic\", a typing error in OnDemand's documentation; write oidc",
        )),
        Some(other) => Err(value(
            path,
            "v2.job.auth.type",
            &format!("is {other:?}; write oidc, managed or gke"),
        )),
    }
}

fn endpoint_of(path: &Path, endpoint: Option<String>, auth: &Auth) -> Result<Option<String>, ConfigError> {
    let key = "v2.job.server.endpoint";
    match endpoint {
        Some(url) if has_userinfo(&url) => Err(value(
            path,
            key,
            "contains a user name or password; credentials belong in root's kubeconfig",
        )),
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => Ok(Some(url)),
        Some(url) => Err(value(
            path,
            key,
            &format!("is {url:?}, which is not a URL; write for example https://k8s.example.org:6443"),
        )),
        None if *auth == Auth::Oidc => Err(value(path, key, "is not set; auth.type oidc requires it")),
        None => Ok(None),
    }
}

/// Detects `https://user:password@host`: the URL is printed in many places.
fn has_userinfo(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().is_some_and(|authority| authority.contains('@'))
}

fn config_file_of(path: &Path, config_file: Option<String>) -> Result<String, ConfigError> {
    let config_file = config_file.unwrap_or_else(|| "~/.kube/config".into());
    if config_file.starts_with('/') || config_file.starts_with("~/") {
        return Ok(config_file);
    }
    Err(value(
        path,
        "v2.job.config_file",
        &format!("is {config_file:?}; leave it out, or write an absolute path"),
    ))
}

fn mode_of(path: &Path, word: Option<&str>) -> Result<Option<Mode>, ConfigError> {
    let parsed = word.map(Mode::parse).transpose();
    parsed.map_err(|reason| value(path, "v2.custom.ood_k8s.credentials", &reason))
}

fn service_account_of(path: &Path, name: Option<String>) -> Result<ServiceAccountName, ConfigError> {
    let key = "v2.custom.ood_k8s.service_account";
    match name {
        None => Ok(ServiceAccountName::default()),
        Some(name) => {
            ServiceAccountName::parse(&name).map_err(|reason| value(path, key, &format!("is invalid: {reason}")))
        }
    }
}

/// The error for a value of a file.
pub(super) fn value(path: &Path, key: &str, reason: &str) -> ConfigError {
    ConfigError::ClusterValue {
        path: path.to_owned(),
        line: 0,
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}
