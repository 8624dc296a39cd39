//! The claim: makes sure that a namespace is this user's before anything is written into it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::clock::Clock;
use super::error::ClusterError;
use super::holders::holders;
use super::reply::{is_contended, refused, Reply};
use super::whose::{is_terminating, stuck, Adoption, Whose};
use crate::config::settings::UidChange;
use crate::foreign::Foreign;
use crate::objects::{self, Desired, Kind, Ownership, Stamps};
use crate::outcome::Outcome;

/// How often a namespace that is being deleted is polled.
const POLL: Duration = Duration::from_millis(200);

/// How many times in a row the namespace may change between two requests before the claim fails.
const ROUNDS: u32 = 8;

/// What the claim did to the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimed {
    /// Created it.
    Created,
    /// Took over one that the stock hook or an administrator had created.
    TakenOver,
    /// Updated its timestamp; it was the user's already.
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

/// A claim that succeeded.
#[derive(Debug)]
pub(super) struct Success {
    /// What it did.
    pub claimed: Claimed,
    /// The namespace as it left it.
    pub live: Value,
    /// Whether the first requests did it. Otherwise, what was sent beside them may be about a namespace that has gone.
    pub at_once: bool,
}

/// A claim in progress.
pub(super) struct Claimer<'a> {
    api: &'a Api,
    desired: &'a Desired,
    adoption: Adoption,
    clock: &'a Clock,
    warnings: &'a Mutex<Vec<String>>,
}

/// What one round found.
enum Round {
    Done(Claimed, Value),
    /// Another client was faster; look again at once.
    Again,
    /// The namespace is being deleted; look again soon.
    Terminating,
    /// It has been for so long that something holds it.
    Stuck(ClusterError),
}

impl<'a> Claimer<'a> {
    pub fn new(
        api: &'a Api,
        desired: &'a Desired,
        adoption: Adoption,
        clock: &'a Clock,
        warnings: &'a Mutex<Vec<String>>,
    ) -> Self {
        Self {
            api,
            desired,
            adoption,
            clock,
            warnings,
        }
    }

    /// Claims the namespace; if it is being deleted, waits until it is gone.
    pub async fn claim(&self) -> Result<Success, ClusterError> {
        if let Some(warning) = self.desired.owner.too_large() {
            self.warn(warning);
        }
        let (mut again, mut is_going, mut at_once) = (0, false, true);
        loop {
            let round = match self.round().await {
                // The last look came too late.
                Err(ClusterError::Deadline { .. }) if is_going => return Err(self.terminating()),
                round => round?,
            };
            is_going = matches!(round, Round::Terminating);
            self.api.set_awaiting_a_deletion(is_going);
            match round {
                Round::Done(claimed, live) => return Ok(Success { claimed, live, at_once }),
                Round::Again if again < ROUNDS => again += 1,
                Round::Again => {
                    return Err(ClusterError::Contended {
                        what: format!("claim namespace {}", self.desired.namespace),
                        times: ROUNDS,
                    })
                }
                Round::Stuck(error) => return Err(error),
                Round::Terminating if self.api.deadline().remaining() > POLL => tokio::time::sleep(POLL).await,
                Round::Terminating => return Err(self.terminating()),
            }
            at_once = false;
        }
    }

    /// Sends two requests concurrently, for one round trip: a patch that only the owner's namespace accepts, and a
    /// create that succeeds only if the name is free.
    async fn round(&self) -> Result<Round, ClusterError> {
        let (namespace, owner) = (&self.desired.namespace, &self.desired.owner);
        let stamp = self.now();
        let patch = objects::claim_patch(owner, true, stamp);
        let fresh = objects::namespace(self.desired, stamp);
        let (patched, created) = futures_util::future::join(
            self.api.json_patch(Kind::Namespace, "", namespace.as_str(), &patch),
            self.api.create("", &fresh),
        )
        .await;
        [&patched, &created]
            .into_iter()
            .flatten()
            .for_each(|reply| self.hear(reply));
        let created = match created {
            Ok(created) if created.status.is_success() => {
                return self.with_the_right_time(stamp, Claimed::Created, created.body).await;
            }
            other => other,
        };
        let patched = patched?;
        match patched.status {
            status if status.is_success() && is_terminating(&patched.body) => Ok(self.going(&patched.body)),
            status if status.is_success() => self.with_the_right_time(stamp, Claimed::Renewed, patched.body).await,
            // The create matters only here: otherwise, a policy may have rejected it because the namespace exists.
            StatusCode::NOT_FOUND => match created? {
                created if created.status == StatusCode::CONFLICT => Ok(Round::Again),
                created => Err(refused(&format!("create namespace {namespace}"), &created)),
            },
            StatusCode::CONFLICT => Ok(Round::Again),
            _ => self.look_closer(&patched).await,
        }
    }

