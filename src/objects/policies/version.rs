//! The version of Kubernetes that policies are rendered for.

/// `ValidatingAdmissionPolicy` is stable in 1.30, `supplementalGroupsPolicy` is on in 1.33, and `MutatingAdmissionPolicy`
/// is on in 1.36 (Kubernetes `kube_features.go`).
const VALIDATING: u32 = 30;
const GROUPS_POLICY: u32 = 33;
const MUTATING: u32 = 36;

/// A minor version of Kubernetes 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesVersion(u32);

impl KubernetesVersion {
    /// Parses `1.36`, or what a server says of itself: `v1.36.3-gke.1`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let minor = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.");
        let minor = minor.and_then(|rest| rest.split(['.', '+', '-']).next()?.parse().ok());
        match minor.map(Self) {
            Some(version) if version.0 >= VALIDATING => Ok(version),
            Some(_) => Err(format!(
                "is {text}, which has no ValidatingAdmissionPolicy; they are in Kubernetes 1.{VALIDATING} and newer"
            )),
            None => Err(format!("is {text:?}; write for example 1.{MUTATING}")),
        }
    }

    /// Whether the server fills in what pods leave out.
    pub(super) fn fills_in(self) -> bool {
        self.0 >= MUTATING
    }

    /// Whether the server knows `supplementalGroupsPolicy`.
    pub(super) fn has_groups_policy(self) -> bool {
        self.0 >= GROUPS_POLICY
    }
}

impl std::fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_flags_and_servers_and_old_ones_are_refused() {
        for (text, minor) in [
            ("1.30", 30),
            ("v1.36.3", 36),
            ("1.31.2+k3s1", 31),
            ("v1.33.0-gke.7", 33),
        ] {
            assert_eq!(KubernetesVersion::parse(text), Ok(KubernetesVersion(minor)));
        }
        for text in ["1.29", "v1.2.0", "2.0", "", "1.x"] {
            assert!(KubernetesVersion::parse(text).is_err(), "{text}");
        }
    }
}
