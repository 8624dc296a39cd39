//! User names, and the namespace names that OnDemand and we must compute alike.

use crate::exit::{ExitStatus, HasExitStatus};

use std::fmt;

/// The longest RFC 1123 label, and so the longest namespace name, in bytes.
const LABEL_MAX: usize = 63;

/// Namespaces that belong to Kubernetes, to OnDemand's own components or to a common add-on.
const RESERVED: &[&str] = &[
    "default",
    "ondemand",
    "job-pod-reaper",
    "k8-namespace-reaper",
    "k8-ldap-configmap",
    "kubernetes-dashboard",
    "kyverno",
    "cert-manager",
    "ingress-nginx",
    "istio-system",
    "gatekeeper-system",
    "calico-system",
    "tigera-operator",
    "monitoring",
    "prometheus",
];

/// Prefixes of whole families of system namespaces.
const RESERVED_PREFIXES: &[&str] = &["kube-", "openshift-", "cattle-"];

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The user name is empty, too long, or has a character that is not allowed.
    #[error("user name {name:?} {reason}")]
    Username {
        /// The given name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The namespace would not be an RFC 1123 label, as Kubernetes requires.
    #[error("user {user} would get the namespace {namespace:?}, which {reason}; Kubernetes accepts only a-z, 0-9 and - there, so this account cannot use the cluster (OnDemand computes the same name)")]
    Namespace {
        /// The user.
        user: String,
        /// The name that OnDemand computes.
        namespace: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The namespace belongs to the system.
    #[error("user {user} would get the namespace {namespace}, which is reserved for the system; set a namespace prefix such as \"user-\" (NAMESPACE_PREFIX in hook.env, namespace_prefix in clusters.d)")]
    Reserved {
        /// The user.
        user: String,
        /// The reserved name.
        namespace: String,
    },
}

/// A user name as OnDemand passes it: not empty, and safe in a path, an annotation and a log line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// Accepts what `nginx_stage`'s `user_regex` accepts and letters of any script, but nothing that could
    /// change the meaning of a path, a passwd line, an object's name or a command that an administrator copies.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let refuse = |reason| {
            Err(NameError::Username {
                name: name.chars().take(64).collect(),
                reason,
            })
        };
        if name.is_empty() {
            return refuse("is empty");
        }
        if name.len() > 256 {
            return refuse("is longer than 256 bytes");
        }
        if name.starts_with('-') || name == "." || name == ".." {
            return refuse("cannot begin with '-' or be a dot");
        }
        // Machine accounts end in `$`. The other characters are not special in a shell, a path or a passwd line.
        let body = name.strip_suffix('$').unwrap_or(name);
        if !body.chars().all(|c| c.is_alphanumeric() || "._@+-".contains(c)) {
            return refuse("has a character other than letters, digits and . _ @ + -");
        }
        Ok(Self(name.to_owned()))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A ServiceAccount, as `NAMESPACE/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceAccountName {
    /// Its namespace.
    pub namespace: String,
    /// Its name in that namespace.
    pub name: String,
}

impl ServiceAccountName {
    /// Reads `NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a ServiceAccount; write NAMESPACE/NAME, for example ondemand/ondemand");
        let (namespace, name) = text.split_once('/').ok_or_else(wrong)?;
        let is_name = name.len() <= 253 && name.split('.').all(is_label);
        if !is_label(namespace) || !is_name {
            return Err(wrong());
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Its user name in the API server (Kubernetes `serviceaccount/util.go`).
    pub fn username(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

impl Default for ServiceAccountName {
    /// The account in OnDemand's documentation.
    fn default() -> Self {
        Self {
            namespace: "ondemand".into(),
            name: "ondemand".into(),
        }
    }
}

impl fmt::Display for ServiceAccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A namespace name that Kubernetes accepts and that is not reserved for the system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespace(String);

impl Namespace {
    /// The namespace of a user: `prefix` and the user name, with `-` instead of `.` and `@`.
    ///
    /// This is what `ood_core` computes since its pull request 859; a hook that computes anything
    /// else creates a namespace that the dashboard never looks into.
    pub fn of_user(prefix: &str, user: &Username, also_reserved: &[String]) -> Result<Self, NameError> {
        let namespace = format!("{prefix}{}", user.as_str().replace(['.', '@'], "-"));
        if let Some(reason) = label_fault(&namespace) {
            return Err(NameError::Namespace {
                user: user.to_string(),
                namespace,
                reason,
            });
        }
        if is_reserved(&namespace, also_reserved) {
            return Err(NameError::Reserved {
                user: user.to_string(),
                namespace,
            });
        }
        Ok(Self(namespace))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `name` is an RFC 1123 label.
pub fn is_label(name: &str) -> bool {
    label_fault(name).is_none()
}

/// Why `name` is not an RFC 1123 label; `None` if it is one.
fn label_fault(name: &str) -> Option<&'static str> {
    if name.len() > LABEL_MAX {
        return Some("is longer than 63 characters");
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Some("has a character other than a-z, 0-9 and -");
    }
    if name.is_empty() || name.starts_with('-') || name.ends_with('-') {
        return Some("does not begin and end with a letter or digit");
    }
    None
}

fn is_reserved(namespace: &str, also: &[String]) -> bool {
    RESERVED.contains(&namespace)
        || RESERVED_PREFIXES.iter().any(|prefix| namespace.starts_with(prefix))
        || also.iter().any(|name| match name.strip_suffix('*') {
            Some(prefix) => namespace.starts_with(prefix),
            None => namespace == name,
        })
}

impl HasExitStatus for NameError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(prefix: &str, user: &str) -> Result<String, NameError> {
        let user = Username::parse(user)?;
        Namespace::of_user(prefix, &user, &["site-*".into(), "portal".into()]).map(|n| n.0)
    }

    #[test]
    fn dots_and_ats_become_dashes_as_in_ood_core() {
        assert_eq!(namespace("user-", "a.b@c").unwrap(), "user-a-b-c");
        assert_eq!(namespace("", "oakley").unwrap(), "oakley");
    }

    #[test]
    fn a_name_that_is_no_label_is_refused_with_the_reason() {
        for (user, reason) in [
            ("a_b", "has a character"),
            ("Ann", "has a character"),
            ("jörg", "has a character"),
            ("ann.", "does not begin and end"),
        ] {
            let error = namespace("user-", user).unwrap_err().to_string();
            assert!(error.contains(reason), "{user}: {error}");
        }
        assert!(namespace("user-", &"a".repeat(59)).is_err());
        assert!(namespace("user-", &"a".repeat(58)).is_ok());
    }

    #[test]
    fn reserved_namespaces_are_refused_also_those_that_the_site_names() {
        for user in [
            "default",
            "kube-system",
            "kube.system",
            "ondemand",
            "job-pod-reaper",
            "portal",
            "site-x",
        ] {
            assert!(matches!(namespace("", user), Err(NameError::Reserved { .. })), "{user}");
        }
        assert!(namespace("user-", "default").is_ok());
    }

    #[test]
    fn a_user_name_that_would_change_a_path_or_a_log_line_is_refused() {
        for name in [
            "", "-x", "..", "a/b", "a:b", "a b", "a\nb", "a\"b", "a%2fb", "a;b", "a$(b)", "a`b`", "a&b",
        ] {
            assert!(Username::parse(name).is_err(), "{name:?}");
        }
    }
}
