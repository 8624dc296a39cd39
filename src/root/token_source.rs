//! The source of a new token for root's kubeconfig: requested from the cluster, or issued elsewhere.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::error::RootError;
use crate::cluster::{self, AdminKubeconfig, GivenToken, RootKubeconfig, ServiceToken};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::log;
use crate::naming::ServiceAccountName;

/// What the flags specify about the token.
#[derive(Debug, Clone)]
pub struct TokenWish {
    /// An administrator's kubeconfig to request the token with.
    pub minter_kubeconfig: Option<PathBuf>,
    /// The context in it; by default the one with the cluster's endpoint.
    pub minter_context: Option<String>,
    /// The file with a token that was issued elsewhere; `-` is standard input.
    pub token_file: Option<PathBuf>,
    /// The name of a Secret with a token of the account.
    pub from_secret: Option<String>,
    /// The requested lifetime of the token.
    pub life: Duration,
    /// The token's account, instead of the one in clusters.d.
    pub service_account: Option<ServiceAccountName>,
}

/// The source of a token.
pub enum TokenSource<'a> {
    /// It was issued elsewhere.
    Given(GivenToken),
    /// It is requested from the cluster.
    Asked(Box<Asked<'a>>),
}

/// How a token is requested from a cluster.
pub struct Asked<'a> {
    minter: Option<AdminKubeconfig>,
    secret: Option<&'a str>,
    life: Duration,
}

impl TokenWish {
    /// The account that a cluster's token is for.
    pub fn account<'a>(&'a self, cluster: &'a Cluster) -> &'a ServiceAccountName {
        self.service_account.as_ref().unwrap_or(&cluster.service_account)
    }
}

impl<'a> TokenSource<'a> {
    /// Reads the files that it needs. A token that was issued elsewhere is for one cluster only.
    pub fn open(wish: &'a TokenWish, clusters: &[Cluster]) -> Result<Self, RootError> {
        if let Some(path) = &wish.token_file {
            if clusters.len() > 1 {
                let ids: Vec<_> = clusters.iter().map(|cluster| cluster.id.as_str()).collect();
                return Err(RootError::WhichCluster { known: ids.join(", ") });
            }
            return Ok(Self::Given(GivenToken::read(path)?));
        }
        let context = wish.minter_context.as_deref();
        let minter = wish.minter_kubeconfig.as_deref();
        let minter = minter.map(|path| AdminKubeconfig::load(path, context, "--admin-context"));
        if let Some(secret) = &wish.from_secret {
            log::warning(&format!("the token in the Secret {secret} never expires, so a stolen copy works until the Secret is deleted; use a token that refresh-token renews instead"));
        }
        Ok(Self::Asked(Box::new(Asked {
            minter: minter.transpose()?,
            secret: wish.from_secret.as_deref(),
            life: wish.life,
        })))
    }

    /// The kubeconfig that tokens are requested with, if it is not root's.
    pub fn minter(&self) -> Option<&AdminKubeconfig> {
        match self {
            Self::Given(_) => None,
            Self::Asked(asked) => asked.minter.as_ref(),
        }
    }

    /// Whether it can provide a token if root has none yet.
    pub fn gives_the_first(&self) -> bool {
        matches!(self, Self::Given(_)) || self.minter().is_some()
    }

    /// Gets a token for `account`, with the credentials in `root` unless a flag specifies others.
    pub async fn obtain(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        account: &ServiceAccountName,
        old: Option<&SecretString>,
        deadline: &Deadline,
    ) -> Result<ServiceToken, RootError> {
        match self {
            Self::Given(given) => Ok(given.check(account, old, SystemTime::now())?),
            Self::Asked(asked) => asked.ask(root, cluster, account, deadline).await,
        }
    }
}

impl Asked<'_> {
    async fn ask(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        account: &ServiceAccountName,
        deadline: &Deadline,
    ) -> Result<ServiceToken, RootError> {
        let asked = async {
            let target = match &self.minter {
                Some(minter) => minter.target(cluster)?,
                None => root.target(cluster)?,
            };
            let api = cluster::connect(target, deadline).await?;
            match self.secret {
                Some(secret) => cluster::read_token_secret(&api, account, secret).await,
                None => cluster::request_token(&api, account, self.life).await,
            }
        };
        let blame = |error| match &self.minter {
            Some(minter) => minter.blame(error),
            None => error,
        };
        asked.await.map_err(|error| blame(error).into())
    }
}
