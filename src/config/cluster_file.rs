//! One file of clusters.d: its format, `ood_core`'s defaults, and what cannot be in it.

use std::path::Path;

use serde::Deserialize;

use super::clusters::{mode, own_or, value, Auth, Cluster, Gke};
use super::credentials::Mode;
use super::error::ConfigError;
use super::files;
use super::settings::Settings;
use crate::naming::ServiceAccountName;
use crate::yaml;

/// `v2.job.adapter` of the files that are ours to read.
const ADAPTER: &str = "kubernetes";

/// Reads one file; `None` where it is of another scheduler.
pub(super) fn read(path: &Path, settings: &Settings) -> Result<Option<Cluster>, ConfigError> {
    let content = files::read(path, "it was there a moment ago")?;
    let text = String::from_utf8(content.bytes).map_err(|_| files::unusable(path, "it is not UTF-8".into()))?;
    let broken = |source| ConfigError::ClusterYaml {
        path: path.to_owned(),
        source,
    };
    // Another scheduler's file may belong to whoever runs that; YAML of theirs is not even parsed.
    if content.trust.is_err() && !text.contains(ADAPTER) {
        return Ok(None);
    }
    content.trust?;
    // Two readings: another adapter's file may have any type under the keys that we want.
    let probe: Option<Probe> = yaml::from_str(&text).map_err(broken)?;
    let adapter = probe
        .unwrap_or_default()
        .v2
        .and_then(|v2| v2.job)
        .and_then(|job| job.adapter);
    if adapter.as_ref().and_then(|a| a.as_str()) != Some(ADAPTER) {
        return Ok(None);
    }
    let file: File = yaml::from_str(&text).map_err(broken)?;
    understand(path, file.v2, settings).map(Some)
}

fn understand(path: &Path, v2: V2, settings: &Settings) -> Result<Cluster, ConfigError> {
    let job = v2.job;
    let server = job.server.unwrap_or_default();
    let own = v2.custom.and_then(|custom| custom.ood_k8s).unwrap_or_default();
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
    })
}

fn auth_of(path: &Path, section: Option<AuthSection>) -> Result<Auth, ConfigError> {
    let section = section.unwrap_or_default();
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
            "is \"odic\", a slip of OnDemand's documents; write oidc",
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
            "has a user name or password in it; credentials belong into root's kubeconfig",
        )),
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => Ok(Some(url)),
        Some(url) => Err(value(
            path,
            key,
            &format!("is {url:?}, which is no URL; write for example https://k8s.example.org:6443"),
        )),
        None if *auth == Auth::Oidc => Err(value(path, key, "is not set; auth.type oidc needs it")),
        None => Ok(None),
    }
}

/// `https://user:password@host`: the URL is printed in many places.
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
        &format!("is {config_file:?}; write an absolute path or one that begins with ~/"),
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
            ServiceAccountName::parse(&name).map_err(|reason| value(path, key, &format!("is wrong: {reason}")))
        }
    }
}

#[derive(Deserialize, Default)]
struct Probe {
    v2: Option<ProbeV2>,
}

#[derive(Deserialize, Default)]
struct ProbeV2 {
    job: Option<ProbeJob>,
}

#[derive(Deserialize, Default)]
struct ProbeJob {
    adapter: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct File {
    v2: V2,
}

#[derive(Deserialize)]
struct V2 {
    job: Job,
    custom: Option<Custom>,
}

#[derive(Deserialize)]
#[serde(expecting = "the keys of a job under v2.job")]
struct Job {
    config_file: Option<String>,
    cluster: Option<String>,
    context: Option<String>,
    username_prefix: Option<String>,
    namespace_prefix: Option<String>,
    server: Option<Server>,
    auth: Option<AuthSection>,
}

#[derive(Deserialize, Default)]
#[serde(expecting = "the keys endpoint and cert_authority_file under v2.job.server")]
struct Server {
    endpoint: Option<String>,
    cert_authority_file: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(expecting = "the key type under v2.job.auth")]
struct AuthSection {
    #[serde(rename = "type")]
    kind: Option<String>,
    svc_acct_file: Option<String>,
    zone: Option<String>,
    region: Option<String>,
}

#[derive(Deserialize)]
struct Custom {
    ood_k8s: Option<Own>,
}

/// Our own settings, `v2.custom.ood_k8s`. A misspelt one is an error: nobody else reads them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Own {
    root_context: Option<String>,
    service_account: Option<String>,
    oidc_username_prefix: Option<String>,
    credentials: Option<String>,
    exchange_audience: Option<String>,
    exchange_scope: Option<String>,
    oidc_audience: Option<String>,
    oidc_username_claim: Option<String>,
}
