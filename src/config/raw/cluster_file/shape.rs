//! The keys of a Kubernetes file that are read here, as strings.

use super::acl::{self, Acl};
use super::section::{Reading, Section};
use crate::config::raw::tree::Node;
use crate::config::raw::ConfigError;

/// What a file has under `v2`.
pub struct V2 {
    pub job: Job,
    pub own: Own,
    /// `v2.acls` and `v2.job.acls`: OnDemand offers the cluster to those alone who pass all of them.
    pub acls: Vec<Acl>,
}

/// `v2.job`.
#[derive(Default)]
pub struct Job {
    pub config_file: Option<String>,
    pub cluster: Option<String>,
    pub context: Option<String>,
    pub username_prefix: Option<String>,
    pub namespace_prefix: Option<String>,
    pub server: Server,
    pub auth: AuthSection,
}

/// `v2.job.server`.
#[derive(Default)]
pub struct Server {
    pub endpoint: Option<String>,
    pub cert_authority_file: Option<String>,
}

/// `v2.job.auth`.
#[derive(Default)]
pub struct AuthSection {
    pub kind: Option<String>,
    pub svc_acct_file: Option<String>,
    pub zone: Option<String>,
    pub region: Option<String>,
}

/// Our own settings, `v2.custom.ood_k8s`.
#[derive(Default)]
pub struct Own {
    pub root_context: Option<String>,
    pub service_account: Option<String>,
    pub oidc_username_prefix: Option<String>,
    pub credentials: Option<String>,
    pub exchange_audience: Option<String>,
    pub exchange_scope: Option<String>,
    pub oidc_audience: Option<String>,
    pub oidc_username_claim: Option<String>,
}

/// What `ood_core` reads of a cluster (`cluster.rb`).
const OF_V2: &[&str] = &["acls", "batch_connect", "custom", "errors", "job", "login", "metadata"];
/// What its Kubernetes adapter reads (`kubernetes/batch.rb`).
const OF_JOB: &[&str] = &[
    "acls",
    "adapter",
    "all_namespaces",
    "auth",
    "auto_supplemental_groups",
    "bin",
    "cluster",
    "config_file",
    "context",
    "mounts",
    "namespace_prefix",
    "server",
    "username_prefix",
];
const OF_SERVER: &[&str] = &["cert_authority_file", "endpoint"];
const OF_AUTH: &[&str] = &["region", "svc_acct_file", "type", "zone"];
const OF_OWN: &[&str] = &[
    "credentials",
    "exchange_audience",
    "exchange_scope",
    "oidc_audience",
    "oidc_username_claim",
    "oidc_username_prefix",
    "root_context",
    "service_account",
];

/// Reads the keys, or the first that cannot be read.
pub(super) fn read(top: &Node, reading: &mut Reading<'_>) -> Result<V2, ConfigError> {
    let v2 = Section::of(top, "").section(reading, "v2", "v2")?;
    let job = v2.section(reading, "job", "v2.job")?;
    let custom = v2.section(reading, "custom", "v2.custom")?;
    v2.warn_of_near(reading, OF_V2);
    job.warn_of_unknown(reading, OF_JOB);
    custom.warn_of_near(reading, &["ood_k8s"]);
    warn_of_astray(&[v2, job], reading);
    let mut acls = acl::read(v2, reading)?;
    acls.extend(acl::read(job, reading)?);
    Ok(V2 {
        job: job_of(job, reading)?,
        own: own_of(custom.section(reading, "ood_k8s", "v2.custom.ood_k8s")?, reading)?,
        acls,
    })
}

/// Our section in another place is nobody's.
fn warn_of_astray(sections: &[Section<'_>], reading: &mut Reading<'_>) {
    for section in sections {
        if let Some(node) = section.get("ood_k8s") {
            let place = section.place();
            reading.warn(
                node.line,
                format_args!("{place}.ood_k8s is not read there; write it under v2.custom"),
            );
        }
    }
}

fn job_of(job: Section<'_>, reading: &mut Reading<'_>) -> Result<Job, ConfigError> {
    let server = job.section(reading, "server", "v2.job.server")?;
    let auth = job.section(reading, "auth", "v2.job.auth")?;
    server.warn_of_unknown(reading, OF_SERVER);
    auth.warn_of_unknown(reading, OF_AUTH);
    Ok(Job {
        config_file: job.text(reading, "config_file")?,
        cluster: job.text(reading, "cluster")?,
        context: job.text(reading, "context")?,
        username_prefix: job.text(reading, "username_prefix")?,
        namespace_prefix: job.text(reading, "namespace_prefix")?,
        server: Server {
            endpoint: server.text(reading, "endpoint")?,
            cert_authority_file: server.text(reading, "cert_authority_file")?,
        },
        auth: AuthSection {
            kind: auth.text(reading, "type")?,
            svc_acct_file: auth.text(reading, "svc_acct_file")?,
            zone: auth.text(reading, "zone")?,
            region: auth.text(reading, "region")?,
        },
    })
}

fn own_of(own: Section<'_>, reading: &mut Reading<'_>) -> Result<Own, ConfigError> {
    own.warn_of_unknown(reading, OF_OWN);
    Ok(Own {
        root_context: own.text(reading, "root_context")?,
        service_account: own.text(reading, "service_account")?,
        oidc_username_prefix: own.text(reading, "oidc_username_prefix")?,
        credentials: own.text(reading, "credentials")?,
        exchange_audience: own.text(reading, "exchange_audience")?,
        exchange_scope: own.text(reading, "exchange_scope")?,
        oidc_audience: own.text(reading, "oidc_audience")?,
        oidc_username_claim: own.text(reading, "oidc_username_claim")?,
    })
}
