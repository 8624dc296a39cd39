//! Where a new token for root's kubeconfig comes from: asked for, or made elsewhere.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::error::RootError;
use crate::cluster::{self, AdminKubeconfig, GivenToken, RootKubeconfig, ServiceToken};
use crate::config::clusters::Cluster;
use crate::deadline::Deadline;
use crate::log;
use crate::naming::ServiceAccountName;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct TokenWish {
    /// An administrator's kubeconfig to ask with, and the context in it.
    pub minter_kubeconfig: Option<PathBuf>,
    /// The context there; by default the one with the cluster's endpoint.
    pub minter_context: Option<String>,
    /// A token that was made elsewhere; `-` is standard input.
    pub token_file: Option<PathBuf>,
    /// A Secret with a token of the account's.
    pub from_secret: Option<String>,
    /// How long the token shall work.
    pub life: Duration,
    /// Whose it is, in place of the account that clusters.d names.
    pub service_account: Option<ServiceAccountName>,
}

/// Where it comes from.
pub enum TokenSource<'a> {
    /// It was made elsewhere.
    Given(GivenToken),
    /// The cluster is asked.
    Asked(Box<Asked<'a>>),
}

/// Whom a cluster is asked as, and for what.
pub struct Asked<'a> {
    minter: Option<AdminKubeconfig>,
    secret: Option<&'a str>,
    life: Duration,
}

impl TokenWish {
    /// Whose token a cluster's is.
    pub fn account<'a>(&'a self, cluster: &'a Cluster) -> &'a ServiceAccountName {
        self.service_account.as_ref().unwrap_or(&cluster.service_account)
    }
}

impl<'a> TokenSource<'a> {
    /// Reads the files that it needs. A token that was made elsewhere is for one cluster.
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
        let minter = minter.map(|path| AdminKubeconfig::load(path, context, "--minter-context"));
        if let Some(secret) = &wish.from_secret {
            log::warning(&format!("the token of the Secret {secret} never ends, and works for whoever gets hold of it until the Secret is deleted; a token that refresh-token renews is safer"));
        }
        Ok(Self::Asked(Box::new(Asked {
            minter: minter.transpose()?,
            secret: wish.from_secret.as_deref(),
            life: wish.life,
        })))
    }

    /// The kubeconfig of whoever is asked, if it is not root's.
    pub fn minter(&self) -> Option<&AdminKubeconfig> {
        match self {
            Self::Given(_) => None,
            Self::Asked(asked) => asked.minter.as_ref(),
        }
    }

    /// Whether it gives a token where root has none yet.
    pub fn gives_the_first(&self) -> bool {
        matches!(self, Self::Given(_)) || self.minter().is_some()
    }

    /// Gets a token of `account`, with the credentials of `root` unless a flag says otherwise.
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
                Some(minter) => minter.target(cluster).await?,
                None => root.target(cluster).await?,
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
