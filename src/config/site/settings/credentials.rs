//! The settings of hook.env for how users log in: the mode, the exchange, and the connection to the identity provider.

use std::path::PathBuf;

use secrecy::SecretString;

use super::reader::Reader;
use crate::config::site::modes::{Dialect, Mode};

/// The keys of hook.env with which a wrong value leaves users without credentials.
pub const KEYS: &[&str] = &["CREDENTIALS", "EXEC_COMMAND", "EXCHANGE_DIALECT", "IDP_PROXY"];

/// The settings.
#[derive(Debug, Default)]
pub struct CredentialSettings {
    /// `CREDENTIALS`.
    pub mode: Mode,
    /// `EXEC_COMMAND`: the path of this program on the machines where users run kubectl; our own path if it is not set.
    pub exec_command: Option<String>,
    /// `EXCHANGE_DIALECT`.
    pub dialect: Dialect,
    /// `EXCHANGE_ISSUER_URL`: the provider that exchanges tokens, if it is not `IDP_ISSUER_URL`.
    pub exchange_issuer_url: Option<String>,
    /// `EXCHANGE_CLIENT_ID`: the client that requests the exchange.
    pub exchange_client_id: Option<String>,
    /// `EXCHANGE_CLIENT_SECRET`: that client's secret, known to root only.
    pub exchange_client_secret: SecretString,
    /// `EXCHANGE_CONNECTOR_ID`: dex's connector.
    pub connector_id: Option<String>,
    /// `IDP_CA_FILE`: CA certificates for the identity provider, instead of the system's.
    pub idp_ca_file: Option<PathBuf>,
    /// `IDP_PROXY`: the URL of the proxy to the identity provider. It may contain a password.
    pub idp_proxy: Option<SecretString>,
}

impl Reader<'_> {
    pub fn credentials(&mut self) -> CredentialSettings {
        CredentialSettings {
            mode: self.word("CREDENTIALS", Mode::parse),
            exec_command: self.exec_command(),
            dialect: self.word("EXCHANGE_DIALECT", Dialect::parse),
            exchange_issuer_url: self.optional("EXCHANGE_ISSUER_URL"),
            exchange_client_id: self.optional("EXCHANGE_CLIENT_ID"),
            exchange_client_secret: self.text("EXCHANGE_CLIENT_SECRET").into(),
            connector_id: self.optional("EXCHANGE_CONNECTOR_ID"),
            idp_ca_file: self.optional("IDP_CA_FILE").map(Into::into),
            idp_proxy: self.idp_proxy(),
        }
    }

    /// kubectl looks up a bare name in the user's PATH, and a relative path in the kubeconfig's directory.
    fn exec_command(&mut self) -> Option<String> {
        let command = self.optional("EXEC_COMMAND")?;
        if !command.starts_with('/') {
            self.refuse(
                "EXEC_COMMAND",
                "is not an absolute path; write for example /usr/bin/ood-k8s".into(),
            );
            return None;
        }
        Some(command)
    }

    fn idp_proxy(&mut self) -> Option<SecretString> {
        let text = self.optional("IDP_PROXY")?;
        let is_proxy = text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https" | "socks5")) && uri.host().is_some_and(|h| !h.is_empty())
        });
        if !is_proxy {
            // Not quoted, since it may contain a password.
            let reason = "is not the URL of a proxy; write for example http://proxy.example.org:3128";
            self.refuse("IDP_PROXY", reason.into());
        }
        is_proxy.then(|| text.into())
    }
}
