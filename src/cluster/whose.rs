//! Why a namespace that is there is not let to a user, by what is read of it, in words with what to do.

use std::time::Duration;

use serde_json::Value;

use super::error::ClusterError;
use crate::config::settings::UidChange;
use crate::foreign::Foreign;
use crate::naming::Username;
use crate::objects::{self, Desired, Ownership, Stamps};
use crate::time::{for_a_person, parse_rfc3339, unix_seconds};

/// How long a deletion is waited for at all, in seconds: the controller needs a few.
const LONGEST_DELETION: u64 = 60;

/// Whether an unclaimed namespace may be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Only if the stock hook's RoleBindings prove whose it is.
    Proven,
    /// Yes, since an administrator said so (`--adopt`); but never another user's.
    Forced,
}

/// A user's view of the namespace that is to be the user's.
pub(super) struct Whose<'a> {
    pub desired: &'a Desired,
    /// In Unix seconds.
    pub now: u64,
}

impl Whose<'_> {
    /// What a login would be refused with, by the namespace and by those who have the role `ood-user` in it; `None` if it would
    /// be let in.
    pub fn refusal(&self, live: &Value, holders: &[String]) -> Option<ClusterError> {
        let namespace = self.desired.namespace.as_str();
        if is_terminating(live) {
            let going = || ClusterError::Going {
                namespace: namespace.to_owned(),
            };
            return Some(stuck(namespace, live, self.now).unwrap_or_else(going));
        }
        match objects::ownership(live, &self.desired.user) {
            Ownership::Other(owner) => return Some(self.of_another(&owner)),
            Ownership::Foreign => return Some(self.of_nobody()),
            Ownership::Unclaimed => {
                if let Err(error) = self.prove(holders, Adoption::Proven) {
                    return Some(error);
                }
            }
            Ownership::Ours => {}
        }
        match self.desired.owner.stamps(live) {
            Stamps::OtherSite(site) => Some(self.of_another_site(&site)),
            Stamps::Suspended(since) => Some(self.suspended(&since)),
            Stamps::OtherUid(uid) if self.desired.uid_change == UidChange::Refuse => Some(self.of_another_uid(&uid)),
            Stamps::OtherUid(_) | Stamps::Right | Stamps::Missing => None,
        }
    }

    pub fn of_another(&self, owner: &str) -> ClusterError {
        let (user, old) = (&self.desired.user, in_a_command(owner));
        // Where the owner's name makes this namespace, as far as the names alone tell.
        let plain = |name: &str| name.replace(['.', '@'], "-");
        let hand_over = if plain(owner) == plain(user.as_str()) {
            format!("users transfer --cluster {} {old} {user}", self.desired.cluster)
        } else {
            format!("bootstrap-user --take-over-from {old} --kubeconfig FILE {user}")
        };
        self.not_ours(format!(
            "it belongs to user {}, whose name maps to the same namespace; rename one of the two accounts, or, if the other no longer exists, hand it over: ood-k8s {hand_over}",
            Foreign::from(owner)
        ))
    }

    pub fn of_nobody(&self) -> ClusterError {
        self.not_ours(format!(
            "OnDemand did not create it; if it is meant for this user, {}",
            self.adopt()
        ))
    }

    pub fn of_another_site(&self, site: &str) -> ClusterError {
        self.not_ours(format!(
            "it belongs to user {} of the site {}, and SITE in hook.env is {}; give each installation its own NAMESPACE_PREFIX",
            self.desired.user,
            Foreign::from(site),
            self.desired.owner.site.as_deref().unwrap_or("empty")
        ))
    }

    pub fn of_another_uid(&self, uid: &str) -> ClusterError {
        let (user, cluster) = (&self.desired.user, &self.desired.cluster);
        self.not_ours(format!(
            "it was made for user {user} with the uid {}, who has another one now, so the name may have been given to another person: then delete the namespace, with all that is in it; if it is the same person, run: ood-k8s users restamp --cluster {cluster} {user}",
            Foreign::from(uid)
        ))
    }

    pub fn suspended(&self, since: &str) -> ClusterError {
        let (user, cluster) = (&self.desired.user, &self.desired.cluster);
        let ago = |seconds: u64| for_a_person(Duration::from_secs(self.now.saturating_sub(seconds)));
        let ago = since
            .parse()
            .map_or_else(|_| String::new(), |seconds| format!(" {} ago", ago(seconds)));
        self.not_ours(format!(
            "the access of user {user} was suspended{ago}; to restore it, run: ood-k8s resume --cluster {cluster} {user}"
        ))
    }

    /// The stock hook recorded no owner, but created a RoleBinding for the user. Only this user may have one, even if
    /// an administrator allowed the takeover.
    pub fn prove(&self, holders: &[String], adoption: Adoption) -> Result<(), ClusterError> {
        let own = own_names(self.desired);
        let adopt = self.adopt();
        if let Some(other) = holders.iter().find(|holder| !own.contains(holder)) {
            return Err(self.not_ours(format!(
                "a RoleBinding in it grants permissions to {}; remove it if that is wrong, then {adopt}",
                Foreign::from(other.as_str())
            )));
        }
        if holders.is_empty() && adoption == Adoption::Proven {
            return Err(self.not_ours(format!(
                "OnDemand created it, but no RoleBinding in it says for whom; if it is this user's, {adopt}"
            )));
        }
        Ok(())
    }

    /// The command for an administrator who knows whose it is.
    fn adopt(&self) -> String {
        let (user, cluster) = (&self.desired.user, &self.desired.cluster);
        format!("run: ood-k8s bootstrap-user --adopt --cluster {cluster} {user}")
    }

    fn not_ours(&self, reason: String) -> ClusterError {
        ClusterError::NotOurs {
            namespace: self.desired.namespace.to_string(),
            reason,
        }
    }
}

/// The user, as we and the stock hook write the subject.
pub(super) fn own_names(desired: &Desired) -> [String; 2] {
    [format!("user {}", desired.subject), format!("user {}", desired.user)]
}

pub(super) fn is_terminating(namespace: &Value) -> bool {
    !namespace["metadata"]["deletionTimestamp"].is_null()
}

/// Why a namespace that is being deleted does not go, if it should be gone by `now`, in Unix seconds.
pub(super) fn stuck(namespace: &str, live: &Value, now: u64) -> Option<ClusterError> {
    let since = live["metadata"]["deletionTimestamp"].as_str().and_then(parse_rfc3339)?;
    let age = now.saturating_sub(unix_seconds(since));
    (age >= LONGEST_DELETION).then(|| ClusterError::StuckDeletion {
        namespace: namespace.to_owned(),
        age: for_a_person(Duration::from_secs(age)),
        held: holders_of(live).into(),
    })
}

/// What keeps a namespace from going, by its finalizers and its conditions.
fn holders_of(live: &Value) -> String {
    let finalizers = live["metadata"]["finalizers"].as_array().into_iter().flatten();
    let finalizers = finalizers.filter_map(Value::as_str).map(str::to_owned);
    let conditions = live["status"]["conditions"].as_array().into_iter().flatten();
    let told = conditions
        .filter(|condition| condition["status"] == "True")
        .filter_map(|condition| condition["message"].as_str().map(str::to_owned));
    let all: Vec<_> = finalizers.chain(told).collect();
    if all.is_empty() {
        return "a finalizer".into();
    }
    all.join("; ")
}

/// Another user's name as an argument of a command, or what stands for it.
fn in_a_command(owner: &str) -> String {
    Username::parse(owner).map_or_else(|_| "OLD".into(), |name| name.to_string())
}
