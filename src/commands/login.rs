//! The steps that `pre-hook`, `bootstrap-user` and `set-creds` share.

use std::path::Path;
use std::time::SystemTime;

use secrecy::SecretString;

use crate::cluster::{self, Adoption, Api, ObjectReport, RootKubeconfig};
use crate::config::clusters::Cluster;
use crate::config::registry::{self, RegistrySecret};
use crate::config::settings::Settings;
use crate::config::{ConfigError, Site};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::home::FileEdits;
use crate::kubeconfig::{
    CertificateAuthority, ClusterEntry, ContextEntry, Credentials, Edit, OidcAuthProvider, UserEntry,
};
use crate::log;
use crate::naming::{NameError, Namespace, Username};
use crate::objects::{self, Desired};
use crate::oidc::{token, Handover};

/// What the pull secret needs; a wrong one costs that alone.
const PULL_SECRET_KEYS: &[&str] = &["IMAGE_PULL_SECRET", "REGISTRY_DOCKER_CONFIG_JSON"];

/// What is needed to work out users' objects.
pub(super) struct Blueprint<'a> {
    site: &'a Site,
    registry: Vec<RegistrySecret>,
}

impl<'a> Blueprint<'a> {
    /// Checks the settings and reads the registry file. What is wrong with the registry costs the pull
    /// secret alone, and is the second value.
    pub fn draw(site: &'a Site) -> Result<(Self, Option<ConfigError>), ConfigError> {
        let mut warnings = Vec::new();
        let drawn = Self::draw_quietly(site, &mut warnings);
        warnings.iter().for_each(|warning| log::warning(warning));
        drawn
    }

