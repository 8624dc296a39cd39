//! What gives a user rights in a namespace is taken away: RoleBindings, and the account of the pods with its tokens.

use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::coverage::is_applied_by_us;
use super::error::ClusterError;
use super::reply::{refused, Reply};
use super::report::ObjectReport;
use crate::foreign::Foreign;
use crate::objects::{self, Kind, SERVICE_ACCOUNT};
use crate::outcome::Outcome;

/// How many times in a row an object may change between a read and its deletion.
const ROUNDS: u32 = 8;

/// Whose rights go, and where.
pub(super) struct Sweep<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The user's names in the cluster.
    pub names: &'a [String],
    /// Whether the account goes even if nothing gives it rights.
    pub takes_account: bool,
}

/// What becomes of a RoleBinding, whatever it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Goes,
    Stays,
}

impl Sweep<'_> {
    /// Removes what gives the user rights, unless `fate_of` says otherwise. Can be run again. An error at the end for a binding
    /// that gives rights to others too: that is for a person to change.
    pub async fn run(
        &self,
        api: &Api,
        fate_of: impl Fn(&Value) -> Option<Fate>,
        reports: &mut Vec<ObjectReport>,
    ) -> Result<(), ClusterError> {
        let Self { namespace, names, .. } = *self;
        // What a manifest gave to the user's pods comes back at the next login, as the others do.
        let is_of_pods = |live: &Value| is_applied_by_us(live) && objects::is_for_pods_alone(live, namespace);
        let gives = |live: &Value| objects::gives_rights_to_users(live) || objects::is_for_user_alone(live, names);
        let is_to_go = |live: &Value| {
            let fate = fate_of(live).map(|fate| fate == Fate::Goes);
            fate.unwrap_or_else(|| gives(live) || is_of_pods(live))
        };
        let bindings = items(api, Kind::RoleBinding, namespace).await?;
        let is_shared = |live: &&Value| fate_of(live).is_none() && !is_to_go(live) && objects::is_for_user(live, names);
        let shared = bindings.iter().find(is_shared);
        let to_go = bindings.iter().filter(|live| is_to_go(live));
        // Those of the pods' account last: while one is there, a second run knows that the account may have to go.
        let (of_pods, of_users): (Vec<_>, Vec<_>) = to_go.partition(|live| objects::is_for_initializers(live));
        for binding in &of_users {
            reports.push(remove(api, Kind::RoleBinding, namespace, binding).await?);
        }
        if self.takes_account || !of_pods.is_empty() {
            reports.extend(remove_account(api, namespace).await?);
        }
        for binding in &of_pods {
            reports.push(remove(api, Kind::RoleBinding, namespace, binding).await?);
        }
        shared.map_or(Ok(()), |live| Err(self.shared(live)))
    }

    fn shared(&self, live: &Value) -> ClusterError {
        let name = live["metadata"]["name"].as_str().unwrap_or_default();
        let user = self.names.last().map_or("", String::as_str);
        ClusterError::SharedBinding {
            namespace: self.namespace.to_owned(),
            binding: Foreign::from(name),
            user: Foreign::from(user),
        }
    }
}

/// The account of users' pods: the controller makes a new one, and tokens of the old one are no longer valid.
async fn remove_account(api: &Api, namespace: &str) -> Result<Option<ObjectReport>, ClusterError> {
    let kind = Kind::ServiceAccount;
    let what = format!("delete the ServiceAccount {SERVICE_ACCOUNT} in {namespace}");
    for _ in 0..ROUNDS {
        let live = api.get(kind, namespace, SERVICE_ACCOUNT).await?;
        if live.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !live.status.is_success() {
            return Err(refused(&what, &live));
        }
        let metadata = &live.body["metadata"];
        let reply = api.delete(kind, namespace, SERVICE_ACCOUNT, metadata).await?;
        match reply.status {
            status if status.is_success() || status == StatusCode::NOT_FOUND => {
                return Ok(Some(ObjectReport::new(kind, SERVICE_ACCOUNT, Outcome::Deleted)))
            }
            // A controller has written to it, or another run has deleted it.
            StatusCode::CONFLICT => {}
            _ => return Err(refused(&what, &reply)),
        }
    }
    Err(ClusterError::Contended { what, times: ROUNDS })
}

pub(super) async fn items(api: &Api, kind: Kind, namespace: &str) -> Result<Vec<Value>, ClusterError> {
    let mut reply = api.list(kind, namespace).await?;
    if !reply.status.is_success() {
        return Err(refused(&format!("list the {}s in {namespace}", kind.name()), &reply));
    }
    match reply.body["items"].take() {
        Value::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

/// Deletes what was read, and nothing newer of the same name.
pub(super) async fn remove(api: &Api, kind: Kind, namespace: &str, live: &Value) -> Result<ObjectReport, ClusterError> {
    let name = live["metadata"]["name"].as_str().unwrap_or_default();
    let reply = api.delete(kind, namespace, name, &live["metadata"]).await?;
    removed(kind, namespace, name, &reply)
}

/// What the answer to a deletion says.
pub(super) fn removed(kind: Kind, namespace: &str, name: &str, reply: &Reply) -> Result<ObjectReport, ClusterError> {
    let what = format!("delete {} {name} in {namespace}", kind.name());
    match reply.status {
        status if status.is_success() || status == StatusCode::NOT_FOUND => {
            Ok(ObjectReport::new(kind, name, Outcome::Deleted))
        }
        StatusCode::CONFLICT => Err(ClusterError::Contended { what, times: 1 }),
        _ => Err(refused(&what, reply)),
    }
}
