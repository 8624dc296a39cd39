//! Builds a cluster's entry in a user's kubeconfig for the cluster's mode, and checks the token first.

use std::time::SystemTime;

use secrecy::SecretString;

use super::error::CredentialsError;
use super::issued::Issued;
use super::marks::mark;
use super::own::Own;
use super::provider::Providers;
use crate::config::clusters::Cluster;
use crate::config::credentials::{required, Mode};
use crate::config::settings::Settings;
use crate::config::Site;
use crate::credential;
use crate::home::expand;
use crate::kubeconfig::{
    CertificateAuthority, ClusterEntry, ContextEntry, Credentials, Edit, ExecCommand, OidcAuthProvider, UserEntry,
};
use crate::naming::{NameError, Namespace};
use crate::oidc::token::{self, Expected};
use crate::user::User;

/// How an entry logs in, and the token that is cached for `credential`.
pub(super) struct Login {
    /// The credentials in the entry.
    pub credentials: Credentials,
    /// The token for `credential`.
    pub cached: Option<SecretString>,
}

impl Login {
    /// An entry without a cached token.
    pub fn of(credentials: Credentials) -> Self {
        Self {
            credentials,
            cached: None,
        }
    }

    /// The token that kubectl will send, if it is known here.
    pub fn sent(&self) -> Option<&SecretString> {
        match (&self.credentials, &self.cached) {
            (Credentials::Token(token), _) => Some(token),
            (Credentials::AuthProviderOidc(provider), _) => Some(&provider.id_token),
            (Credentials::Exec(_), cached) => cached.as_ref(),
        }
    }

    /// When the token expires, if only root can renew it.
    pub fn end(&self) -> Option<SystemTime> {
        let ((_, Some(token)) | (Credentials::Token(token), None)) = (&self.credentials, &self.cached) else {
            return None;
        };
        token::expiry(token).ok()
    }
}

/// What one cluster's entry is built from.
pub(super) struct Work<'a> {
    pub site: &'a Site,
    pub user: &'a User,
    pub own: &'a Own,
    pub providers: &'a Providers<'a>,
    pub cluster: &'a Cluster,
    /// What the API server's claim must say: the account's name, or what the login's own token says there.
    pub name: String,
}

