//! Hands a namespace over to another user: whatever gave the old user rights goes first, then the owner changes.

use std::time::SystemTime;

use serde_json::Value;

use super::api::Api;
use super::error::ClusterError;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use super::sweep::{items, remove, Fate, Sweep};
use crate::foreign::Foreign;
use crate::naming::Username;
use crate::objects::{self, Desired, Kind, Ownership, SERVICE_ACCOUNT};
use crate::outcome::Outcome;
use crate::time::unix_seconds;

/// A Secret of this type is a token of a ServiceAccount, which never expires.
const TOKEN_SECRET: &str = "kubernetes.io/service-account-token";
/// How many times others may change something between a read and a write: another run of the same, or a login.
const ROUNDS: u32 = 8;

/// Removes the RoleBindings that give `ood-user`, `ood-initializer` or anything to the old user alone, and the tokens of the
/// pods' account; then makes the new user the owner. If it dies in between, it can be run again. The login's own objects are
/// for `bootstrap` to make.
pub async fn transfer(api: &Api, desired: &Desired, old: &Username) -> Result<Vec<ObjectReport>, ClusterError> {
    let mut reports = Vec::new();
    for _ in 1..ROUNDS {
        match once(api, desired, old, &mut reports).await {
            Err(ClusterError::Contended { .. }) => {}
            done => return done.map(|()| reports),
        }
    }
    once(api, desired, old, &mut reports).await.map(|()| reports)
}

async fn once(
    api: &Api,
    desired: &Desired,
    old: &Username,
    reports: &mut Vec<ObjectReport>,
) -> Result<(), ClusterError> {
    let namespace = desired.namespace.as_str();
    let (live, is_olds) = read_owned(api, desired, old).await?;
    let prefix = desired.subject.strip_suffix(desired.user.as_str()).unwrap_or_default();
    let names = [format!("{prefix}{old}"), old.to_string()];
    let sweep = |takes_account| Sweep {
        namespace,
        names: &names,
        takes_account,
    };
    let fate_of = |binding: &Value| fate_of(binding, desired, old);
    sweep(is_olds).run(api, fate_of, reports).await?;
    remove_tokens(api, namespace, reports).await?;
    let patch = objects::transfer_patch(&live, &desired.owner, unix_seconds(SystemTime::now()));
    let what = format!("hand over namespace {namespace}");
    let reply = api.json_patch(Kind::Namespace, "", namespace, &patch).await?;
    match reply.status {
        status if status.is_success() => {
            let is_same = reply.body["metadata"]["annotations"] == live["metadata"]["annotations"];
            let outcome = if is_same { Outcome::Unchanged } else { Outcome::Changed };
            reports.push(ObjectReport::new(Kind::Namespace, namespace, outcome));
        }
        _ if is_contended(&reply) => return Err(ClusterError::Contended { what, times: ROUNDS }),
        _ => return Err(refused(&what, &reply)),
    }
    // A login of the old user may have begun before, and have written its bindings after the first look.
    if is_olds && !api.is_dry_run() {
        sweep(false).run(api, fate_of, reports).await?;
    }
    Ok(())
}

/// Tokens that never end. Those of the pods' account are worth nothing since it went; whoever may not list Secrets leaves
/// those of other accounts, which have no rights by anything that a login makes.
async fn remove_tokens(api: &Api, namespace: &str, reports: &mut Vec<ObjectReport>) -> Result<(), ClusterError> {
    let secrets = match items(api, Kind::Secret, namespace).await {
        Err(ClusterError::Forbidden { .. }) => {
            crate::log::warning(&format!("namespace {namespace}: this account may not list Secrets, so tokens that never end of other ServiceAccounts than {SERVICE_ACCOUNT} were not looked for; see: kubectl get secrets -n {namespace} --field-selector type={TOKEN_SECRET}"));
            return Ok(());
        }
        secrets => secrets?,
    };
    for secret in secrets.iter().filter(|secret| secret["type"] == TOKEN_SECRET) {
        reports.push(remove(api, Kind::Secret, namespace, secret).await?);
    }
    Ok(())
}

/// The namespace, if it is the old user's, or the new one's since a hand-over that left rights behind; and whether it is the
/// old user's still.
async fn read_owned(api: &Api, desired: &Desired, old: &Username) -> Result<(Value, bool), ClusterError> {
    let namespace = desired.namespace.to_string();
    let not_ours = |reason: String| ClusterError::NotOurs {
        namespace: namespace.clone(),
        reason,
    };
    let reply = api.get(Kind::Namespace, "", &namespace).await?;
    if !reply.status.is_success() {
        return Err(not_ours(format!(
            "it does not exist; nothing is to be handed over, so run: ood-k8s bootstrap-user --cluster {} {}",
            desired.cluster, desired.user
        )));
    }
    match objects::ownership(&reply.body, old) {
        Ownership::Ours => Ok((reply.body, true)),
        Ownership::Other(owner) if owner == desired.user.as_str() => Ok((reply.body, false)),
        Ownership::Other(owner) => Err(not_ours(format!(
            "it belongs to user {}, not to {old}; give the old name that it belongs to",
            Foreign::from(owner)
        ))),
        Ownership::Unclaimed | Ownership::Foreign => Err(not_ours(format!(
            "nobody owns it; run: ood-k8s bootstrap-user --adopt --cluster {} {}",
            desired.cluster, desired.user
        ))),
    }
}

/// What is exactly what a login of the new user makes stays, and what has the name of one of the old user's goes.
fn fate_of(binding: &Value, desired: &Desired, old: &Username) -> Option<Fate> {
    let name = binding["metadata"]["name"].as_str().unwrap_or_default();
    let bindings = desired.objects.iter().filter(|object| object.kind == Kind::RoleBinding);
    let mut with_names = bindings.map(|object| (object.name.as_str(), object));
    if let Some((_, wanted)) = with_names.clone().find(|(of, _)| *of == name) {
        let is_as_wanted =
            binding["subjects"] == wanted.body["subjects"] && binding["roleRef"] == wanted.body["roleRef"];
        return is_as_wanted.then_some(Fate::Stays);
    }
    let of_old = |of: &str| {
        of.strip_prefix(desired.user.as_str())
            .map(|rest| format!("{old}{rest}"))
    };
    with_names
        .any(|(of, _)| of_old(of).is_some_and(|of| of == name))
        .then_some(Fate::Goes)
}
