//! The namespace of a user: by the rule of `ood_core`, or with a slug where that rule gives no name that Kubernetes accepts.

use std::fmt;

use super::error::NameError;
use super::label::{is_label, label_fault, LABEL_MAX};
use super::slug::slug;
use super::username::Username;

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

/// What to do for a user whose name makes none.
const TAKE_SLUGS: &str = "set NAMESPACE_NAMES=slug in hook.env";
/// What to do if nobody's name makes one.
const MEND_PREFIX: &str = "correct the prefix (NAMESPACE_PREFIX in hook.env, namespace_prefix in clusters.d)";

/// What becomes of user names that make no namespace (`NAMESPACE_NAMES`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NamespaceNames {
    /// They are refused, as `ood_core` has no name for them either.
    #[default]
    Plain,
    /// They get a readable part and a hash of the whole name, as `hooks/initializers/ood_k8s_namespace.rb` computes for the
    /// dashboard. All others have the same name as with [`Self::Plain`].
    Slug,
}

impl NamespaceNames {
    /// Parses the keyword in hook.env.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word {
            "plain" => Ok(Self::Plain),
            "slug" => Ok(Self::Slug),
            _ => Err(format!("is {word:?}; write plain or slug")),
        }
    }

    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Slug => "slug",
        }
    }
}

/// A site's rules for namespaces' names.
#[derive(Debug, Clone, Default)]
pub struct NamespaceRules {
    /// `RESERVED_NAMESPACES`: names that no user may get, beside the system's; a trailing `*` matches anything.
    pub reserved: Vec<String>,
    /// `NAMESPACE_NAMES`.
    pub names: NamespaceNames,
}

/// A namespace name that Kubernetes accepts and that is not reserved for the system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespace(String);

impl Namespace {
    /// The namespace of a user: `prefix` and the user name, with `-` instead of `.` and `@`.
    ///
    /// This is what `ood_core` computes since its pull request 859; a hook that computes anything
    /// else creates a namespace that the dashboard never looks into.
    pub fn of_user(prefix: &str, user: &Username, rules: &NamespaceRules) -> Result<Self, NameError> {
        let plain = plain(prefix, user);
        let namespace = match (label_fault(&plain), rules.names) {
            (None, _) => plain,
            (Some(reason), names) => {
                let slug = slug(prefix, user.as_str(), LABEL_MAX).filter(|slug| is_label(slug));
                match (slug, names) {
                    (Some(slug), NamespaceNames::Slug) => slug,
                    (Some(_), NamespaceNames::Plain) => return Err(impossible(user, plain, reason, TAKE_SLUGS)),
                    (None, _) => return Err(impossible(user, plain, reason, MEND_PREFIX)),
                }
            }
        };
        if is_reserved(&namespace, &rules.reserved) {
            return Err(NameError::Reserved {
                user: user.to_string(),
                namespace,
            });
        }
        Ok(Self(namespace))
    }

    /// Why the rule of `ood_core` gives no namespace for this user; `None` if it gives one.
    pub fn why_not_plain(prefix: &str, user: &Username) -> Option<&'static str> {
        label_fault(&plain(prefix, user))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn plain(prefix: &str, user: &Username) -> String {
    format!("{prefix}{}", user.as_str().replace(['.', '@'], "-"))
}

fn impossible(user: &Username, namespace: String, reason: &'static str, remedy: &'static str) -> NameError {
    NameError::Namespace {
        user: user.to_string(),
        namespace,
        reason,
        remedy,
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_reserved(namespace: &str, also: &[String]) -> bool {
    RESERVED.contains(&namespace)
        || RESERVED_PREFIXES.iter().any(|prefix| namespace.starts_with(prefix))
        || also.iter().any(|name| match name.strip_suffix('*') {
            Some(prefix) => namespace.starts_with(prefix),
            None => namespace == name,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_user(prefix: &str, user: &Username, names: NamespaceNames) -> Result<String, NameError> {
        let rules = NamespaceRules {
            reserved: vec!["site-*".into(), "portal".into()],
            names,
        };
        Namespace::of_user(prefix, user, &rules).map(|n| n.0)
    }

    fn namespace(prefix: &str, user: &str) -> Result<String, NameError> {
        let user = Username::parse(user)?;
        of_user(prefix, &user, NamespaceNames::Plain)
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

    fn with_slugs(prefix: &str, user: &str) -> Result<String, NameError> {
        of_user(prefix, &Username::parse(user)?, NamespaceNames::Slug)
    }

    #[test]
    fn with_slugs_only_the_names_change_that_make_no_namespace() {
        for user in ["ann", "a.b", "a@b.org", "a-b", "1a"] {
            assert_eq!(with_slugs("user-", user), namespace("user-", user), "{user}");
        }
        for user in ["a_b", "Ann", "jörg", "ann.", "ann$", &"a".repeat(59)] {
            assert!(namespace("user-", user).is_err(), "{user}");
            let name = with_slugs("user-", user).unwrap();
            assert!(is_label(&name) && name.starts_with("user-"), "{name}");
        }
    }

    #[test]
    fn names_that_look_alike_get_slugs_of_their_own() {
        let alike = ["a_b", "a__b", "A_b", "A-B", "a+b", "a_b$", "a_B"];
        let names: std::collections::BTreeSet<_> = alike.map(|user| with_slugs("user-", user).unwrap()).into();
        assert_eq!(names.len(), alike.len(), "{names:?}");
    }

    #[test]
    fn a_prefix_that_is_at_fault_itself_or_leaves_no_room_is_refused_with_slugs_too() {
        for prefix in ["User-", "-", "a_", &"a".repeat(50)] {
            assert!(with_slugs(prefix, "a_b").is_err(), "{prefix}");
        }
        assert!(matches!(with_slugs("", "kube-System"), Err(NameError::Reserved { .. })));
    }
}
