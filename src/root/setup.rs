//! Sets up a working context in root's kubeconfig for a cluster in clusters.d.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::RootError;
use super::setup_report::SetupReport;
use super::token_source::{TokenSource, TokenWish};
use super::write::{token_edit, Change};
use crate::cluster::{self, ClusterError, RootEntry, RootKubeconfig, RootLogin};
use crate::config::clusters::Cluster;
use crate::config::ConfigError;
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::kubeconfig::{CertificateAuthority, ClusterEntry, ContextEntry, Edit};
use crate::naming::ServiceAccountName;
use crate::outcome::Outcome;

/// How root's kubeconfig is set up.
pub struct Setup<'a> {
    /// What the flags specify.
    pub wish: &'a TokenWish,
    /// The source of the tokens.
    pub source: TokenSource<'a>,
    /// Root's kubeconfig, which need not exist yet.
    pub path: PathBuf,
    /// A file with the CA to write, instead of the one in clusters.d.
    pub certificate_authority: Option<&'a Path>,
    /// The deadline of each cluster.
    pub total: Duration,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

impl Setup<'_> {
    /// Sets up root's kubeconfig for one cluster, unless its context works already.
    pub async fn cluster(&self, cluster: &Cluster) -> Result<SetupReport, RootError> {
        contained(Box::pin(self.of_cluster(cluster)))
            .await
            .unwrap_or_else(|fault| Err(fault.into()))
    }

    async fn of_cluster(&self, cluster: &Cluster) -> Result<SetupReport, RootError> {
        let deadline = Deadline::after(self.total);
        let root = RootKubeconfig::load_or_empty(&self.path)?;
        let account = self.wish.account(cluster);
        let entry = root.entry_if_any(cluster)?;
        let lacking = match &entry {
            None => "root's kubeconfig has no context for it".to_owned(),
            Some(entry) => match self.works(&root, cluster, entry, account, &deadline).await? {
                Ok(report) => return Ok(report),
                Err(reason) => reason,
            },
        };
        let names = Names::of(&root, cluster, entry.as_ref())?;
        if !self.source.gives_the_first() {
            return Err(RootError::FirstToken { reason: lacking });
        }
        if self.is_dry_run {
            let is_there = self.path.exists();
            return Ok(names.report(cluster, if is_there { Outcome::Changed } else { Outcome::Created }));
        }
        let old = entry.as_ref().and_then(RootEntry::token).cloned();
        let new = self
            .source
            .obtain(&root, cluster, account, old.as_ref(), &deadline)
            .await?;
        let change = Change {
            cluster: cluster.clone(),
            edit: Edit {
                cluster: self.cluster_entry(cluster, &names),
                context: names.context_entry(),
                ..token_edit(&names.context.user, &new)
            },
            new,
            old,
        };
        let tried = change.try_out(&root, account, &deadline).await?;
        let written = change.write(self.path.clone(), tried, &deadline).await?;
        self.verify(cluster, account, written.outcome, &deadline).await
    }

    /// Whether the existing entry works already; if not, what is wrong with it.
    async fn works(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        entry: &RootEntry,
        account: &ServiceAccountName,
        deadline: &Deadline,
    ) -> Result<Result<SetupReport, String>, RootError> {
        match &entry.login {
            RootLogin::Nothing => return Ok(Err(format!("the user {:?} has no token", entry.user))),
            RootLogin::Other(how) => {
                return Err(RootError::Cluster(ClusterError::NotAToken {
                    path: self.path.clone(),
                    user: entry.user.clone(),
                    how,
                }))
            }
            RootLogin::Token(_) if self.certificate_authority.is_some() => {
                return Ok(Err("another CA is requested".into()))
            }
            RootLogin::Token(_) => {}
        }
        match cluster::try_token(root.target(cluster)?, account, deadline).await {
            Ok(()) => self
                .verify(cluster, account, Outcome::Unchanged, deadline)
                .await
                .map(Ok),
            Err(error @ (ClusterError::Unauthorized { .. } | ClusterError::TokenOfAnother { .. })) => {
                Ok(Err(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn cluster_entry(&self, cluster: &Cluster, names: &Names) -> Option<ClusterEntry> {
        let given = self.certificate_authority;
        if names.has_cluster && given.is_none() {
            return None;
        }
        let file = given.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let file = file
            .map(|path| path.to_string_lossy().into_owned())
            .or_else(|| cluster.cert_authority_file.clone());
        let of_minter = || self.source.minter()?.certificate_authority(cluster);
        Some(ClusterEntry {
            name: names.context.cluster.clone(),
            server: names.context.server.clone(),
            certificate_authority: file
                .map(CertificateAuthority::File)
                .or_else(|| of_minter().map(CertificateAuthority::Data)),
        })
    }

    /// Queries the cluster's version and the account in use, with root's kubeconfig as it is on disk now.
    async fn verify(
        &self,
        cluster: &Cluster,
        account: &ServiceAccountName,
        outcome: Outcome,
        deadline: &Deadline,
    ) -> Result<SetupReport, RootError> {
        let root = RootKubeconfig::load(&self.path)?;
        let entry = root.entry(cluster)?;
        let api = cluster::connect(root.target(cluster)?, deadline).await?;
        let (version, name) =
            futures_util::future::try_join(cluster::server_version(&api), cluster::who_am_i(&api)).await?;
        Ok(SetupReport {
            outcome: Some(outcome),
            end: entry.token_end(),
            account: name.unwrap_or_else(|| account.username()),
            version: version.git_version,
            ..SetupReport::of(cluster, &entry)
        })
    }
}

/// The names that the context has, or will have.
struct Names {
    context: RootEntry,
    has_context: bool,
    has_cluster: bool,
}

impl Names {
    fn of(root: &RootKubeconfig, cluster: &Cluster, entry: Option<&RootEntry>) -> Result<Self, RootError> {
        if let Some(entry) = entry {
            return Ok(Self {
                context: entry.clone(),
                has_context: true,
                has_cluster: true,
            });
        }
        let Some(endpoint) = &cluster.endpoint else {
            return Err(RootError::Config(ConfigError::ClusterValue {
                path: cluster
                    .file
                    .clone()
                    .unwrap_or_else(|| crate::config::CLUSTERS_DIR.into()),
                line: 0,
                key: "v2.job.server.endpoint".into(),
                reason: "is not set, so the server to write is unknown; set it".into(),
            }));
        };
        let new = root.new_names(cluster, endpoint)?;
        Ok(Self {
            context: RootEntry {
                user: new.context.clone(),
                context: new.context,
                cluster: new.cluster,
                server: endpoint.clone(),
                login: RootLogin::Nothing,
            },
            has_context: false,
            has_cluster: new.has_cluster,
        })
    }

    fn context_entry(&self) -> Option<ContextEntry> {
        (!self.has_context).then(|| ContextEntry {
            name: self.context.context.clone(),
            cluster: self.context.cluster.clone(),
            user: self.context.user.clone(),
            namespace: None,
        })
    }

    fn report(&self, cluster: &Cluster, outcome: Outcome) -> SetupReport {
        SetupReport {
            outcome: Some(outcome),
            ..SetupReport::of(cluster, &self.context)
        }
    }
}
