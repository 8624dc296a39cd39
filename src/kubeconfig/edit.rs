//! What callers want set in a kubeconfig, as values: the parts of an edit, and how a user authenticates.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::mark::Mark;

/// One step: sets each part that is given, as `kubectl config set-…` does.
#[derive(Debug, Default)]
pub struct Edit {
    /// The cluster to set.
    pub cluster: Option<ClusterEntry>,
    /// The context to set.
    pub context: Option<ContextEntry>,
    /// The user to set.
    pub user: Option<UserEntry>,
    /// What marks the entries as ours.
    pub mark: Option<Mark>,
}

/// A cluster, as `kubectl config set-cluster --server --certificate-authority` sets it.
#[derive(Debug)]
pub struct ClusterEntry {
    /// The name by which contexts refer to it.
    pub name: String,
    /// The address of the API server.
    pub server: String,
    /// The CA certificates for the server. If `None`, the existing ones stay.
    pub certificate_authority: Option<CertificateAuthority>,
}

/// The CA that signed the API server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateAuthority {
    /// A file, as an absolute path.
    File(String),
    /// Base64-encoded PEM, in the kubeconfig itself.
    Data(String),
}

/// A context, as `kubectl config set-context --cluster --user [--namespace]` sets it.
#[derive(Debug)]
pub struct ContextEntry {
    /// The name by which a person selects it.
    pub name: String,
    /// The name of the cluster's entry.
    pub cluster: String,
    /// The name of the user's entry.
    pub user: String,
    /// The default namespace of commands. If `None`, the existing one stays.
    pub namespace: Option<String>,
}

/// A user, as `kubectl config set-credentials` sets it, without leftovers that would take precedence.
#[derive(Debug)]
pub struct UserEntry {
    /// The name by which contexts refer to it.
    pub name: String,
    /// How the user authenticates.
    pub credentials: Credentials,
}

/// How a user entry authenticates.
#[derive(Debug)]
pub enum Credentials {
    /// `auth-provider: oidc`.
    AuthProviderOidc(OidcAuthProvider),
    /// A bearer token.
    Token(SecretString),
    /// A program that prints the token.
    Exec(ExecCommand),
}

/// A credential plugin. It holds no secret; only the output of the program is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecCommand {
    /// The API version of the answer that kubectl expects: `client.authentication.k8s.io/v1` or `/v1beta1`.
    pub api_version: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Additional environment variables.
    pub env: Vec<(String, String)>,
    /// What kubectl prints if the program is missing.
    pub install_hint: Option<String>,
    /// Whether kubectl passes it information about the cluster.
    pub provide_cluster_info: bool,
}

/// The settings of kubectl's built-in `oidc` auth provider. An empty client secret is omitted (public clients).
#[derive(Clone, Debug)]
pub struct OidcAuthProvider {
    /// Where the provider's discovery document is found.
    pub idp_issuer_url: String,
    /// The client that the tokens were issued to.
    pub client_id: String,
    /// That client's secret.
    pub client_secret: SecretString,
    /// The CA certificates that kubectl trusts for the issuer, as base64-encoded PEM. If `None`, existing ones stay.
    pub idp_certificate_authority_data: Option<String>,
    /// A JWT with an expiry.
    pub id_token: SecretString,
    /// If `None`, an old one is removed.
    pub refresh_token: Option<SecretString>,
}
