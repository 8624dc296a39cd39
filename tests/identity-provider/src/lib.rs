//! A real identity provider for tests: Keycloak on loopback, with a realm for Open OnDemand and Kubernetes.
//!
//! `tests/identity-provider/build` downloads and prepares it. A start takes ten to twenty seconds, so the tests of a
//! binary share one, and each uses its own users. A test that changes settings, or logs a user out, starts its own.
//!
//! ```no_run
//! let provider = ood_k8s_identity_provider::IdentityProvider::shared();
//! let tokens = provider.log_in(&provider.user("jane")?)?;
//! let exchanged = provider.exchange(provider.kubernetes(), &tokens.access, &[("audience", "kubernetes")])?;
//! assert_eq!(exchanged.status, 200);
//! # Ok::<(), ood_k8s_identity_provider::Error>(())
//! ```
//!
//! Keycloak's answers in each case are in the README of this crate.

// Explained once in the README, not on every getter.
#![allow(clippy::missing_panics_doc)]

mod admin;
mod builder;
mod distribution;
mod error;
mod grants;
mod http;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use ood_k8s_loopback::Supervised;
use tempfile::TempDir;

pub use builder::Builder;
pub use distribution::{pinned_version, Distribution};
pub use error::Error;
pub use grants::{claims, Client, TokenEndpoint, Tokens, User, ACCESS_TOKEN, ID_TOKEN, REFRESH_TOKEN, TOKEN_EXCHANGE};
pub use http::Answer;

const REALM_PATH: &str = "/realms/hpc";
const CA: &str = "ca.crt";

/// A running identity provider. Dropping it stops it and removes everything that it wrote.
#[derive(Debug)]
pub struct IdentityProvider {
    // Dropped before its directory.
    server: Supervised,
    folder: TempDir,
    port: u16,
    endpoint: TokenEndpoint,
    ca: String,
    users: Mutex<Vec<User>>,
    admin: Client,
    ondemand: Client,
    kubernetes: Client,
    no_audience: Client,
}

impl IdentityProvider {
    /// The settings for a new identity provider.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The identity provider that all tests of this process share, with the default settings.
    ///
    /// # Panics
    /// If it does not start, with the reason.
    pub fn shared() -> &'static Self {
        // Statics are never dropped; the server's supervisor notices when this process exits.
        static SHARED: OnceLock<IdentityProvider> = OnceLock::new();
        SHARED.get_or_init(|| Self::builder().start().unwrap_or_else(|error| panic!("{error}")))
    }

    /// The issuer, exactly as in tokens and discovery.
    pub fn issuer(&self) -> String {
        format!("{}{REALM_PATH}", self.url())
    }

    /// The token endpoint, exactly as in discovery; the stock hook.env has this as `IDP_ISSUER_URL`.
    pub fn token_endpoint(&self) -> String {
        format!("{}/protocol/openid-connect/token", self.issuer())
    }

    /// The document at `ISSUER/.well-known/openid-configuration`.
    pub fn discovery(&self) -> Result<Answer, Error> {
        let path = format!("{REALM_PATH}/.well-known/openid-configuration");
        self.endpoint.call("GET", &path, "", &http::Body::None)
    }

    /// The server's address, without a realm.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The server's port on 127.0.0.1; its certificate also names `localhost`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that signed the server's certificate.
    pub fn ca_pem(&self) -> &str {
        &self.ca
    }

    /// The path of that certificate.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }

    /// Open OnDemand's client. Its access and ID tokens have the audience `kubernetes`.
    pub fn ondemand(&self) -> &Client {
        &self.ondemand
    }

    /// The client that may exchange tokens, and the audience of the cluster. It can get tokens for the audiences
    /// `kubernetes` and `kubernetes-test`.
    pub fn kubernetes(&self) -> &Client {
        &self.kubernetes
    }

    /// A portal's client without an audience mapper: no cluster accepts its tokens, and they cannot be exchanged.
    pub fn no_audience(&self) -> &Client {
        &self.no_audience
    }

    /// kube-apiserver's arguments for accepting the tokens: the user is `preferred_username` without a prefix.
    pub fn api_server_arguments(&self) -> Vec<String> {
        vec![
            format!("--oidc-issuer-url={}", self.issuer()),
            format!("--oidc-client-id={}", self.kubernetes.id),
            format!("--oidc-ca-file={}", self.ca_file().display()),
            "--oidc-username-claim=preferred_username".to_owned(),
            "--oidc-username-prefix=-".to_owned(),
            "--oidc-groups-claim=groups".to_owned(),
        ]
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The directory with its log, keys and database, while it runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
