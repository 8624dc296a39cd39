//! Creates a user's namespace and everything in it: first the claim, then the rest.

use std::time::SystemTime;

use super::api::Api;
use super::claim::{Adoption, Claimed, Claimer};
use super::error::ClusterError;
use super::report::ObjectReport;
use super::{ensure, pull_secrets};
use crate::objects::{Desired, Kind};
use crate::time::unix_seconds;

/// Brings a user's namespace and everything in it to the desired state.
///
/// The claim goes first and alone: nothing else is sent until it is certain that the namespace is this user's.
/// Everything else is sent concurrently.
pub async fn bootstrap(api: &Api, desired: &Desired, adoption: Adoption) -> Result<Vec<ObjectReport>, ClusterError> {
    loop {
        let claimed = Claimer::new(api, desired, adoption, unix_seconds(SystemTime::now()))
            .claim()
            .await?;
        match furnish(api, desired, claimed).await {
            // Reaped between claim and use: the next round waits until it is gone and creates it again.
            Err(ClusterError::Terminating { .. }) if !api.deadline().remaining().is_zero() => {}
            other => return other,
        }
    }
}

async fn furnish(api: &Api, desired: &Desired, claimed: Claimed) -> Result<Vec<ObjectReport>, ClusterError> {
    let is_new = claimed == Claimed::Created;
    let namespace = desired.namespace.as_str();
    let objects = desired
        .objects
        .iter()
        .map(|object| ensure::ensure(api, namespace, object, is_new));
    let (objects, pull_secrets) = futures_util::future::join(
        futures_util::future::join_all(objects),
        pull_secrets::mint_at_login(api, namespace, &desired.pull_secrets, is_new),
    )
    .await;
    let mut reports = vec![ObjectReport::new(Kind::Namespace, namespace, claimed.outcome())];
    for (object, outcome) in desired.objects.iter().zip(objects) {
        reports.push(ObjectReport::new(object.kind, &object.name, outcome?));
    }
    reports.extend(pull_secrets?);
    Ok(reports)
}
