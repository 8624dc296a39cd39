//! What callers want set in a kubeconfig, as values: the parts of an edit, and how a user logs in.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// One step: each part that is given is set, as `kubectl config set-…` would set it.
#[derive(Debug, Default)]
pub struct Edit {
    /// The cluster to set.
    pub cluster: Option<ClusterEntry>,
    /// The context to set.
    pub context: Option<ContextEntry>,
    /// The user to set.
    pub user: Option<UserEntry>,
}

/// A cluster, as `kubectl config set-cluster --server --certificate-authority` sets it.
#[derive(Debug)]
pub struct ClusterEntry {
    /// What contexts call it.
    pub name: String,
    /// The address of the API server.
    pub server: String,
    /// Whom to trust. Where nothing is given, what stands there stays.
    pub certificate_authority: Option<CertificateAuthority>,
}

/// The CA that signed the API server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateAuthority {
    /// A file, as an absolute path.
    File(String),
    /// PEM in base64, in the kubeconfig itself.
    Data(String),
}

/// A context, as `kubectl config set-context --cluster --user [--namespace]` sets it.
#[derive(Debug)]
pub struct ContextEntry {
    /// What the person chooses.
    pub name: String,
    /// The name of the cluster's entry.
    pub cluster: String,
    /// The name of the user's entry.
    pub user: String,
    /// The namespace that commands use when none is named. Where none is given, what stands there stays.
    pub namespace: Option<String>,
}

/// A user, as `kubectl config set-credentials` sets it, without the leftovers that would win over it.
#[derive(Debug)]
pub struct UserEntry {
    /// What contexts call it.
    pub name: String,
    /// How to log in.
    pub credentials: Credentials,
}

/// How a user entry logs in.
#[derive(Debug)]
pub enum Credentials {
    /// `auth-provider: oidc`.
    AuthProviderOidc(OidcAuthProvider),
    /// A bearer token.
    Token(SecretString),
    /// A program that prints the token.
    Exec(ExecCommand),
}

/// A credential plugin. Nothing in it is secret: what the program prints is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecCommand {
    /// Which answer kubectl expects: `client.authentication.k8s.io/v1` or `/v1beta1`.
    pub api_version: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// More environment for it.
    pub env: Vec<(String, String)>,
    /// What kubectl says where the program is missing.
    pub install_hint: Option<String>,
    /// Whether kubectl tells it of the cluster.
    pub provide_cluster_info: bool,
}

/// The settings of kubectl's built-in `oidc` auth provider. An empty client secret is left out (public clients).
#[derive(Clone, Debug)]
pub struct OidcAuthProvider {
    /// Where the provider's discovery document is found.
    pub idp_issuer_url: String,
    /// The client that the tokens were issued for.
    pub client_id: String,
    /// That client's secret.
    pub client_secret: SecretString,
    /// Whom kubectl shall trust for the issuer, as PEM in base64. Where it is not given, what stands there stays.
    pub idp_certificate_authority_data: Option<String>,
    /// A JWT with an expiry.
    pub id_token: SecretString,
    /// Where none is given, an old one is removed.
    pub refresh_token: Option<SecretString>,
}
