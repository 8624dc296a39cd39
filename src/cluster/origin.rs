//! Where a context's credentials stand, and what can be wrong with them before anything is sent.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Mutex;

use super::authorization::{end_of, Authorization};
use super::error::ClusterError;
use super::login::{basic, bearer, By};
use super::plugin::{Plugin, PluginError};
use super::root_kubeconfig::RootKubeconfig;
use crate::kubeconfig::{EntryFault, List, Login, HEADER_REMEDY};
use crate::tls::{ClientCertificate, TlsError};

/// Where a target's parts stand.
#[derive(Debug)]
pub(super) struct Origin {
    pub path: PathBuf,
    /// What is wrong with the CA, if it is the CA.
    pub authority: EntryFault,
    /// What is wrong with the certificate or its key, if it is one of them.
    pub certificate: EntryFault,
    /// What is wrong with the token that a plugin gives.
    pub plugin: Option<PluginFaults>,
}

/// The entry of a plugin that gives a token when the connection is made.
#[derive(Debug)]
pub(super) struct PluginFaults {
    /// The entry, with the words for a token that is not valid in a header.
    pub token: EntryFault,
    /// The entry, with the words for no token at all.
    pub none: EntryFault,
}

impl RootKubeconfig {
    pub(super) fn origin(&self, cluster: &str, user: &str, login: &Login) -> Origin {
        let of_user = |key: &str, reason: String| self.kubeconfig.fault(List::Users, user, key, reason);
        let plugin = match login {
            Login::Exec(exec) => {
                let what = format!("has the exec plugin {:?}, which gives", exec.command);
                Some(PluginFaults {
                    token: of_user(
                        "exec",
                        format!("{what} a token that is not valid in a header; {HEADER_REMEDY}"),
                    ),
                    none: of_user("exec", format!("{what} no token")),
                })
            }
            _ => None,
        };
        Origin {
            path: self.path.clone(),
            authority: self.kubeconfig.fault(
                List::Clusters,
                cluster,
                "certificate-authority-data",
                "has a certificate-authority that holds no certificate in PEM; put the CA's there",
            ),
            certificate: of_user(
                "client-certificate-data",
                "has a client certificate or client-key that is no PEM, or that do not fit together; put both there anew".into(),
            ),
            plugin,
        }
    }
}

impl Origin {
    /// Which entry keeps the TLS configuration from being made.
    pub(super) fn unusable(&self, error: &TlsError) -> ClusterError {
        self.entry(match error {
            TlsError::Authorities(_) => self.authority.clone(),
            TlsError::Certificate => self.certificate.clone(),
        })
    }

    /// The header, and the certificate that a plugin gives. The plugin is run here, for so long.
    pub(super) async fn authorization(
        &self,
        by: By,
        limit: Duration,
    ) -> Result<(Authorization, Option<ClientCertificate>), ClusterError> {
        let header = match by {
            By::Nothing => return Ok((Authorization::None, None)),
            By::Token(token) => bearer(&token),
            By::Password(name, password) => basic(&name, &password),
            By::Plugin(plugin) => return self.ask(plugin, limit).await,
        };
        // Whether it can be one was judged when it was read.
        Ok((header.map_or(Authorization::None, Authorization::Fixed), None))
    }

    async fn ask(
        &self,
        plugin: Box<Plugin>,
        limit: Duration,
    ) -> Result<(Authorization, Option<ClientCertificate>), ClusterError> {
        let given = Box::pin(plugin.ask(limit))
            .await
            .map_err(|error| self.without_token(&error))?;
        let Some(token) = given.token else {
            return Ok((Authorization::None, given.certificate));
        };
        let of_plugin = || self.plugin.as_ref().map_or(&self.certificate, |plugin| &plugin.token);
        let header = bearer(&token).ok_or_else(|| self.entry(of_plugin().clone()))?;
        let end = end_of(given.end);
        Ok((
            Authorization::OfPlugin(plugin, Mutex::new((header, end))),
            given.certificate,
        ))
    }

    fn without_token(&self, error: &PluginError) -> ClusterError {
        let fault = self.plugin.as_ref().map_or(&self.certificate, |plugin| &plugin.none);
        self.entry(fault.clone().because(&error.to_string()))
    }

    fn entry(&self, fault: EntryFault) -> ClusterError {
        ClusterError::Entry {
            path: self.path.clone(),
            fault,
        }
    }
}
