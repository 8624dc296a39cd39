//! The kinds of object that we write, and where each is in the API.

use crate::config::profiles::ApiKind;

/// The kinds of object that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// v1 Namespace.
    Namespace,
    /// v1 ServiceAccount.
    ServiceAccount,
    /// v1 Pod: only deleted.
    Pod,
    /// v1 Secret.
    Secret,
    /// v1 `ResourceQuota`.
    ResourceQuota,
    /// v1 `LimitRange`.
    LimitRange,
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
    /// admissionregistration.k8s.io/v1 `ValidatingAdmissionPolicy`.
    ValidatingAdmissionPolicy,
    /// admissionregistration.k8s.io/v1 `ValidatingAdmissionPolicyBinding`.
    ValidatingAdmissionPolicyBinding,
    /// admissionregistration.k8s.io/v1 `MutatingAdmissionPolicy`.
    MutatingAdmissionPolicy,
    /// admissionregistration.k8s.io/v1 `MutatingAdmissionPolicyBinding`.
    MutatingAdmissionPolicyBinding,
    /// One that only manifests have.
    Other(&'static ApiKind),
}

/// The kinds above that manifests may have as well.
const OF_MANIFESTS: [Kind; 5] = [
    Kind::Pod,
    Kind::ResourceQuota,
    Kind::LimitRange,
    Kind::NetworkPolicy,
    Kind::RoleBinding,
];

impl From<&'static ApiKind> for Kind {
    fn from(kind: &'static ApiKind) -> Self {
        let is_it = |known: &Self| known.path("n") == kind.path("n") && known.name() == kind.kind;
        OF_MANIFESTS.into_iter().find(is_it).unwrap_or(Self::Other(kind))
    }
}

impl Kind {
    /// The kind that was noted as [`note`](Self::note).
    pub fn noted(word: &str) -> Option<Self> {
        // No manifest is one: what is noted are declared secrets.
        let secret = (word == Self::Secret.name()).then_some(Self::Secret);
        secret.or_else(|| ApiKind::noted(word).map(Self::from))
    }

    /// One word that says the kind, for good: of a custom resource also where it is.
    pub fn note(self) -> String {
        match self {
            Self::Other(kind) => kind.note(),
            _ => self.name().to_owned(),
        }
    }

    /// Whether an object of one kind is one of the other, too: the API server has it in all versions of its group.
    pub fn is_same_resource(self, other: Self) -> bool {
        match (self, other) {
            (Self::Other(one), Self::Other(another)) => one.resource() == another.resource(),
            _ => self == other,
        }
    }

    /// The kind as manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Pod => "Pod",
            Self::Secret => "Secret",
            Self::ResourceQuota => "ResourceQuota",
            Self::LimitRange => "LimitRange",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::RoleBinding => "RoleBinding",
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::ValidatingAdmissionPolicy => "ValidatingAdmissionPolicy",
            Self::ValidatingAdmissionPolicyBinding => "ValidatingAdmissionPolicyBinding",
            Self::MutatingAdmissionPolicy => "MutatingAdmissionPolicy",
            Self::MutatingAdmissionPolicyBinding => "MutatingAdmissionPolicyBinding",
            Self::Other(kind) => kind.kind.as_ref(),
        }
    }

    /// The path of its collection: in a namespace, or cluster-wide if the kind is not namespaced.
    pub fn path(self, namespace: &str) -> String {
        match self {
            Self::Namespace => "/api/v1/namespaces".into(),
            Self::ClusterRole => "/apis/rbac.authorization.k8s.io/v1/clusterroles".into(),
            Self::ClusterRoleBinding => "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".into(),
            Self::ValidatingAdmissionPolicy => {
                "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies".into()
            }
            Self::ValidatingAdmissionPolicyBinding => {
                "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings".into()
            }
            Self::MutatingAdmissionPolicy => "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies".into(),
            Self::MutatingAdmissionPolicyBinding => {
                "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings".into()
            }
            Self::ServiceAccount => format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
            Self::Pod => format!("/api/v1/namespaces/{namespace}/pods"),
            Self::Secret => format!("/api/v1/namespaces/{namespace}/secrets"),
            Self::ResourceQuota => format!("/api/v1/namespaces/{namespace}/resourcequotas"),
            Self::LimitRange => format!("/api/v1/namespaces/{namespace}/limitranges"),
            Self::NetworkPolicy => format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"),
            Self::Role => format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles"),
            Self::RoleBinding => format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"),
            Self::Other(kind) => kind.path(namespace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_logins_write_anyway_is_the_same_in_a_manifest() {
        for kind in OF_MANIFESTS {
            assert_eq!(Kind::noted(kind.name()), Some(kind));
        }
        for other in ["ConfigMap", "LocalQueue.localqueues.v1beta1.kueue.x-k8s.io"] {
            let kind = Kind::noted(other).unwrap();
            assert!(matches!(kind, Kind::Other(_)) && kind.note() == other);
        }
        assert_eq!(Kind::noted("Secret"), Some(Kind::Secret), "of a declared secret");
        assert_eq!(Kind::noted("ServiceAccount"), None);
        assert_eq!(Kind::noted("Namespace"), None);
    }
}
