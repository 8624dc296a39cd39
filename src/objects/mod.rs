//! What a login leaves in a user's namespace, and what an administrator sets up before: names in, Kubernetes objects out, nobody is asked.

pub mod cluster_roles;
mod namespace;
mod network_policy;
mod pull_secret;
mod role_bindings;
mod synced_secret;

use serde::Serialize;
use serde_json::Value;

pub use namespace::{annotation, claim_patch, namespace, ownership, takeover_patch, Ownership, LAST_APPLIED, OWNER};
pub use network_policy::NETWORK_POLICY;
pub use pull_secret::{credential_end, not_listed, pull_secrets, references, service_account, SERVICE_ACCOUNT};
pub use role_bindings::{bound_roles, role_holders, user_binding_name};
pub use synced_secret::synced_secret;

use crate::config::clusters::Cluster;
use crate::config::registry::RegistrySecret;
use crate::config::settings::Settings;
use crate::naming::{NameError, Namespace, Username};

/// The label by which the reapers and `ood_core` know what OnDemand made.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/name", "open-ondemand");

/// The kinds of object that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// v1 Namespace.
    Namespace,
    /// v1 ServiceAccount.
    ServiceAccount,
    /// v1 Secret.
    Secret,
    /// networking.k8s.io/v1 NetworkPolicy.
    NetworkPolicy,
    /// rbac.authorization.k8s.io/v1 RoleBinding.
    RoleBinding,
    /// rbac.authorization.k8s.io/v1 Role.
    Role,
    /// rbac.authorization.k8s.io/v1 ClusterRole.
    ClusterRole,
    /// rbac.authorization.k8s.io/v1 ClusterRoleBinding.
    ClusterRoleBinding,
}

impl Kind {
    /// The kind as manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::RoleBinding => "RoleBinding",
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
        }
    }

    /// The path of its collection: in a namespace, or in the cluster where the kind has none.
    pub fn path(self, namespace: &str) -> String {
        match self {
            Self::Namespace => "/api/v1/namespaces".into(),
            Self::ClusterRole => "/apis/rbac.authorization.k8s.io/v1/clusterroles".into(),
            Self::ClusterRoleBinding => "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".into(),
            Self::ServiceAccount => format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
            Self::Secret => format!("/api/v1/namespaces/{namespace}/secrets"),
            Self::NetworkPolicy => format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"),
            Self::Role => format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles"),
            Self::RoleBinding => format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"),
        }
    }
}

/// An object as we want it.
#[derive(Clone)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The whole of what we say of it, with apiVersion, kind and metadata.
    pub body: Value,
}

impl std::fmt::Debug for Object {
    // A Secret's body must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.name)
    }
}

/// Everything that a user gets in one cluster, apart from the namespace itself.
#[derive(Debug)]
pub struct Desired {
    /// Whose it is.
    pub user: Username,
    /// The cluster's id.
    pub cluster: String,
    /// Where it goes.
    pub namespace: Namespace,
    /// The name of the user in the API server's eyes.
    pub subject: String,
    /// Written side by side.
    pub objects: Vec<Object>,
    /// The registry passwords; listed in the default ServiceAccount.
    pub pull_secrets: Vec<Object>,
}

/// Works out a user's objects, or says why the name gives no namespace.
pub fn desired(
    user: &Username,
    cluster: &Cluster,
    settings: &Settings,
    registry: &[RegistrySecret],
) -> Result<Desired, NameError> {
    let namespace = Namespace::of_user(&cluster.namespace_prefix.value, user, &settings.reserved_namespaces)?;
    let subject = format!("{}{user}", cluster.oidc_username_prefix.value);
    let mut objects = vec![
        network_policy::network_policy(&namespace, &settings.allow_cidrs),
        role_bindings::initializer(&namespace, user),
        role_bindings::user(&namespace, user, &subject),
    ];
    if settings.use_job_pod_reaper {
        objects.push(role_bindings::job_pod_reaper(&namespace, user));
    }
    let pull_secrets = pull_secrets(namespace.as_str(), registry);
    Ok(Desired {
        user: user.clone(),
        cluster: cluster.id.clone(),
        namespace,
        subject,
        objects,
        pull_secrets,
    })
}

/// Turns a typed Kubernetes object into what goes over the wire.
fn object<T: Serialize>(kind: Kind, name: &str, body: &T) -> Object {
    Object {
        kind,
        name: name.to_owned(),
        // Types generated from the OpenAPI document have string keys only: that cannot fail.
        body: serde_json::to_value(body).unwrap_or_default(),
    }
}

/// Metadata of an object of ours.
fn metadata(namespace: &Namespace, name: &str) -> k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_string()),
        ..Default::default()
    }
}
