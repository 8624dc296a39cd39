//! Pull secrets in a namespace: the Secrets, and their entries in the ServiceAccounts' lists.

use std::time::SystemTime;

use futures_util::future::{join, join_all};
use http::StatusCode;
use serde_json::{json, Value};

use super::api::Api;
use super::ensure;
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use super::synced_secret::{sync_secret, OtherType};
use crate::objects::{self, annotation, Kind, Object, LISTED, SERVICE_ACCOUNT};
use crate::outcome::Outcome;

/// How many times the list may change between read and write before the update fails.
const ROUNDS: u32 = 8;

/// The likely state of a ServiceAccount, which decides the first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// No account yet: the namespace was just created.
    Absent,
    /// An account without pull secrets: ours did not exist before either.
    Empty,
    /// Anything.
    Unknown,
}

/// Writes the Secrets in an existing namespace, and lists them in these ServiceAccounts.
///
/// Takes two requests if nothing is to do, and three if the Secret is new or changed: the list is read only after that
/// is known. A login does both at once (see `bootstrap`), to save round trips.
pub async fn mint(
    api: &Api,
    namespace: &str,
    secrets: &[Object],
    accounts: &[String],
    other: OtherType,
) -> Result<Vec<ObjectReport>, ClusterError> {
    let made = make(api, namespace, secrets, Making::Existing(other)).await;
    let mut reports = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    let all_new = reports.iter().all(|report| report.outcome == Outcome::Created);
    let guess = if all_new { Guess::Empty } else { Guess::Unknown };
    let listed = list_in_all(api, namespace, secrets, accounts, guess).await;
    reports.extend(listed.into_iter().collect::<Result<Vec<_>, _>>()?);
    Ok(reports)
}

/// Like [`mint`], but does both at once, in a namespace that the login may just have created. All that fails is in the result.
pub(super) async fn mint_at_login(
    api: &Api,
    namespace: &str,
    secrets: &[Object],
    is_new: bool,
) -> Vec<Result<ObjectReport, ClusterError>> {
    let (guess, making) = if is_new {
        (Guess::Absent, Making::InNew)
    } else {
        (Guess::Unknown, Making::Existing(OtherType::Refuse))
    };
    let accounts = [SERVICE_ACCOUNT.to_owned()];
    let (mut made, listed) = join(
        make(api, namespace, secrets, making),
        list_in_all(api, namespace, secrets, &accounts, guess),
    )
    .await;
    made.extend(listed);
    made
}

/// Returns when the passwords in a live pull secret expire, if they do.
pub async fn credential_end(api: &Api, namespace: &str, name: &str) -> Result<Option<SystemTime>, ClusterError> {
    let reply = api.get(Kind::Secret, namespace, name).await?;
    Ok(objects::credential_end(&reply.body))
}

/// Where the Secrets are written.
#[derive(Debug, Clone, Copy)]
enum Making {
    /// In a new namespace, where there is nothing to read.
    InNew,
    /// In a namespace where they may exist already.
    Existing(OtherType),
}

async fn make(
    api: &Api,
    namespace: &str,
    secrets: &[Object],
    making: Making,
) -> Vec<Result<ObjectReport, ClusterError>> {
    let made = secrets.iter().map(|secret| make_one(api, namespace, secret, making));
    let outcomes = join_all(made).await.into_iter();
    let report = |(secret, outcome): (&Object, Result<Outcome, ClusterError>)| {
        Ok(ObjectReport::new(Kind::Secret, &secret.name, outcome?))
    };
    secrets.iter().zip(outcomes).map(report).collect()
}

async fn make_one(api: &Api, namespace: &str, secret: &Object, making: Making) -> Result<Outcome, ClusterError> {
    let is_new = matches!(making, Making::InNew);
    match (ensure::ensure(api, namespace, secret, is_new).await, making) {
        (Err(ClusterError::AnotherType { .. }), Making::Existing(OtherType::Replace)) => {
            sync_secret(api, namespace, secret, OtherType::Replace).await
        }
        (result, _) => result,
    }
}

async fn list_in_all(
    api: &Api,
    namespace: &str,
    secrets: &[Object],
    accounts: &[String],
    guess: Guess,
) -> Vec<Result<ObjectReport, ClusterError>> {
    let listed = secrets.iter().filter(|secret| !secret.upkeep.only_if_there);
    let names: Vec<&str> = listed.map(|secret| secret.name.as_str()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let lists: Vec<_> = accounts
        .iter()
        .map(|account| List {
            api,
            namespace,
            account,
            names: &names,
        })
        .collect();
    let outcomes = join_all(lists.iter().map(|list| list.ensure(guess))).await;
    let report = |(account, outcome): (&String, Result<Option<Outcome>, ClusterError>)| {
        let outcome = outcome.transpose()?;
        Some(outcome.map(|outcome| ObjectReport::new(Kind::ServiceAccount, account, outcome)))
    };
    accounts.iter().zip(outcomes).filter_map(report).collect()
}

/// The list of pull secrets of one ServiceAccount.
struct List<'a> {
    api: &'a Api,
    namespace: &'a str,
    account: &'a str,
    names: &'a [&'a str],
}

