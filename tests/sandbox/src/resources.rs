//! The resources that the sandbox serves, and their paths.

/// A served resource.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for the core.
    pub group: &'static str,
    /// Plural, as in paths.
    pub plural: &'static str,
    /// Singular, for discovery.
    pub singular: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Whether it is namespaced.
    pub namespaced: bool,
    /// Abbreviations that kubectl understands.
    pub short: &'static [&'static str],
    /// Whether objects are stored; reviews are only answered.
    pub stored: bool,
}

const RBAC: &str = "rbac.authorization.k8s.io";

const fn core(
    plural: &'static str,
    singular: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
) -> Resource {
    Resource {
        group: "",
        plural,
        singular,
        kind,
        namespaced: true,
        short,
        stored: true,
    }
}

const fn rbac(plural: &'static str, singular: &'static str, kind: &'static str, namespaced: bool) -> Resource {
    Resource {
        group: RBAC,
        plural,
        singular,
        kind,
        namespaced,
        short: &[],
        stored: true,
    }
}

/// The sandbox stores admission policies, and does not obey them.
const fn policy(plural: &'static str, singular: &'static str, kind: &'static str) -> Resource {
    Resource {
        group: "admissionregistration.k8s.io",
        namespaced: false,
        ..core(plural, singular, kind, &[])
    }
}

const fn review(group: &'static str, plural: &'static str, singular: &'static str, kind: &'static str) -> Resource {
    Resource {
        group,
        plural,
        singular,
        kind,
        namespaced: false,
        short: &[],
        stored: false,
    }
}

/// All of them; every one is served at version `v1`.
pub static RESOURCES: &[Resource] = &[
    Resource {
        namespaced: false,
        ..core("namespaces", "namespace", "Namespace", &["ns"])
    },
    core("serviceaccounts", "serviceaccount", "ServiceAccount", &["sa"]),
    core("secrets", "secret", "Secret", &[]),
    core("configmaps", "configmap", "ConfigMap", &["cm"]),
    core("limitranges", "limitrange", "LimitRange", &["limits"]),
    core(
        "persistentvolumeclaims",
        "persistentvolumeclaim",
        "PersistentVolumeClaim",
        &["pvc"],
    ),
    core("pods", "pod", "Pod", &["po"]),
    core("resourcequotas", "resourcequota", "ResourceQuota", &["quota"]),
    core("services", "service", "Service", &["svc"]),
    core("events", "event", "Event", &["ev"]),
    rbac("roles", "role", "Role", true),
    rbac("rolebindings", "rolebinding", "RoleBinding", true),
    rbac("clusterroles", "clusterrole", "ClusterRole", false),
    rbac("clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", false),
    Resource {
        group: "networking.k8s.io",
        ..core("networkpolicies", "networkpolicy", "NetworkPolicy", &["netpol"])
    },
    // A custom resource, whose definition the sandbox has.
    Resource {
        group: "batch.example.org",
        ..core("localqueues", "localqueue", "LocalQueue", &[])
    },
    policy(
        "validatingadmissionpolicies",
        "validatingadmissionpolicy",
        "ValidatingAdmissionPolicy",
    ),
    policy(
        "validatingadmissionpolicybindings",
        "validatingadmissionpolicybinding",
        "ValidatingAdmissionPolicyBinding",
    ),
    policy(
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicy",
        "MutatingAdmissionPolicy",
    ),
    policy(
        "mutatingadmissionpolicybindings",
        "mutatingadmissionpolicybinding",
        "MutatingAdmissionPolicyBinding",
    ),
    review(
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
        "SelfSubjectAccessReview",
    ),
    review(
        "authentication.k8s.io",
        "selfsubjectreviews",
        "selfsubjectreview",
        "SelfSubjectReview",
    ),
];

impl Resource {
    /// `group/v1`, or `v1` for the core.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            "v1".into()
        } else {
            format!("{}/v1", self.group)
        }
    }

    /// Plural with group, as in messages.
    pub fn qualified(&self) -> String {
        qualify(self.plural, self.group)
    }

    /// Kind with group, as in messages.
    pub fn qualified_kind(&self) -> String {
        qualify(self.kind, self.group)
    }
}

fn qualify(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.into()
    } else {
        format!("{name}.{group}")
    }
}

/// The resource with this group and plural.
pub fn find(group: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES
        .iter()
        .find(|resource| resource.group == group && resource.plural == plural)
}

/// The core resource with this plural, for the sandbox's own work.
pub fn known(group: &str, plural: &str) -> &'static Resource {
    find(group, plural).expect("the sandbox names only resources that it serves")
}

/// A parsed resource path; the resource need not be served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourcePath {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Plural.
    pub resource: String,
    /// The subresource after the name.
    pub subresource: String,
    /// Namespace; a namespace is "in" itself, as the API server sees it.
    pub namespace: String,
    /// Object name; empty for a collection.
    pub name: String,
}

impl ResourcePath {
    /// Parses `/api/v1/…` or `/apis/GROUP/VERSION/…`; anything else is not a resource.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(percent_decode)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let mut this = Self {
            group: group.into(),
            version: version.into(),
            ..Self::default()
        };
        match rest {
            [] => return None,
            ["namespaces", name] => {
                this.resource = "namespaces".into();
                this.namespace = (*name).into();
                this.name = (*name).into();
            }
            ["namespaces", name, sub @ ("status" | "finalize")] => {
                this.resource = "namespaces".into();
                this.namespace = (*name).into();
                this.name = (*name).into();
                this.subresource = (*sub).into();
            }
            ["namespaces", namespace, rest @ ..] => {
                this.namespace = (*namespace).into();
                this.set_rest(rest);
            }
            rest => this.set_rest(rest),
        }
        Some(this)
    }

    fn set_rest(&mut self, rest: &[&str]) {
        let at = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        self.resource = at(0);
        self.name = at(1);
        self.subresource = at(2);
    }

    /// The namespace in which the object is stored: empty for a namespace itself.
    pub fn storage_namespace(&self) -> &str {
        if self.group.is_empty() && self.resource == "namespaces" {
            ""
        } else {
            &self.namespace
        }
    }
}

/// Decodes percent encoding; `+` is not a space, as in paths.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = code.and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_in_itself_and_stored_in_none() {
        let path = ResourcePath::parse("/api/v1/namespaces/user-alice").unwrap();
        assert_eq!(
            (path.namespace.as_str(), path.name.as_str()),
            ("user-alice", "user-alice")
        );
        assert_eq!(path.storage_namespace(), "");
    }

    #[test]
    fn an_encoded_name_is_decoded() {
        let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/n/rolebindings/a%40b-ood-user";
        assert_eq!(ResourcePath::parse(path).unwrap().name, "a@b-ood-user");
    }

    #[test]
    fn discovery_is_not_a_resource() {
        assert_eq!(ResourcePath::parse("/apis/networking.k8s.io/v1"), None);
        assert_eq!(ResourcePath::parse("/version"), None);
    }
}
