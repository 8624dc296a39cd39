//! What each cluster's entry in a user's kubeconfig logs in with, by the cluster's mode.

mod gke;
mod issued;
mod kept;
mod own;
mod provider;

use std::time::SystemTime;

use secrecy::SecretString;

use crate::config::clusters::{Auth, Cluster};
use crate::config::credentials::{required, Mode, KEYS};
use crate::config::Site;
use crate::credential;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::home::{expand, FileEdits};
use crate::kubeconfig::{
    CertificateAuthority, ClusterEntry, ContextEntry, Credentials, Edit, ExecCommand, OidcAuthProvider, UserEntry,
};
use crate::naming::{NameError, Namespace};
use crate::oidc::token::{self, Expected};
use crate::oidc::Handover;
use crate::renewal::RenewalError;
use crate::user::User;

use issued::Issued;
pub(super) use kept::{is_renewed_by_root, Kept};
pub(super) use own::{renew, Own};
pub(super) use provider::Providers;

/// What to write into which kubeconfig, and for which clusters that is.
#[derive(Default)]
pub(super) struct CredentialsPlan {
    /// The files, each once.
    pub files: Vec<FileEdits>,
    /// A cluster's id, and the index of its file.
    pub clusters: Vec<(String, usize)>,
    /// The clusters that the user cannot have an entry for; what hit all that log in by OIDC has an empty name.
    pub failures: Vec<(String, Error)>,
    /// When the tokens end that root renews, by the clusters' ids.
    pub ends: Vec<(String, SystemTime)>,
    /// What root keeps of this login; nobody else works with it meanwhile.
    pub kept: Kept,
}

/// Works out the user's kubeconfig entries. The identity provider is asked only where a token has to be refreshed or
/// exchanged: without that this never waits.
pub(super) async fn plan(site: &Site, user: &User, handover: &Handover, deadline: &Deadline) -> CredentialsPlan {
    let mut plan = CredentialsPlan::default();
    let providers = Providers::new(&site.settings, deadline);
    let oidc: Vec<_> = site.oidc_clusters().collect();
    if !oidc.is_empty() {
        plan.log_in(site, user, handover, &providers, (&oidc, deadline)).await;
    }
    for cluster in site.kubeconfig_clusters() {
        if let Auth::Gke(gke) = &cluster.auth {
            let login = Login::of(Credentials::Exec(gke::exec_entry(gke, &user.home)));
            plan.add(site, user, cluster, Ok(login));
        }
    }
    plan
}

/// The same with tokens that were renewed since the login.
pub(super) async fn plan_renewed(
    site: &Site,
    user: &User,
    own: &Own,
    providers: &Providers<'_>,
    clusters: &[&Cluster],
) -> CredentialsPlan {
    let mut plan = CredentialsPlan::default();
    plan.add_oidc(site, user, own, providers, clusters).await;
    plan
}

/// How an entry logs in, and the token that is cached beside it for `credential`.
struct Login {
    credentials: Credentials,
    cached: Option<SecretString>,
}

impl Login {
    fn of(credentials: Credentials) -> Self {
        Self {
            credentials,
            cached: None,
        }
    }

    /// When the token ends, where only root can bring the next one.
    fn end(&self) -> Option<SystemTime> {
        let token = match (&self.credentials, &self.cached) {
            (_, Some(token)) | (Credentials::Token(token), None) => token,
            _ => return None,
        };
        token::expiry(token).ok()
    }
}

impl CredentialsPlan {
    /// With the tokens of a login: what root keeps of them is on the disk before anything is written.
    async fn log_in(
        &mut self,
        site: &Site,
        user: &User,
        handover: &Handover,
        providers: &Providers<'_>,
        (clusters, deadline): (&[&Cluster], &Deadline),
    ) {
        match Kept::take(site, user, deadline.remaining()).await {
            Ok(kept) => self.kept = kept,
            // Without the lock the refresh token could be spent twice; whoever has it writes new tokens just now.
            Err(error @ Error::Renewal(RenewalError::Busy { .. })) => return self.fail(error),
            Err(error) => self.fail(error),
        }
        let refresh = self.kept.refresh_token(handover);
        let own = match own::take(&site.settings, handover, refresh, providers).await {
            Ok(own) => own,
            Err(error) => {
                if matches!(&error, Error::Grant(grant) if grant.ends_the_session()) {
                    self.kept.forget();
                }
                return self.fail(error);
            }
        };
        let kept = self.kept.keep(handover, own.refresh.as_ref());
        self.failures
            .extend(kept.err().map(|error| (String::new(), error.into())));
        self.add_oidc(site, user, &own, providers, clusters).await;
        let promised = self.kept.promise(&self.ends);
        self.failures
            .extend(promised.err().map(|error| (String::new(), error.into())));
    }

    fn fail(&mut self, error: Error) {
        self.failures.push((String::new(), error));
    }

    async fn add_oidc(
        &mut self,
        site: &Site,
        user: &User,
        own: &Own,
        providers: &Providers<'_>,
        clusters: &[&Cluster],
    ) {
        if let Some(fault) = site.settings.fault_of(KEYS) {
            return self.failures.push((String::new(), fault.clone().into()));
        }
        if clusters
            .iter()
            .any(|cluster| cluster.credentials.value == Mode::AuthProvider)
        {
            own.warn_of_missing_refresh_token();
        }
        let issued = issued::of_clusters(&site.settings, clusters, own, providers).await;
        for (cluster, issued) in clusters.iter().zip(issued) {
            let work = Work {
                site,
                user,
                own,
                providers,
                cluster,
            };
            let login = issued.and_then(|issued| work.login(issued));
            self.add(site, user, cluster, login);
        }
    }

