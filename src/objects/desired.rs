//! Everything that one user gets in one cluster.

use std::sync::Arc;

use ipnet::IpNet;

use super::object::Object;
use super::owner::{Groups, Owner};
use super::profile::Extras;
use super::{network_policy, pull_secret, role_bindings};
use crate::config::clusters::Cluster;
use crate::config::profiles::{Facts, Profile, ReadSecret};
use crate::config::registry::RegistrySecret;
use crate::config::settings::{PodSecurity, Settings, UidChange};
use crate::naming::{NameError, Namespace, Username};
use crate::user::User;

/// Everything that a user gets in one cluster, apart from the namespace itself.
#[derive(Debug)]
pub struct Desired {
    /// The user.
    pub user: Username,
    /// The same, as the namespace is stamped.
    pub owner: Owner,
    /// What is done about a namespace that has another uid's stamp.
    pub uid_change: UidChange,
    /// The cluster's id.
    pub cluster: String,
    /// The user's namespace.
    pub namespace: Namespace,
    /// The user's name as the API server knows it.
    pub subject: String,
    /// Whether that is known: a claim of the user's token has it, and not every command has a token.
    pub is_subject_known: bool,
    /// The Pod Security level that a new namespace enforces.
    pub pod_security: Option<PodSecurity>,
    /// The nodes' networks, which every profile lets in.
    pub node_cidrs: Vec<IpNet>,
    /// What the user's profile adds; `None` if nobody knows, and then what it added before stays.
    pub extras: Option<Extras>,
    /// Why nobody knows what the user's profile adds.
    pub doubt: Option<String>,
    /// The objects that are written concurrently.
    pub objects: Vec<Object>,
    /// The pull secrets, which are listed in the default ServiceAccount.
    pub pull_secrets: Vec<Object>,
}

impl Desired {
    /// All objects in the namespace.
    pub fn all_objects(&self) -> impl Iterator<Item = &Object> {
        let extras = self.extras.iter().flat_map(|extras| &extras.objects);
        self.objects.iter().chain(extras).chain(&self.pull_secrets)
    }

    /// Adds what the user's profile says. `email` is known to logins alone; `secrets` are the declared ones of the profile, as
    /// they were read.
    pub fn add(&mut self, profile: &Profile, user: &User, email: Option<String>, secrets: &[Arc<ReadSecret>]) {
        let facts = Facts {
            user: user.name.to_string(),
            uid: user.uid,
            gid: user.gid,
            groups: Groups::of(user).told(),
            home: user.home.to_string_lossy().into_owned(),
            email,
            namespace: self.namespace.to_string(),
            cluster: self.cluster.clone(),
        };
        self.extras = Some(Extras::of(&self.namespace, profile, &facts, secrets));
        if let Some(networks) = profile.ingress() {
            let is_other = |object: &Object| object.name != network_policy::NETWORK_POLICY;
            self.objects.retain(is_other);
            self.objects.insert(
                0,
                network_policy::network_policy(&self.namespace, networks, &self.node_cidrs),
            );
        }
    }
}

/// Determines a user's objects; fails if the name cannot be mapped to a namespace.
pub fn desired(
    user: &Username,
    uid: Option<u32>,
    claimed: Option<&str>,
    cluster: &Cluster,
    settings: &Settings,
    registry: &[RegistrySecret],
) -> Result<Desired, NameError> {
    let namespace = Namespace::of_user(&cluster.namespace_prefix.value, user, &settings.namespaces)?;
    let is_subject_known = claimed.is_some() || cluster.claim_of_subject().is_none();
    let name = claimed.unwrap_or(user.as_str());
    let subject = format!("{}{name}", cluster.oidc_username_prefix.value);
    let mut of_user = role_bindings::user(&namespace, user, &subject);
    of_user.upkeep.keeps_subjects = !is_subject_known;
    of_user.upkeep.only_if_there = !is_subject_known;
    let mut objects = vec![
        network_policy::network_policy(&namespace, &settings.allow_cidrs, &settings.node_cidrs),
        role_bindings::initializer(&namespace, user),
        of_user,
    ];
    if let Some(reaper) = &settings.reaper {
        objects.push(role_bindings::job_pod_reaper(&namespace, user, reaper));
    }
    let pull_secrets = pull_secret::pull_secrets(namespace.as_str(), registry);
    Ok(Desired {
        user: user.clone(),
        owner: Owner {
            user: user.clone(),
            uid,
            site: settings.site.clone(),
            groups: None,
        },
        uid_change: settings.uid_change,
        cluster: cluster.id.clone(),
        namespace,
        subject,
        is_subject_known,
        pod_security: settings.pod_security,
        node_cidrs: settings.node_cidrs.clone(),
        extras: None,
        doubt: None,
        objects,
        pull_secrets,
    })
}
