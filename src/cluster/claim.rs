//! The claim: making certain that a namespace is this user's before anything is written into it.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::holders::holders;
use super::reply::{is_contended, refused, Reply};
use crate::objects::{self, Desired, Kind, Ownership};
use crate::outcome::Outcome;

/// How often a namespace on its way out is looked at.
const POLL: Duration = Duration::from_millis(200);

/// How many times in a row the namespace may change hands between two requests before we give up.
const ROUNDS: u32 = 8;

/// Whether a namespace that nobody has claimed may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Only where the bindings of the stock hook prove whose it is.
    Proven,
    /// An admin said so (`--adopt`). Never another user's.
    Forced,
}

/// What the claim did to the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    /// Made it.
    Created,
    /// Took over one that the stock hook, or an admin, had made.
    TakenOver,
    /// It was the user's already; its timestamp is new.
    Renewed,
}

impl Claimed {
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Created => Outcome::Created,
            Self::TakenOver => Outcome::Changed,
            Self::Renewed => Outcome::Unchanged,
        }
    }
}

/// One claim on its way.
pub(super) struct Claimer<'a> {
    api: &'a Api,
    desired: &'a Desired,
    adoption: Adoption,
    unix_seconds: u64,
}

/// What one round found.
enum Round {
    Done(Claimed),
    /// Somebody else was faster; look again at once.
    Again,
    /// The namespace is being deleted; look again soon.
    Terminating,
}

impl<'a> Claimer<'a> {
    pub fn new(api: &'a Api, desired: &'a Desired, adoption: Adoption, unix_seconds: u64) -> Self {
        Self {
            api,
            desired,
            adoption,
            unix_seconds,
        }
    }

    /// Claims, and waits for a namespace that is being deleted to be gone.
    pub async fn claim(&self) -> Result<Claimed, ClusterError> {
        let mut again = 0;
        loop {
            match self.round().await? {
                Round::Done(claimed) => return Ok(claimed),
                Round::Again if again < ROUNDS => again += 1,
                Round::Again => {
                    return Err(ClusterError::Contended {
                        what: format!("claim namespace {}", self.desired.namespace),
                        times: ROUNDS,
                    })
                }
                Round::Terminating if self.api.deadline().remaining() > POLL => tokio::time::sleep(POLL).await,
                Round::Terminating => return Err(self.terminating()),
            }
        }
    }

    /// A patch that only the owner's namespace takes, and a create that only a free name takes, side by side: one round trip.
    async fn round(&self) -> Result<Round, ClusterError> {
        let (namespace, user) = (&self.desired.namespace, &self.desired.user);
        let patch = objects::claim_patch(user, self.unix_seconds);
        let fresh = objects::namespace(namespace, user, self.unix_seconds);
        let (patched, created) = futures_util::future::join(
            self.api.json_patch(Kind::Namespace, "", namespace.as_str(), &patch),
            self.api.create("", &fresh),
        )
        .await;
        if created.as_ref().is_ok_and(|created| created.status.is_success()) {
            return Ok(Round::Done(Claimed::Created));
        }
        let patched = patched?;
        match patched.status {
            status if status.is_success() && is_terminating(&patched.body) => Ok(Round::Terminating),
            status if status.is_success() => Ok(Round::Done(Claimed::Renewed)),
            // Only here does the create matter: elsewhere a policy may forbid making what is there already.
            StatusCode::NOT_FOUND => match created? {
                created if created.status == StatusCode::CONFLICT => Ok(Round::Again),
                created => Err(refused(&format!("create namespace {namespace}"), &created)),
            },
            StatusCode::CONFLICT => Ok(Round::Again),
            _ => self.look_closer(&patched).await,
        }
    }

    /// The namespace exists and is not ours yet: whose is it?
    async fn look_closer(&self, patched: &Reply) -> Result<Round, ClusterError> {
        let namespace = &self.desired.namespace;
        let reply = self.api.get(Kind::Namespace, "", namespace.as_str()).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(Round::Again);
        }
        let live = reply.body;
        match objects::ownership(&live, &self.desired.user) {
            // It will be free, whoever had it.
            _ if is_terminating(&live) => Ok(Round::Terminating),
            Ownership::Other(owner) => Err(self.not_ours(format!(
                "it belongs to user {owner}, whose name gives the same namespace; give one of the two accounts another name, or annotate it by hand if {owner} is gone: kubectl annotate --overwrite namespace {namespace} {}={}",
                objects::OWNER, self.desired.user
            ))),
            // Claimed between our two looks; or the patch failed for another reason than the owner.
            Ownership::Ours if patched.status == StatusCode::UNPROCESSABLE_ENTITY => Ok(Round::Again),
            Ownership::Ours => Err(refused(&format!("patch namespace {namespace}"), patched)),
            Ownership::Foreign if self.adoption == Adoption::Proven => Err(self.not_ours(format!(
                "OnDemand did not make it; if it is meant for this user, {}",
                self.adopt()
            ))),
            Ownership::Unclaimed | Ownership::Foreign => {
                self.prove().await?;
                self.take_over(&live).await
            }
        }
    }

    async fn take_over(&self, live: &Value) -> Result<Round, ClusterError> {
        let namespace = &self.desired.namespace;
        let patch = objects::takeover_patch(live, &self.desired.user, self.unix_seconds);
        let reply = self
            .api
            .json_patch(Kind::Namespace, "", namespace.as_str(), &patch)
            .await?;
        match reply.status {
            status if status.is_success() => Ok(Round::Done(Claimed::TakenOver)),
            // Changed since it was read: the next round sees what it is now.
            _ if is_contended(&reply) => Ok(Round::Again),
            _ => Err(refused(&format!("claim namespace {namespace}"), &reply)),
        }
    }

    /// The stock hook wrote no owner, but a RoleBinding for the user; only one user may have one,
    /// also where an admin says that the namespace may be taken.
    async fn prove(&self) -> Result<(), ClusterError> {
        let holders = holders(self.api, self.desired).await?;
        let own = [
            format!("user {}", self.desired.subject),
            format!("user {}", self.desired.user),
        ];
        let adopt = self.adopt();
        if let Some(other) = holders.iter().find(|holder| !own.contains(holder)) {
            return Err(self.not_ours(format!(
                "a RoleBinding in it gives {other} rights; remove it if that is wrong, then {adopt}"
            )));
        }
        if holders.is_empty() && self.adoption == Adoption::Proven {
            return Err(self.not_ours(format!(
                "OnDemand made it, but no RoleBinding in it says for whom; if it is this user's, {adopt}"
            )));
        }
        Ok(())
    }

    /// What an admin runs who knows better.
    fn adopt(&self) -> String {
        format!(
            "run: ood-k8s bootstrap-user --adopt --cluster {} {}",
            self.desired.cluster, self.desired.user
        )
    }

    fn not_ours(&self, reason: String) -> ClusterError {
        ClusterError::NotOurs {
            namespace: self.desired.namespace.to_string(),
            reason,
        }
    }

    fn terminating(&self) -> ClusterError {
        ClusterError::Terminating {
            namespace: self.desired.namespace.to_string(),
            total: self.api.deadline().total(),
        }
    }
}

fn is_terminating(namespace: &Value) -> bool {
    !namespace["metadata"]["deletionTimestamp"].is_null()
}
