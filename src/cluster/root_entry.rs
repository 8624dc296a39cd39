//! The parts of a context in root's kubeconfig: its cluster, its user, and how that user authenticates.

use std::time::SystemTime;

use secrecy::SecretString;

use super::contexts::same_server;
use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::kubeconfig::LoginKind;
use crate::oidc::token;

/// The parts of a context.
#[derive(Debug, Clone)]
pub struct RootEntry {
    /// The context's name.
    pub context: String,
    /// The name of its cluster's entry.
    pub cluster: String,
    /// The name of its user's entry.
    pub user: String,
    /// The API server's URL.
    pub server: String,
    /// How the user authenticates.
    pub login: RootLogin,
}

/// How a user authenticates.
#[derive(Debug, Clone)]
pub enum RootLogin {
    /// Not yet configured.
    Nothing,
    /// With a token, which can be renewed.
    Token(SecretString),
    /// With something that is not renewed here, in words.
    Other(&'static str),
}

impl RootEntry {
    /// The user's token, if the user authenticates with one.
    pub fn token(&self) -> Option<&SecretString> {
        match &self.login {
            RootLogin::Token(token) => Some(token),
            _ => None,
        }
    }

    /// When that token expires, if it says so.
    pub fn token_end(&self) -> Option<SystemTime> {
        token::expiry(self.token()?).ok()
    }
}

impl RootKubeconfig {
    /// Returns the parts of the context for `cluster`.
    ///
    /// A user's entry for several servers is an error: a token is valid for only one.
    pub fn entry(&self, cluster: &Cluster) -> Result<RootEntry, ClusterError> {
        let name = self.context_for(cluster)?;
        let incomplete = || {
            self.no_context(format!(
                "has the context {name:?}, which has no user; run: kubectl config set-context {name:?} --user=USER"
            ))
        };
        let context = self.names_of(&name).ok_or_else(incomplete)?;
        let user = context.user.ok_or_else(incomplete)?;
        let server = self.server_of(&name).unwrap_or_default().to_owned();
        let of_user = self.contexts().filter(|other| other.user == Some(user));
        if let Some(other) = of_user
            .filter_map(|other| self.kubeconfig.server_of(other.cluster?))
            .find(|s| !same_server(s, &server))
        {
            return Err(self.no_context(format!("has the user {user:?} for both {server} and {other}, but a token is valid for only one of them; give each context its own user: kubectl config set-context {name:?} --user=USER")));
        }
        Ok(RootEntry {
            cluster: context.cluster.unwrap_or_default().to_owned(),
            login: match self.kubeconfig.login_kind(user) {
                LoginKind::Nothing => RootLogin::Nothing,
                LoginKind::Token(token) => RootLogin::Token(token),
                LoginKind::Other(how) => RootLogin::Other(how),
            },
            user: user.to_owned(),
            context: name,
            server,
        })
    }

    /// Like [`Self::entry`], but returns `None` if there is no context for `cluster` yet.
    pub fn entry_if_any(&self, cluster: &Cluster) -> Result<Option<RootEntry>, ClusterError> {
        let is_there = match (&cluster.root_context, &cluster.endpoint) {
            (Some(name), _) => self.names_of(name).is_some(),
            (None, Some(endpoint)) => self.contexts_at(endpoint).next().is_some(),
            (None, None) => true,
        };
        is_there.then(|| self.entry(cluster)).transpose()
    }
}
