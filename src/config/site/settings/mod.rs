//! hook.env as settings: every key with its type, its default and the line that set it.

pub(super) mod credentials;
mod keys;
mod kubeconfig;
mod kubectl;
pub(super) mod program;
mod pull_secret;
mod reader;
pub mod reaper;
pub mod renewal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

pub use super::modes::PodSecurity;
use super::sourced::Source;
use crate::config::raw::files::read_trusted;
use crate::config::raw::hook_env::{self, Assignment};
use crate::config::raw::ConfigError;
use crate::door::shown;
use crate::naming::{NamespaceNames, NamespaceRules};
use crate::queue::AtOnce;
use crate::shell::quoted;
use credentials::CredentialSettings;
use program::ProgramSettings;
use reader::Reader;
use reaper::Reaper;
use renewal::RenewalSettings;

pub use keys::{KEYS, KUBECTL_NAMES, SECRET_KEYS};
pub use kubectl::KubectlProxy;
pub use pull_secret::PullSecret;

/// What a login does if the user's uid is not the one in the namespace (`UID_CHANGE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UidChange {
    /// Refuse: the name may have been given to another person.
    #[default]
    Refuse,
    /// Go on, with a warning.
    Warn,
    /// Go on, and stamp the new uid: for sites that renumber their accounts.
    Follow,
}

impl UidChange {
    /// Parses the keyword in hook.env.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word {
            "refuse" => Ok(Self::Refuse),
            "warn" => Ok(Self::Warn),
            "follow" => Ok(Self::Follow),
            _ => Err(format!("is {word:?}; write refuse, warn or follow")),
        }
    }

    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Warn => "warn",
            Self::Follow => "follow",
        }
    }
}

/// The lowest uid that `useradd` assigns to people (`UID_MIN` of login.defs).
const DEFAULT_MIN_UID: u32 = 1000;
/// The whole login waits for the hook, and the page retries after this time anyway.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The default of `MANIFESTS_DIR`.
const MANIFESTS_DIR: &str = "/etc/ood/config/k8s-manifests.d";
/// A server that is well takes a few round trips.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings in hook.env.
#[derive(Debug)]
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// `K8S_USERNAME_PREFIX`: the prefix of the user name in the kubeconfig's entry.
    pub k8s_username_prefix: String,
    /// `NAMESPACE_PREFIX`: the prefix of the user name in the namespace.
    pub namespace_prefix: String,
    /// `NETWORK_POLICY_ALLOW_CIDR`: the networks that may connect to the user's pods; empty if not set.
    pub allow_cidrs: Vec<IpNet>,
    /// `NODE_CIDRS`: the nodes' networks, which may always connect to users' pods, whatever a profile says.
    pub node_cidrs: Vec<IpNet>,
    /// `IDP_ISSUER_URL`.
    pub idp_issuer_url: Option<String>,
    /// `CLIENT_ID`.
    pub client_id: Option<String>,
    /// `CLIENT_SECRET`.
    pub client_secret: SecretString,
    /// `IMAGE_PULL_SECRET` and `REGISTRY_DOCKER_CONFIG_JSON`.
    pub pull_secret: Option<PullSecret>,
    /// `USE_POD_SECURITY_POLICY`, which Kubernetes removed in 1.25.
    pub use_pod_security_policy: bool,
    /// `USE_JOB_POD_REAPER`.
    pub use_job_pod_reaper: bool,
    /// Who job-pod-reaper is; `None` if it is not used, or not known.
    pub reaper: Option<Reaper>,
    /// `POD_SECURITY`: the level that new namespaces enforce; `None` leaves them to the cluster's default.
    pub pod_security: Option<PodSecurity>,
    /// `PROFILES_FILE`: what pods in users' namespaces may be; without it, logins do not stamp what policies ask for.
    pub profiles_file: Option<PathBuf>,
    /// `MANIFESTS_DIR`: the directory of the manifests that profiles name.
    pub manifests_dir: PathBuf,
    /// `SECRETS_DIR`: the directory of the declared secrets that profiles name; without it there are none.
    pub secrets_dir: Option<PathBuf>,
    /// `SUSPENDED_FILE`: root's file of users who are not let in.
    pub suspended_file: Option<PathBuf>,
    /// `OIDC_USERNAME_PREFIX`: the API server's `--oidc-username-prefix`, for the RoleBinding's subject.
    pub oidc_username_prefix: String,
    /// `HOOK_TIMEOUT`: the deadline of a whole login.
    pub timeout: Duration,
    /// `LOGINS_AT_ONCE`: how many logins this web node does at once.
    pub logins_at_once: AtOnce,
    /// `CONNECT_TIMEOUT`: how long TCP and TLS to an API server may take.
    pub connect_timeout: Duration,
    /// `MIN_UID`: accounts below it are not people.
    pub min_uid: u32,
    /// `RESERVED_NAMESPACES` and `NAMESPACE_NAMES`.
    pub namespaces: NamespaceRules,
    /// `SITE`: the name of this installation, for clusters that several use.
    pub site: Option<String>,
    /// `UID_CHANGE`: what a login does if the user's uid is not the one in the namespace.
    pub uid_change: UidChange,
    /// How users' kubeconfigs log in.
    pub credentials: CredentialSettings,
    /// The renewal of users' tokens.
    pub renewal: RenewalSettings,
    /// `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, which the stock scripts export to kubectl.
    pub kubectl_proxy: KubectlProxy,
    /// What stands for global flags.
    pub program: ProgramSettings,
    /// Values that cannot be used; each is an error only for commands that need the value.
    pub broken: Vec<ConfigError>,
    assigned: BTreeMap<String, Assignment>,
    readable_by_others: bool,
}