    /// Writes the timestamp once more if the answer has shown that this node's clock is wrong: one that is behind would have
    /// set it back, and a reaper would delete a namespace in use.
    async fn with_the_right_time(&self, stamp: u64, claimed: Claimed, live: Value) -> Result<Round, ClusterError> {
        if self.api.is_dry_run() || !self.clock.contradicts(stamp, SystemTime::now()) {
            return Ok(Round::Done(claimed, live));
        }
        let namespace = &self.desired.namespace;
        let owner = &self.desired.owner;
        let patch = match claimed {
            Claimed::Created => objects::first_claim_patch(owner, self.now()),
            _ => objects::claim_patch(owner, false, self.now()),
        };
        let again = self.api.json_patch(Kind::Namespace, "", namespace.as_str(), &patch);
        match again.await? {
            reply if reply.status.is_success() => Ok(Round::Done(claimed, reply.body)),
            reply if is_contended(&reply) => Ok(Round::Again),
            reply => Err(refused(&format!("patch namespace {namespace}"), &reply)),
        }
    }

    fn hear(&self, reply: &Reply) {
        self.clock.learn(reply.date, SystemTime::now());
    }

    fn now(&self) -> u64 {
        self.clock.unix_seconds(SystemTime::now())
    }

    /// Handles a namespace that exists but did not accept the patch: finds out whose it is.
    async fn look_closer(&self, patched: &Reply) -> Result<Round, ClusterError> {
        let namespace = &self.desired.namespace;
        let reply = self.api.get(Kind::Namespace, "", namespace.as_str()).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(Round::Again);
        }
        let live = reply.body;
        match objects::ownership(&live, &self.desired.user) {
            // It will be free soon, whoever owned it.
            _ if is_terminating(&live) => Ok(self.going(&live)),
            Ownership::Other(owner) => Err(self.whose().of_another(&owner)),
            Ownership::Ours if patched.status == StatusCode::UNPROCESSABLE_ENTITY => self.look_at_stamps(&live).await,
            Ownership::Ours => Err(refused(&format!("patch namespace {namespace}"), patched)),
            Ownership::Foreign if self.adoption == Adoption::Proven => Err(self.whose().of_nobody()),
            Ownership::Unclaimed | Ownership::Foreign => {
                let holders = holders(self.api, self.desired).await?;
                self.whose().prove(&holders, self.adoption)?;
                self.take_over(&live).await
            }
        }
    }

    /// The owner's name is right, and the patch was not accepted: by the uid, by the site, or since it was claimed between
    /// the two requests.
    async fn look_at_stamps(&self, live: &Value) -> Result<Round, ClusterError> {
        let namespace = &self.desired.namespace;
        let user = &self.desired.user;
        match self.desired.owner.stamps(live) {
            Stamps::Right => return Ok(Round::Again),
            Stamps::Missing => {}
            Stamps::OtherSite(site) => return Err(self.whose().of_another_site(&site)),
            Stamps::Suspended(since) => return Err(self.whose().suspended(&since)),
            Stamps::OtherUid(uid) => match self.desired.uid_change {
                UidChange::Refuse => return Err(self.whose().of_another_uid(&uid)),
                UidChange::Warn => return self.without_the_uid(uid).await,
                UidChange::Follow => self.warn(format!(
                    "namespace {namespace} was stamped with the new uid of {user}; it had {}",
                    Foreign::from(uid)
                )),
            },
        }
        let patch = objects::stamp_patch(live, &self.desired.owner, Some(self.now()));
        self.patched(&patch, Claimed::Renewed).await
    }

    /// Renews the claim of a namespace that has another uid's stamp (`UID_CHANGE=warn`).
    async fn without_the_uid(&self, uid: String) -> Result<Round, ClusterError> {
        let (namespace, user) = (&self.desired.namespace, &self.desired.user);
        self.warn(format!(
            "namespace {namespace} was made for user {user} with the uid {}, who has another one now; the name may have been given to another person",
            Foreign::from(uid)
        ));
        let patch = objects::claim_patch(&self.desired.owner, false, self.now());
        self.patched(&patch, Claimed::Renewed).await
    }

    fn warn(&self, warning: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    async fn take_over(&self, live: &Value) -> Result<Round, ClusterError> {
        if let Stamps::OtherSite(_) | Stamps::Suspended(_) = self.desired.owner.stamps(live) {
            return self.look_at_stamps(live).await;
        }
        let patch = objects::takeover_patch(live, &self.desired.owner, self.now());
        self.patched(&patch, Claimed::TakenOver).await
    }

    /// A patch of a namespace that was just read.
    async fn patched(&self, patch: &Value, claimed: Claimed) -> Result<Round, ClusterError> {
        let namespace = &self.desired.namespace;
        let reply = self
            .api
            .json_patch(Kind::Namespace, "", namespace.as_str(), patch)
            .await?;
        match reply.status {
            status if status.is_success() => Ok(Round::Done(claimed, reply.body)),
            // Changed since it was read: the next round reads it again.
            _ if is_contended(&reply) => Ok(Round::Again),
            _ => Err(refused(&format!("claim namespace {namespace}"), &reply)),
        }
    }

    fn whose(&self) -> Whose<'_> {
        Whose {
            desired: self.desired,
            now: self.now(),
        }
    }

    /// A namespace that is being deleted is soon gone, or held by a finalizer: then waiting costs each login its deadline.
    fn going(&self, live: &Value) -> Round {
        stuck(self.desired.namespace.as_str(), live, self.now()).map_or(Round::Terminating, Round::Stuck)
    }

    fn terminating(&self) -> ClusterError {
        ClusterError::Terminating {
            namespace: self.desired.namespace.to_string(),
            given: self.api.deadline().given(),
        }
    }
}
