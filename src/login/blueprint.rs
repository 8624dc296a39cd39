//! What users' objects are derived from: the settings, and the registry passwords.

use super::secrets::ReadSecrets;
use crate::config::clusters::Cluster;
use crate::config::profiles::Profiles;
use crate::config::registry::{self, Note, RegistrySecret};
use crate::config::settings::reaper;
use crate::config::{ConfigError, Site};
use crate::credentials::{claimed_name, claimed_text};
use crate::log;
use crate::naming::{NameError, Username};
use crate::objects::{self, Desired, Groups};
use crate::oidc::Handover;
use crate::user::User;

/// The keys without which a namespace would be less restricted than the site wants; an invalid one stops all of it.
const NAMESPACE_KEYS: &[&str] = &["NETWORK_POLICY_ALLOW_CIDR", "NODE_CIDRS", "POD_SECURITY"];
/// The keys for the pull secret; an invalid one disables only that.
const PULL_SECRET_KEYS: &[&str] = &["IMAGE_PULL_SECRET", "REGISTRY_DOCKER_CONFIG_JSON"];

/// What users' objects are derived from.
pub struct Blueprint<'a> {
    site: &'a Site,
    registry: Vec<RegistrySecret>,
    secrets: ReadSecrets,
}

impl<'a> Blueprint<'a> {
    /// Checks the settings and reads the registry file. An error in the registry's settings or file, or in those of
    /// job-pod-reaper, the second value, disables only the pull secret, or the reaper's rights.
    pub fn draw(site: &'a Site) -> Result<(Self, Option<ConfigError>), ConfigError> {
        let mut notes = Vec::new();
        let drawn = Self::draw_quietly(site, &mut notes);
        notes.iter().for_each(|note| log::warning(&note.to_string()));
        drawn
    }

    /// Like [`Self::draw`], but adds what is to be said of the registry file to `notes` instead of logging it.
    pub fn draw_quietly(site: &'a Site, notes: &mut Vec<Note>) -> Result<(Self, Option<ConfigError>), ConfigError> {
        // Without its network policy, a namespace would be open to all other pods; without its label, to privileged ones.
        if let Some(fault) = site.settings.fault_of(NAMESPACE_KEYS) {
            return Err(fault.clone());
        }
        if site.settings.allow_cidrs.is_empty() {
            return Err(ConfigError::Required {
                path: site.settings.path.clone(),
                key: "NETWORK_POLICY_ALLOW_CIDR",
                remedy: "set it to the networks that may reach users' pods, for example the web node's: 192.0.2.7/32",
            });
        }
        let pull_secret = site.settings.pull_secret.as_ref();
        let loaded = pull_secret.map(|secret| registry::load(secret, notes));
        let (registry, fault) = match loaded.transpose() {
            Ok(Some(loaded)) => loaded,
            Ok(None) => (Vec::new(), site.settings.fault_of(PULL_SECRET_KEYS).cloned()),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        let of_reaper = || {
            site.settings
                .fault_of(&reaper::KEYS)
                .filter(|_| site.settings.use_job_pod_reaper)
        };
        let fault = fault.or_else(|| of_reaper().cloned());
        let secrets = ReadSecrets::default();
        Ok((
            Self {
                site,
                registry,
                secrets,
            },
            fault,
        ))
    }

    /// The pull secrets that every namespace gets.
    pub fn registry(&self) -> &[RegistrySecret] {
        &self.registry
    }

    /// A user's objects in one cluster.
    pub fn of(&self, user: &User, cluster: &Cluster) -> Result<Desired, NameError> {
        Ok(self.personal(user, cluster, self.of_name(&user.name, Some(user.uid), cluster)?, None))
    }

    /// Adds what depends on the user's groups: what a login stamps, if policies ask for it, and the profile.
    fn personal(&self, user: &User, cluster: &Cluster, mut desired: Desired, email: Option<String>) -> Desired {
        let is_asked = !matches!(self.site.profiles, Profiles::Unset);
        desired.owner.groups = is_asked.then(|| Groups::of(user));
        match self.site.profiles.profile_of(user, &cluster.id) {
            Ok(Some(profile)) => desired.add(&profile, user, email, &self.secrets.of(&profile)),
            // The site's warnings say why.
            Ok(None) => {}
            Err(error) => desired.doubt = Some(error.to_string()),
        }
        desired
    }

    /// The same for a user who may be made up, without a uid.
    pub fn of_name(&self, user: &Username, uid: Option<u32>, cluster: &Cluster) -> Result<Desired, NameError> {
        self.of_claim(user, uid, None, cluster)
    }

    /// The same for a login, whose token says what the cluster knows the user by.
    pub fn of_login(&self, user: &User, cluster: &Cluster, handover: &Handover) -> Result<Desired, NameError> {
        let claimed = claimed_name(cluster, &self.site.settings, handover);
        let desired = self.of_claim(&user.name, Some(user.uid), claimed.as_deref(), cluster)?;
        let claim = self
            .site
            .profiles
            .file()
            .and_then(|file| file.rules.email_claim.as_deref());
        let email = claim.and_then(|claim| claimed_text(claim, &self.site.settings, handover));
        Ok(self.personal(user, cluster, desired, email))
    }

    fn of_claim(
        &self,
        user: &Username,
        uid: Option<u32>,
        claimed: Option<&str>,
        cluster: &Cluster,
    ) -> Result<Desired, NameError> {
        objects::desired(user, uid, claimed, cluster, &self.site.settings, &self.registry)
    }
}