    /// Adds a cluster's entry, or why there is none.
    fn add(&mut self, site: &Site, user: &User, cluster: &Cluster, login: Result<Login, Error>) {
        let edit = login.and_then(|login| {
            let end = login.end();
            let edit = edit(cluster, &site.settings.reserved_namespaces, user, login.credentials)?;
            Ok((edit, login.cached, end))
        });
        match edit {
            Ok((edit, cached, end)) => {
                self.add_edit(cluster, edit, cached);
                self.ends.extend(end.map(|end| (cluster.id.clone(), end)));
            }
            Err(error) => self.failures.push((super::of_cluster(&cluster.id), error)),
        }
    }

    fn add_edit(&mut self, cluster: &Cluster, edit: Edit, cached: Option<SecretString>) {
        let known = self.files.iter().position(|file| file.file == cluster.config_file);
        let index = known.unwrap_or(self.files.len());
        if known.is_none() {
            self.files.push(FileEdits {
                file: cluster.config_file.clone(),
                edits: Vec::new(),
                tokens: Vec::new(),
            });
        }
        let file = &mut self.files[index];
        file.edits.push(edit);
        file.tokens.extend(cached.map(|token| (cluster.id.clone(), token)));
        self.clusters.push((cluster.id.clone(), index));
    }
}

/// One cluster's entry in the making.
struct Work<'a> {
    site: &'a Site,
    user: &'a User,
    own: &'a Own,
    providers: &'a Providers<'a>,
    cluster: &'a Cluster,
}

impl Work<'_> {
    fn login(&self, issued: Option<Issued>) -> Result<Login, Error> {
        match (self.cluster.credentials.value, issued) {
            (Mode::AuthProvider, _) => self.auth_provider().map(Login::of),
            (Mode::Exec, None) => self.exec(self.own_token()?.clone()),
            (Mode::Exec, Some(issued)) => self.exec(issued.meeting(&self.expected(&issued))?.clone()),
            (_, None) => Ok(Login::of(Credentials::Token(self.own_token()?.clone()))),
            (_, Some(issued)) => self.exchanged(&issued).map(Login::of),
        }
    }

    /// The stock hook's keys. The access token stands where the ID token belongs: kubectl sends what stands there, and
    /// replaces it when it refreshes.
    fn auth_provider(&self) -> Result<Credentials, Error> {
        let settings = &self.site.settings;
        // What the stock hook did not ask is asked only where the site says what the answer must be.
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

    /// What came back decides: a refresh token goes into a home only where no secret of root's is needed to use it.
    fn exchanged(&self, issued: &Issued) -> Result<Credentials, Error> {
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

    fn exec(&self, token: SecretString) -> Result<Login, Error> {
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

    /// The program as users find it: not the link that OnDemand called, and not what an upgrade has just removed.
    fn command(&self) -> Result<String, Error> {
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
                "the path of this program is not known; write it there",
            )
        };
        Ok(command.ok_or_else(missing)?)
    }

    fn own_token(&self) -> Result<&SecretString, Error> {
        self.own.meeting(&self.expected_of_own())
    }

    fn expected_of_own(&self) -> Expected<'_> {
        Expected {
            issuer: self.site.settings.issuer(),
            audience: filled(&self.cluster.oidc_audience.value),
            user: filled(&self.cluster.oidc_username_claim.value).map(|claim| (claim, self.user.name.as_str())),
        }
    }

    /// An exchanged token is for the audience that was asked for, unless the site says that the API server's is another.
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

fn edit(cluster: &Cluster, reserved: &[String], user: &User, credentials: Credentials) -> Result<Edit, NameError> {
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
        });
    };
    let namespace = Namespace::of_user(&cluster.namespace_prefix.value, &user.name, reserved)?;
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
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::settings::Settings;

    fn settings() -> Settings {
        Settings::empty(Path::new("hook.env"))
    }

    fn user(name: &str) -> User {
        User {
            name: crate::naming::Username::parse(name).unwrap(),
            uid: 1000,
            gid: 1000,
            groups: Vec::new(),
            home: "/home/ann".into(),
        }
    }

    #[test]
    fn without_clusters_d_the_user_entry_alone_is_written_as_by_the_stock_script() {
        let cluster = Cluster::of_stock_hook(&settings());
        let edit = edit(&cluster, &[], &user("kube-system"), Credentials::Token("t".into())).unwrap();
        assert!(edit.cluster.is_none() && edit.context.is_none());
        assert_eq!(edit.user.unwrap().name, "kube-system");
        assert_eq!(cluster.config_file, "~/.kube/config");
    }

    #[test]
    fn clusters_that_share_a_kubeconfig_share_one_write() {
        let mut plan = CredentialsPlan::default();
        let mut cluster = Cluster::of_stock_hook(&settings());
        plan.add_edit(&cluster, Edit::default(), None);
        plan.add_edit(&cluster, Edit::default(), Some("t".into()));
        cluster.config_file = "/elsewhere".into();
        plan.add_edit(&cluster, Edit::default(), None);
        let counts: Vec<_> = plan
            .files
            .iter()
            .map(|file| (file.edits.len(), file.tokens.len()))
            .collect();
        assert_eq!(counts, [(2, 1), (1, 0)]);
    }
}