impl List<'_> {
    /// Adds the missing entries, and keeps those of others. Returns `None` if there is no such account.
    ///
    /// The list is atomic: a write replaces all of it. Right after the namespace is created, the default account may
    /// not exist yet (its controller creates it a moment later), so it is created here; the controller leaves an
    /// existing one as it is.
    async fn ensure(&self, guess: Guess) -> Result<Option<Outcome>, ClusterError> {
        if guess == Guess::Absent && self.create().await? {
            return Ok(Some(Outcome::Created));
        }
        if guess != Guess::Unknown && self.fill().await? {
            return Ok(Some(Outcome::Changed));
        }
        for _ in 0..ROUNDS {
            let live = self.api.get(Kind::ServiceAccount, self.namespace, self.account).await?;
            match live.status {
                StatusCode::NOT_FOUND if self.account != SERVICE_ACCOUNT => return Ok(None),
                StatusCode::NOT_FOUND if self.create().await? => return Ok(Some(Outcome::Created)),
                StatusCode::NOT_FOUND => continue,
                _ => {}
            }
            let missing = objects::not_listed(&live.body, self.names);
            let old = objects::listed_before(&live.body, self.names);
            if missing.is_empty() && old.is_empty() {
                return Ok(Some(Outcome::Unchanged));
            }
            if self.patch(&new_list(&live.body, &missing, &old, self.names)).await? {
                self.tell(&old);
                return Ok(Some(Outcome::Changed));
            }
        }
        Err(ClusterError::Contended {
            what: format!("add {} to {}", self.names.join(", "), self.words()),
            times: ROUNDS,
        })
    }

    /// Creates the account with the list; returns `false` if it exists already.
    async fn create(&self) -> Result<bool, ClusterError> {
        let account = objects::service_account(self.namespace, self.account, self.names);
        let created = self.api.create(self.namespace, &account).await?;
        match created.status {
            status if status.is_success() => Ok(true),
            // A dry run created no namespace either.
            StatusCode::NOT_FOUND if self.api.is_dry_run() => Ok(true),
            StatusCode::CONFLICT => Ok(false),
            _ => Err(refused(&format!("create {}", self.words()), &created)),
        }
    }

    /// Fills an empty list; returns `false` if it is not empty, or if there is no account.
    async fn fill(&self) -> Result<bool, ClusterError> {
        self.patch(&json!([
            { "op": "test", "path": "/imagePullSecrets", "value": null },
            { "op": "test", "path": "/metadata/annotations", "value": null },
            { "op": "add", "path": "/imagePullSecrets", "value": objects::references(self.names) },
            { "op": "add", "path": "/metadata/annotations", "value": { LISTED: self.names.join(",") } },
        ]))
        .await
    }

    /// Returns whether the patch was accepted; it is not if the account changed meanwhile.
    async fn patch(&self, patch: &Value) -> Result<bool, ClusterError> {
        let patched = self
            .api
            .json_patch(Kind::ServiceAccount, self.namespace, self.account, patch);
        let reply = patched.await?;
        match reply.status {
            status if status.is_success() => Ok(true),
            _ if is_contended(&reply) => Ok(false),
            _ => Err(refused(&format!("patch {}", self.words()), &reply)),
        }
    }

    /// The Secret stays, with its old password, and a user may have a use for it: that is for an administrator to decide.
    fn tell(&self, old: &[String]) {
        for name in old.iter().filter(|_| !self.api.is_dry_run()) {
            crate::log::warning(&format!(
                "{name} was taken out of the pull secrets of {}, as it is no longer IMAGE_PULL_SECRET; the Secret stays, delete it in all namespaces with an administrator's kubeconfig: ood-k8s mint-registry-secret --delete-old {name} --all --kubeconfig FILE",
                self.words()
            ));
        }
    }

    fn words(&self) -> String {
        format!("the ServiceAccount {} in {}", self.account, self.namespace)
    }
}

/// The list with what is missing and without what is old, and with the note of what is ours; only if nobody has changed the
/// account since it was read.
fn new_list(live: &Value, missing: &[&str], old: &[String], ours: &[&str]) -> Value {
    let entries = live["imagePullSecrets"].as_array().map_or(&[][..], Vec::as_slice);
    let is_kept = |entry: &&Value| !old.iter().any(|name| entry["name"] == name.as_str());
    let mut list: Vec<Value> = entries.iter().filter(is_kept).cloned().collect();
    list.extend(objects::references(missing).as_array().into_iter().flatten().cloned());
    let noted = match &live["metadata"]["annotations"] {
        Value::Object(_) => json!({ "op": "add", "path": annotation(LISTED), "value": ours.join(",") }),
        _ => json!({ "op": "add", "path": "/metadata/annotations", "value": { LISTED: ours.join(",") } }),
    };
    json!([
        { "op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"] },
        { "op": "add", "path": "/imagePullSecrets", "value": list },
        noted,
    ])
}
