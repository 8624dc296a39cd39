//! job-pod-reaper: as whom it runs in the clusters, and the role by which it deletes pods.

use super::reader::Reader;
use crate::naming::ServiceAccountName;

const ACCOUNT: &str = "JOB_POD_REAPER_ACCOUNT";
const ROLE: &str = "JOB_POD_REAPER_ROLE";
/// The name of everything in OSC's chart of it.
const CHART: &str = "job-pod-reaper";
/// Roles with far more rights than to delete pods, or that logins give to others: root's account could bind them.
const NEVER: [&str; 4] = ["admin", "cluster-admin", "ood-initializer", "ood-user"];

/// The keys; an invalid one stops only what gives it rights.
pub const KEYS: [&str; 2] = [ACCOUNT, ROLE];

/// By default, what OSC's chart installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaper {
    /// `JOB_POD_REAPER_ACCOUNT`: its ServiceAccount.
    pub account: ServiceAccountName,
    /// `JOB_POD_REAPER_ROLE`: the ClusterRole that it gets in users' namespaces.
    pub role: String,
}

impl Default for Reaper {
    fn default() -> Self {
        Self {
            account: ServiceAccountName {
                namespace: CHART.into(),
                name: CHART.into(),
            },
            role: CHART.into(),
        }
    }
}

impl Reader<'_> {
    /// `None` if a name is none.
    pub(super) fn reaper(&mut self) -> Option<Reaper> {
        let usual = Reaper::default();
        let account = match self.optional(ACCOUNT).map(|text| ServiceAccountName::parse(&text)) {
            None => Some(usual.account),
            Some(Ok(account)) => Some(account),
            Some(Err(fault)) => {
                self.refuse(ACCOUNT, fault);
                None
            }
        };
        let role = self.optional(ROLE).unwrap_or(usual.role);
        if !is_role(&role) {
            self.refuse(
                ROLE,
                format!("is {role:?}, which is no ClusterRole for it; write the name of one that may delete pods"),
            );
            return None;
        }
        account.map(|account| Reaper { account, role })
    }
}

/// As Kubernetes has it for names of roles: one step of a path (`path.IsValidPathSegmentName`), here without blanks and quotes.
fn is_role(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let is_name = name.len() <= 253 && !matches!(name, "." | "..") && name.chars().all(is_plain);
    is_name && !NEVER.contains(&name) && !name.starts_with("system:")
}
