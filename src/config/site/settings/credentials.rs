//! hook.env's part of how users log in: the mode, the exchange, and the way to the identity provider.

use std::path::PathBuf;

use secrecy::SecretString;

use super::reader::Reader;
use crate::config::site::modes::{Dialect, Mode};

/// The keys of hook.env that a wrong value of costs users their credentials.
pub const KEYS: &[&str] = &["CREDENTIALS", "EXEC_COMMAND", "EXCHANGE_DIALECT", "IDP_PROXY"];

/// What hook.env says of it.
#[derive(Debug, Default)]
pub struct CredentialSettings {
    /// `CREDENTIALS`.
    pub mode: Mode,
    /// `EXEC_COMMAND`: the path of this program where users run kubectl; our own where it is not set.
    pub exec_command: Option<String>,
    /// `EXCHANGE_DIALECT`.
    pub dialect: Dialect,
    /// `EXCHANGE_ISSUER_URL`: who exchanges, where it is not `IDP_ISSUER_URL`.
    pub exchange_issuer_url: Option<String>,
    /// `EXCHANGE_CLIENT_ID`: the client that asks for the exchange.
    pub exchange_client_id: Option<String>,
    /// `EXCHANGE_CLIENT_SECRET`: that client's, known to root only.
    pub exchange_client_secret: SecretString,
    /// `EXCHANGE_CONNECTOR_ID`: dex's connector.
    pub connector_id: Option<String>,
    /// `IDP_CA_FILE`: whom to trust for the identity provider, in place of the system's authorities.
    pub idp_ca_file: Option<PathBuf>,
    /// `IDP_PROXY`: the URL of the way to the identity provider. A password may stand in it.
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

    /// kubectl looks for a bare name in the user's PATH, and for a relative one beside the kubeconfig.
    fn exec_command(&mut self) -> Option<String> {
        let command = self.optional("EXEC_COMMAND")?;
        if !command.starts_with('/') {
            self.refuse(
                "EXEC_COMMAND",
                "is no absolute path; write for example /usr/bin/ood-k8s".into(),
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
            // Not quoted: a password may stand in it.
            let reason = "is no URL of a proxy; write for example http://proxy.example.org:3128";
            self.refuse("IDP_PROXY", reason.into());
        }
        is_proxy.then(|| text.into())
    }
}