/// Keycloak's token endpoint, which OnDemand's own example appends to the issuer.
const TOKEN_ENDPOINT: &str = "/protocol/openid-connect/token";

impl Settings {
    /// Reads hook.env.
    pub fn load(path: &Path, warnings: &mut Vec<String>) -> Result<Self, ConfigError> {
        let file = read_trusted(
            path,
            "copy /usr/share/ood-k8s/hook.env.example there, or specify yours with --hook-env",
        )?;
        let environment = |name: &str| std::env::var_os(name);
        let assignments = hook_env::parse(&file.bytes, &environment).map_err(|source| ConfigError::Syntax {
            path: path.to_owned(),
            source,
        })?;
        let mut settings = Self::understand(path, assignments, warnings);
        settings.readable_by_others = file.readable_by_others;
        warnings.extend(settings.exposure());
        Ok(settings)
    }

    /// The defaults, which `config show` prints if hook.env cannot be read.
    pub fn empty(path: &Path) -> Self {
        Self::understand(path, Vec::new(), &mut Vec::new())
    }

    fn understand(path: &Path, assignments: Vec<Assignment>, warnings: &mut Vec<String>) -> Self {
        let assigned = assignments.into_iter().map(|a| (a.name.clone(), a)).collect();
        let mut reader = Reader {
            path,
            assigned: &assigned,
            broken: Vec::new(),
            warnings,
        };
        reader.warn_of_unknown_keys();
        reader.check_flag("CLUSTERS_D_FALLBACK");
        reader.warn_of_unset_names();
        let mut settings = Self::read(&mut reader);
        // A user whose namespace is the reaper's could run pods with its rights.
        let of_reaper = settings.reaper.iter().map(|reaper| reaper.account.namespace.clone());
        settings.namespaces.reserved.extend(of_reaper);
        let (broken, warnings) = (reader.broken, reader.warnings);
        settings.broken = broken;
        settings.assigned = assigned.clone();
        settings.warn_of_what_works_otherwise(warnings);
        settings
    }

    /// Every key, as the reader understands it.
    fn read(reader: &mut Reader<'_>) -> Self {
        let use_job_pod_reaper = reader.flag("USE_JOB_POD_REAPER");
        Self {
            path: reader.path.to_owned(),
            k8s_username_prefix: reader.text("K8S_USERNAME_PREFIX"),
            namespace_prefix: reader.text("NAMESPACE_PREFIX"),
            allow_cidrs: reader.cidrs("NETWORK_POLICY_ALLOW_CIDR"),
            node_cidrs: reader.cidrs("NODE_CIDRS"),
            idp_issuer_url: reader.optional("IDP_ISSUER_URL"),
            client_id: reader.optional("CLIENT_ID"),
            client_secret: reader.text("CLIENT_SECRET").into(),
            pull_secret: reader.pull_secret(),
            use_pod_security_policy: reader.flag("USE_POD_SECURITY_POLICY"),
            use_job_pod_reaper,
            reaper: reader.reaper().filter(|_| use_job_pod_reaper),
            pod_security: reader.word("POD_SECURITY", |word| PodSecurity::parse(word).map(Some)),
            profiles_file: reader.path_of("PROFILES_FILE", "/etc/ood/config/k8s-profiles.yml"),
            manifests_dir: reader
                .path_of("MANIFESTS_DIR", MANIFESTS_DIR)
                .unwrap_or_else(|| MANIFESTS_DIR.into()),
            secrets_dir: reader.path_of("SECRETS_DIR", "/etc/ood/config/k8s-secrets.d"),
            suspended_file: reader.path_of("SUSPENDED_FILE", "/etc/ood/k8s/suspended"),
            oidc_username_prefix: reader.text("OIDC_USERNAME_PREFIX"),
            timeout: reader.duration("HOOK_TIMEOUT", DEFAULT_TIMEOUT),
            logins_at_once: reader.word("LOGINS_AT_ONCE", AtOnce::parse),
            connect_timeout: reader.duration("CONNECT_TIMEOUT", DEFAULT_CONNECT_TIMEOUT),
            min_uid: reader.number("MIN_UID", DEFAULT_MIN_UID),
            namespaces: NamespaceRules {
                reserved: reader.list("RESERVED_NAMESPACES"),
                names: reader.word("NAMESPACE_NAMES", NamespaceNames::parse),
            },
            site: reader.site(),
            uid_change: reader.word("UID_CHANGE", UidChange::parse),
            credentials: reader.credentials(),
            renewal: reader.renewal(),
            kubectl_proxy: reader.kubectl_proxy(),
            program: reader.program(),
            broken: Vec::new(),
            assigned: BTreeMap::new(),
            readable_by_others: false,
        }
    }

