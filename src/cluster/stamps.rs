//! Stamps a namespace with its owner's uid and groups anew, after a site has renumbered its accounts.

use super::api::Api;
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use crate::naming::{Namespace, Username};
use crate::objects::{self, Groups, Kind, Owner, OWNER};
use crate::outcome::Outcome;

/// Renews the claim of a namespace, as a login does: not if it is another owner's, or gone.
pub async fn renew_claim(
    api: &Api,
    namespace: &Namespace,
    owner: &Owner,
    unix_seconds: u64,
) -> Result<(), ClusterError> {
    let patch = objects::claim_patch(owner, true, unix_seconds);
    let reply = api.json_patch(Kind::Namespace, "", namespace.as_str(), &patch).await?;
    match reply.status {
        status if status.is_success() || status == http::StatusCode::NOT_FOUND => Ok(()),
        _ if is_contended(&reply) => Ok(()),
        _ => Err(refused(&format!("stamp namespace {namespace}"), &reply)),
    }
}

/// Stamps the namespace with what `ids_of` has for its owner: the uid, and the groups if policies ask for them. One without an
/// owner stays as it is.
pub async fn stamp_ids(
    api: &Api,
    namespace: &str,
    ids_of: impl Fn(&Username) -> Option<(u32, Option<Groups>)>,
) -> Result<ObjectReport, ClusterError> {
    let what = format!("stamp namespace {namespace}");
    let live = api.get(Kind::Namespace, "", namespace).await?;
    if !live.status.is_success() {
        return Err(refused(&what, &live));
    }
    let report = |outcome| Ok(ObjectReport::new(Kind::Namespace, namespace, outcome));
    let annotations = &live.body["metadata"]["annotations"];
    let user = annotations[OWNER].as_str().and_then(|name| Username::parse(name).ok());
    let Some((user, (uid, groups))) = user.and_then(|user| Some((user.clone(), ids_of(&user)?))) else {
        return report(Outcome::Unchanged);
    };
    let owner = Owner {
        user,
        uid: Some(uid),
        site: None,
        groups,
    };
    if owner.is_stamped_on(&live.body) {
        return report(Outcome::Unchanged);
    }
    let patch = objects::stamp_patch(&live.body, &owner, None);
    let reply = api.json_patch(Kind::Namespace, "", namespace, &patch).await?;
    match reply.status {
        status if status.is_success() => report(Outcome::Changed),
        _ if is_contended(&reply) => Err(ClusterError::Contended { what, times: 1 }),
        _ => Err(refused(&what, &reply)),
    }
}
