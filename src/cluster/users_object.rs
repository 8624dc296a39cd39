//! Objects that a user may write in the own namespace, and so can make unusable for everybody else.

use std::fmt;

/// The kinds that logins and commands for everybody write, and that `ood-user`, or the ClusterRole `edit`, may write as well.
/// Not claims: whoever deletes one deletes data.
const KINDS: [(&str, &str); 12] = [
    ("secrets", "Secret"),
    ("serviceaccounts", "ServiceAccount"),
    ("configmaps", "ConfigMap"),
    ("pods", "Pod"),
    ("services", "Service"),
    ("deployments", "Deployment"),
    ("statefulsets", "StatefulSet"),
    ("jobs", "Job"),
    ("cronjobs", "CronJob"),
    ("horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    ("ingresses", "Ingress"),
    ("poddisruptionbudgets", "PodDisruptionBudget"),
];

/// An object in a namespace that its user may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersObject {
    kind: &'static str,
    namespace: String,
    name: String,
}

impl UsersObject {
    /// The object of a request's path, if it is one of these kinds.
    pub(super) fn at(path: &str) -> Option<Self> {
        let (_, rest) = path.split_once("/namespaces/")?;
        let mut parts = rest.split('/');
        let (namespace, resource, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (_, kind) = KINDS.into_iter().find(|(plural, _)| *plural == resource)?;
        Some(Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The command that deletes it: the next login makes what should be there.
    pub(super) fn deletion(&self) -> String {
        let kind = self.kind.to_lowercase();
        format!("kubectl delete {kind} {} -n {}", self.name, self.namespace)
    }
}

impl fmt::Display for UsersObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} {} in {}", self.kind, self.name, self.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_may_write_is_known_by_its_path() {
        let at = |path| UsersObject::at(path).map(|object| (object.to_string(), object.deletion()));
        let secret = at("/api/v1/namespaces/user-ann/secrets/registry").unwrap();
        assert_eq!(secret.0, "the Secret registry in user-ann");
        assert_eq!(secret.1, "kubectl delete secret registry -n user-ann");
        assert!(at("/api/v1/namespaces/user-ann/serviceaccounts/default").is_some());
        for path in [
            "/api/v1/namespaces/user-ann",
            "/api/v1/namespaces/user-ann/secrets",
            "/apis/rbac.authorization.k8s.io/v1/namespaces/user-ann/rolebindings/ood-user",
            "/apis/networking.k8s.io/v1/namespaces/user-ann/networkpolicies/deny",
            "/version",
        ] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