impl Work<'_> {
    /// The entry's login, from OnDemand's tokens or from the one that was issued for the cluster.
    pub fn login(&self, issued: Option<Issued>) -> Result<Login, CredentialsError> {
        match (self.cluster.credentials.value, issued) {
            (Mode::AuthProvider, _) => self.auth_provider().map(Login::of),
            (Mode::Exec, None) => self.exec(self.own_token()?.clone()),
            (Mode::Exec, Some(issued)) => self.exec(issued.meeting(&self.expected(&issued))?.clone()),
            (Mode::Token | Mode::Exchange, None) => Ok(Login::of(Credentials::Token(self.own_token()?.clone()))),
            (Mode::Token | Mode::Exchange, Some(issued)) => self.exchanged(&issued).map(Login::of),
        }
    }

    /// The same keys as the stock hook. The access token is in the key for the ID token: kubectl sends the value of
    /// that key, and replaces it when it refreshes.
    fn auth_provider(&self) -> Result<Credentials, CredentialsError> {
        let settings = &self.site.settings;
        // The stock hook did not check the token, so only what the site configures is checked.
        let expected = Expected {
            issuer: None,
            ..self.expected_of_own()
        };
        let token = self.own.meeting(&expected)?.clone();
        let issuer = settings.issuer().map(str::to_owned);
        let client_id = settings.client_id.clone();
        Ok(Credentials::AuthProviderOidc(OidcAuthProvider {
            idp_issuer_url: issuer.ok_or_else(|| {
                required(
                    settings,
                    "IDP_ISSUER_URL",
                    "kubectl needs the identity provider's issuer URL",
                )
            })?,
            client_id: client_id
                .ok_or_else(|| required(settings, "CLIENT_ID", "kubectl needs the OIDC client's id"))?,
            client_secret: settings.client_secret.clone(),
            idp_certificate_authority_data: self.providers.ca_for_kubectl()?,
            id_token: token,
            refresh_token: self.own.refresh.clone(),
        }))
    }

    /// The entry for the exchanged token. A refresh token is written to a home only if it works without root's secret.
    fn exchanged(&self, issued: &Issued) -> Result<Credentials, CredentialsError> {
        let token = issued.meeting(&self.expected(issued))?.clone();
        let Some((client_id, refresh_token)) = issued.refresh_for_users() else {
            return Ok(Credentials::Token(token));
        };
        Ok(Credentials::AuthProviderOidc(OidcAuthProvider {
            idp_issuer_url: issued.issuer.clone(),
            client_id: client_id.to_owned(),
            client_secret: SecretString::default(),
            idp_certificate_authority_data: self.providers.ca_for_kubectl()?,
            id_token: token,
            refresh_token: Some(refresh_token.clone()),
        }))
    }

    fn exec(&self, token: SecretString) -> Result<Login, CredentialsError> {
        let mut args = vec!["credential".to_owned(), "--cluster".into(), self.cluster.id.clone()];
        let kubeconfig = expand(&self.cluster.config_file, &self.user.home);
        let folder = credential::folder_beside(&kubeconfig);
        if folder != credential::usual_folder(&self.user.home) {
            args.extend(["--cache-dir".into(), folder.display().to_string()]);
        }
        Ok(Login {
            credentials: Credentials::Exec(ExecCommand {
                api_version: credential::API_VERSION.into(),
                command: self.command()?,
                args,
                env: Vec::new(),
                install_hint: None,
                provide_cluster_info: false,
            }),
            cached: Some(token),
        })
    }

    /// The program's path for users: not the link that OnDemand called, and not a file that an upgrade just removed.
    fn command(&self) -> Result<String, CredentialsError> {
        let settings = &self.site.settings;
        let own = || {
            let path = std::env::current_exe().ok()?.into_os_string().into_string().ok()?;
            Some(path.strip_suffix(" (deleted)").map_or(path.clone(), str::to_owned))
        };
        let command = settings.credentials.exec_command.clone().or_else(own);
        let missing = || {
            required(
                settings,
                "EXEC_COMMAND",
                "the path of this program is unknown; set EXEC_COMMAND to it",
            )
        };
        Ok(command.ok_or_else(missing)?)
    }

    fn own_token(&self) -> Result<&SecretString, CredentialsError> {
        self.own.meeting(&self.expected_of_own())
    }

    fn expected_of_own(&self) -> Expected<'_> {
        Expected {
            issuer: self.site.settings.issuer(),
            audience: filled(&self.cluster.oidc_audience.value),
            user: filled(&self.cluster.oidc_username_claim.value).map(|claim| (claim, self.name.as_str())),
        }
    }

    /// An exchanged token must have the requested audience, unless the site sets another one for the API server.
    fn expected<'e>(&'e self, issued: &'e Issued) -> Expected<'e> {
        let own = self.expected_of_own();
        Expected {
            issuer: Some(&issued.issuer),
            audience: own.audience.or(issued.audience.as_deref()),
            user: own.user,
        }
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// The cluster, context and user to write.
pub(super) fn edit(
    cluster: &Cluster,
    settings: &Settings,
    user: &User,
    credentials: Credentials,
) -> Result<Edit, NameError> {
    let entry_name = format!("{}{}", cluster.username_prefix.value, user.name);
    let entry = UserEntry {
        name: entry_name.clone(),
        credentials,
    };
    let (Some(_), Some(endpoint)) = (&cluster.file, &cluster.endpoint) else {
        // Without clusters.d the stock script writes the user entry alone.
        return Ok(Edit {
            cluster: None,
            context: None,
            user: Some(entry),
            mark: mark(cluster, settings),
        });
    };
    let namespace = Namespace::of_user(&cluster.namespace_prefix.value, &user.name, &settings.namespaces)?;
    Ok(Edit {
        cluster: Some(ClusterEntry {
            name: cluster.cluster.clone(),
            server: endpoint.clone(),
            certificate_authority: cluster.cert_authority_file.clone().map(CertificateAuthority::File),
        }),
        context: Some(ContextEntry {
            name: cluster.context.clone(),
            cluster: cluster.cluster.clone(),
            user: entry_name,
            namespace: Some(namespace.to_string()),
        }),
        user: Some(entry),
        mark: mark(cluster, settings),
    })
}
