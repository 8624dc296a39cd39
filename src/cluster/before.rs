//! What can be wrong with credentials before anything is sent: the files behind them, and what a plugin gives.

use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use super::authorization::Authorization;
use super::error::ClusterError;
use super::login::{basic, bearer, By};
use super::plugin::{Plugin, PluginError};
use super::target::Origin;
use crate::tls::{ClientCertificate, TlsError};

/// An end that no token reaches that does not say when it expires.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

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
        let end = given.end.unwrap_or_else(|| SystemTime::now() + NEVER);
        Ok((
            Authorization::OfPlugin(plugin, Mutex::new((header, end))),
            given.certificate,
        ))
    }

    fn without_token(&self, error: &PluginError) -> ClusterError {
        let fault = self.plugin.as_ref().map_or(&self.certificate, |plugin| &plugin.none);
        self.entry(fault.clone().because(&error.to_string()))
    }

    fn entry(&self, fault: crate::kubeconfig::EntryFault) -> ClusterError {
        ClusterError::Entry {
            path: self.path.clone(),
            fault,
        }
    }
}