    /// The same, with what is to be warned of in `warnings`.
    pub fn draw_quietly(
        site: &'a Site,
        warnings: &mut Vec<String>,
    ) -> Result<(Self, Option<ConfigError>), ConfigError> {
        // A namespace without its policy would be open to everybody.
        if let Some(fault) = site.settings.fault_of(&["NETWORK_POLICY_ALLOW_CIDR"]) {
            return Err(fault.clone());
        }
        if site.settings.allow_cidrs.is_empty() {
            return Err(ConfigError::Required {
                path: site.settings.path.clone(),
                key: "NETWORK_POLICY_ALLOW_CIDR",
                remedy: "write the networks that may reach users' pods, for example the web node's: 192.0.2.7/32",
            });
        }
        let pull_secret = site.settings.pull_secret.as_ref();
        let loaded = pull_secret.map(|secret| registry::load(secret, warnings));
        let (registry, fault) = match loaded.transpose() {
            Ok(registry) => (
                registry.unwrap_or_default(),
                site.settings.fault_of(PULL_SECRET_KEYS).cloned(),
            ),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        Ok((Self { site, registry }, fault))
    }

    /// The pull secrets that every namespace gets.
    pub fn registry(&self) -> &[RegistrySecret] {
        &self.registry
    }

    /// A user's objects in one cluster.
    pub fn of(&self, user: &Username, cluster: &Cluster) -> Result<Desired, Error> {
        Ok(objects::desired(user, cluster, &self.site.settings, &self.registry)?)
    }
}

/// Connects to a cluster with root's credentials.
pub(super) async fn connect(root: &RootKubeconfig, cluster: &Cluster, deadline: &Deadline) -> Result<Api, Error> {
    let target = root.target(cluster).await?;
    Ok(cluster::connect(target, deadline).await?)
}

/// Makes a user's namespace in one cluster, over a connection of its own.
pub(super) async fn bootstrap(
    root: &RootKubeconfig,
    cluster: &Cluster,
    desired: &Desired,
    deadline: &Deadline,
) -> Result<Vec<ObjectReport>, Error> {
    let api = connect(root, cluster, deadline).await?;
    Ok(cluster::bootstrap(&api, desired, Adoption::Proven).await?)
}

/// Root's kubeconfig.
pub(super) fn root_kubeconfig(path: &Path) -> Result<RootKubeconfig, Error> {
    Ok(RootKubeconfig::load(path)?)
}

/// What to write into which kubeconfig, and for which clusters that is.
#[derive(Default)]
pub(super) struct CredentialsPlan {
    /// The files, each once.
    pub files: Vec<FileEdits>,
    /// A cluster's id, and the index of its file.
    pub clusters: Vec<(String, usize)>,
    /// The clusters that the user cannot have an entry for.
    pub failures: Vec<(String, Error)>,
}

/// Works out the user's kubeconfig entries. Empty where no cluster's users log in by OIDC.
pub(super) fn credentials_plan(site: &Site, user: &Username, handover: &Handover) -> Result<CredentialsPlan, Error> {
    let mut plan = CredentialsPlan::default();
    if site.oidc_clusters().next().is_none() {
        return Ok(plan);
    }
    let provider = auth_provider(&site.settings, handover)?;
    for cluster in site.oidc_clusters() {
        match edit(cluster, &site.settings, user, &provider) {
            Ok(edit) => plan.add(cluster, edit),
            Err(error) => plan.failures.push((super::of_cluster(&cluster.id), error.into())),
        }
    }
    Ok(plan)
}

impl CredentialsPlan {
    fn add(&mut self, cluster: &Cluster, edit: Edit) {
        let known = self.files.iter().position(|file| file.file == cluster.config_file);
        let index = known.unwrap_or(self.files.len());
        if known.is_none() {
            self.files.push(FileEdits {
                file: cluster.config_file.clone(),
                edits: Vec::new(),
            });
        }
        self.files[index].edits.push(edit);
        self.clusters.push((cluster.id.clone(), index));
    }
}

/// The oidc auth-provider with the stock hook's keys. The access token stands where the id token
/// belongs: kubectl sends what stands there, and replaces it when it refreshes.
fn auth_provider(settings: &Settings, handover: &Handover) -> Result<OidcAuthProvider, Error> {
    let access_token = handover.access_token()?;
    token::check(access_token, SystemTime::now()).map_err(|source| Error::Token {
        name: "OOD_OIDC_ACCESS_TOKEN",
        source,
    })?;
    let required = |value: &Option<String>, key, remedy| {
        value.clone().ok_or_else(|| ConfigError::Required {
            path: settings.path.clone(),
            key,
            remedy,
        })
    };
    Ok(OidcAuthProvider {
        idp_issuer_url: required(
            &settings.idp_issuer_url,
            "IDP_ISSUER_URL",
            "kubectl needs the identity provider's issuer URL",
        )?,
        client_id: required(&settings.client_id, "CLIENT_ID", "kubectl needs the OIDC client's id")?,
        client_secret: settings.client_secret.clone(),
        id_token: access_token.clone(),
        refresh_token: handover.refresh_token.clone(),
    })
}

fn edit(
    cluster: &Cluster,
    settings: &Settings,
    user: &Username,
    provider: &OidcAuthProvider,
) -> Result<Edit, NameError> {
    let entry_name = format!("{}{user}", cluster.username_prefix.value);
    let credentials = UserEntry {
        name: entry_name.clone(),
        credentials: Credentials::AuthProviderOidc(provider.clone()),
    };
    let (Some(_), Some(endpoint)) = (&cluster.file, &cluster.endpoint) else {
        // Without clusters.d the stock script writes the user entry alone.
        return Ok(Edit {
            cluster: None,
            context: None,
            user: Some(credentials),
        });
    };
    let namespace = Namespace::of_user(&cluster.namespace_prefix.value, user, &settings.reserved_namespaces)?;
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
        user: Some(credentials),
    })
}

/// Warns where a login's tokens cannot be renewed later.
pub(super) fn warn_of_missing_refresh_token(refresh_token: Option<&SecretString>) {
    if refresh_token.is_none() {
        log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so kubectl cannot renew the token; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::empty(Path::new("hook.env"))
    }

    fn provider() -> OidcAuthProvider {
        OidcAuthProvider {
            idp_issuer_url: "https://idp.example.org".into(),
            client_id: "ood".into(),
            client_secret: "".into(),
            id_token: "".into(),
            refresh_token: None,
        }
    }

    #[test]
    fn without_clusters_d_the_user_entry_alone_is_written_as_by_the_stock_script() {
        let cluster = Cluster::of_stock_hook(&settings());
        let user = Username::parse("kube-system").unwrap();
        let edit = edit(&cluster, &settings(), &user, &provider()).unwrap();
        assert!(edit.cluster.is_none() && edit.context.is_none());
        assert_eq!(edit.user.unwrap().name, "kube-system");
        assert_eq!(cluster.config_file, "~/.kube/config");
    }

    #[test]
    fn clusters_that_share_a_kubeconfig_share_one_write() {
        let mut plan = CredentialsPlan::default();
        let mut cluster = Cluster::of_stock_hook(&settings());
        plan.add(&cluster, Edit::default());
        plan.add(&cluster, Edit::default());
        cluster.config_file = "/elsewhere".into();
        plan.add(&cluster, Edit::default());
        assert_eq!(
            plan.files.iter().map(|file| file.edits.len()).collect::<Vec<_>>(),
            [2, 1]
        );
    }
}
