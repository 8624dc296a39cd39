//! Edits as JSON, for the pipe to the child in the user's home only.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::edit::{
    self, CertificateAuthority, ClusterEntry, ContextEntry, Credentials, ExecCommand, OidcAuthProvider, UserEntry,
};
use super::mark::Mark;

/// [`super::Edit`] with its secrets in plain text. It has no `Debug`, and is not stored.
#[derive(Serialize, Deserialize)]
pub struct Edit {
    cluster: Option<Cluster>,
    context: Option<Context>,
    user: Option<User>,
    mark: Option<Mark>,
}

#[derive(Serialize, Deserialize)]
struct Cluster {
    name: String,
    server: String,
    certificate_authority: Option<Authority>,
}

#[derive(Serialize, Deserialize)]
enum Authority {
    File(String),
    Data(String),
}

#[derive(Serialize, Deserialize)]
struct Context {
    name: String,
    cluster: String,
    user: String,
    namespace: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct User {
    name: String,
    credentials: Login,
}

#[derive(Serialize, Deserialize)]
enum Login {
    Oidc {
        idp_issuer_url: String,
        client_id: String,
        client_secret: String,
        idp_certificate_authority_data: Option<String>,
        id_token: String,
        refresh_token: Option<String>,
    },
    Token(String),
    Exec(ExecCommand),
}

impl From<edit::Edit> for Edit {
    fn from(edit: edit::Edit) -> Self {
        Self {
            cluster: edit.cluster.map(|cluster| Cluster {
                name: cluster.name,
                server: cluster.server,
                certificate_authority: cluster.certificate_authority.map(Into::into),
            }),
            context: edit.context.map(|context| Context {
                name: context.name,
                cluster: context.cluster,
                user: context.user,
                namespace: context.namespace,
            }),
            user: edit.user.map(|user| User {
                name: user.name,
                credentials: (&user.credentials).into(),
            }),
            mark: edit.mark,
        }
    }
}

impl From<&Edit> for edit::Edit {
    fn from(edit: &Edit) -> Self {
        Self {
            cluster: edit.cluster.as_ref().map(|cluster| ClusterEntry {
                name: cluster.name.clone(),
                server: cluster.server.clone(),
                certificate_authority: cluster.certificate_authority.as_ref().map(Into::into),
            }),
            context: edit.context.as_ref().map(|context| ContextEntry {
                name: context.name.clone(),
                cluster: context.cluster.clone(),
                user: context.user.clone(),
                namespace: context.namespace.clone(),
            }),
            user: edit.user.as_ref().map(|user| UserEntry {
                name: user.name.clone(),
                credentials: (&user.credentials).into(),
            }),
            mark: edit.mark.clone(),
        }
    }
}

impl From<CertificateAuthority> for Authority {
    fn from(authority: CertificateAuthority) -> Self {
        match authority {
            CertificateAuthority::File(path) => Self::File(path),
            CertificateAuthority::Data(pem) => Self::Data(pem),
        }
    }
}

impl From<&Authority> for CertificateAuthority {
    fn from(authority: &Authority) -> Self {
        match authority {
            Authority::File(path) => Self::File(path.clone()),
            Authority::Data(pem) => Self::Data(pem.clone()),
        }
    }
}

impl From<&Credentials> for Login {
    fn from(credentials: &Credentials) -> Self {
        let shown = |secret: &SecretString| secret.expose_secret().to_owned();
        match credentials {
            Credentials::Token(token) => Self::Token(shown(token)),
            Credentials::Exec(command) => Self::Exec(command.clone()),
            Credentials::AuthProviderOidc(provider) => Self::Oidc {
                idp_issuer_url: provider.idp_issuer_url.clone(),
                client_id: provider.client_id.clone(),
                client_secret: shown(&provider.client_secret),
                idp_certificate_authority_data: provider.idp_certificate_authority_data.clone(),
                id_token: shown(&provider.id_token),
                refresh_token: provider.refresh_token.as_ref().map(shown),
            },
        }
    }
}

impl From<&Login> for Credentials {
    fn from(login: &Login) -> Self {
        match login {
            Login::Token(token) => Self::Token(token.as_str().into()),
            Login::Exec(command) => Self::Exec(command.clone()),
            Login::Oidc {
                idp_issuer_url,
                client_id,
                client_secret,
                idp_certificate_authority_data,
                id_token,
                refresh_token,
            } => Self::AuthProviderOidc(OidcAuthProvider {
                idp_issuer_url: idp_issuer_url.clone(),
                client_id: client_id.clone(),
                client_secret: client_secret.as_str().into(),
                idp_certificate_authority_data: idp_certificate_authority_data.clone(),
                id_token: id_token.as_str().into(),
                refresh_token: refresh_token.as_deref().map(Into::into),
            }),
        }
    }
}