    fn warn_of_what_works_otherwise(&self, warnings: &mut Vec<String>) {
        if self.use_pod_security_policy {
            warnings.push("USE_POD_SECURITY_POLICY=true has no effect: PodSecurityPolicy was removed from Kubernetes in 1.25; remove it and use Pod Security admission or a policy engine".into());
        }
        if self.text("CLIENT_SECRET") == "changeme" {
            warnings
                .push("CLIENT_SECRET is still the example's \"changeme\", which no identity provider accepts".into());
        }
        warnings.extend(self.token_endpoint_warning());
    }

    /// Reports a secret in hook.env that others can read: a warning at login, an error for `check`.
    pub fn exposure(&self) -> Option<String> {
        let secrets = SECRET_KEYS.iter().copied();
        // A proxy is a secret only with a password in it.
        let proxies = KUBECTL_NAMES.iter().copied().filter(|key| self.text(key).contains('@'));
        let secret = secrets.chain(proxies).find(|key| !self.text(key).is_empty())?;
        self.readable_by_others.then(|| {
            format!(
                "{} holds {secret} and is readable by others; run: chmod 0600 {}",
                shown(&self.path),
                quoted(&self.path)
            )
        })
    }

    /// The issuer, if `IDP_ISSUER_URL` is its token endpoint as in OnDemand's own example.
    pub fn issuer_of_token_endpoint(&self) -> Option<&str> {
        let url = self.idp_issuer_url.as_deref()?.trim_end_matches('/');
        url.strip_suffix(TOKEN_ENDPOINT)
    }

    /// `IDP_ISSUER_URL`, corrected if it is the token endpoint.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer_of_token_endpoint().or(self.idp_issuer_url.as_deref())
    }

    /// Reports that `IDP_ISSUER_URL` was corrected: kubectl could not refresh a token with the token endpoint.
    pub fn token_endpoint_warning(&self) -> Option<String> {
        let issuer = self.issuer_of_token_endpoint()?;
        Some(format!(
            "IDP_ISSUER_URL is the token endpoint, and {issuer} is used as the issuer; write that, without {TOKEN_ENDPOINT}"
        ))
    }

    /// What marks entries in users' kubeconfigs as this site's: several may write into one home. Its name, or the client of
    /// the identity provider, of which each portal has its own.
    pub fn site_of_marks(&self) -> &str {
        match self.text("SITE") {
            "" => self.client_id.as_deref().unwrap_or_default(),
            name => name,
        }
    }

    /// `CLUSTERS_D_FALLBACK`: whether root's current context is used if clusters.d has no Kubernetes cluster. What is
    /// neither word is an error, and forbids it too.
    pub fn clusters_d_fallback(&self) -> bool {
        matches!(self.text("CLUSTERS_D_FALLBACK"), "" | "true")
    }

    /// A value as assigned; empty if it is not set.
    pub fn text(&self, key: &str) -> &str {
        self.assigned.get(key).map_or("", |a| a.value.as_str())
    }

    /// The source of a value.
    pub fn source(&self, key: &str) -> Source {
        match self.assigned.get(key) {
            None => Source::Default,
            Some(assignment) => Source::HookEnv {
                path: self.path.clone(),
                line: assignment.line,
            },
        }
    }

    /// The error of the first unusable value among `keys`.
    pub fn fault_of(&self, keys: &[&str]) -> Option<&ConfigError> {
        self.broken
            .iter()
            .find(|error| matches!(error, ConfigError::Value { key, .. } | ConfigError::Required { key, .. } if keys.contains(key)))
    }
}

#[cfg(test)]
mod tests;
