//! Brings a namespace from what one profile asked for to what another one asks for: two flights more, at that one login.

use futures_util::future::{join, join_all, try_join_all};
use http::StatusCode;
use serde_json::Value;

use super::api::Api;
use super::coverage::is_applied_by_us;
use super::ensure::is_left_alone;
use super::error::ClusterError;
use super::removal::remove_if;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use crate::objects::{self, Desired, Extras, Kind, Transition};
use crate::outcome::Outcome;

/// How many times the namespace may change between two requests before the login gives up.
const ROUNDS: u32 = 4;

/// A transition that has begun.
pub(super) struct Begun {
    /// Whether the namespace was written.
    pub has_written: bool,
    /// Why it has not got the labels and annotations of the profile; the rest goes on.
    pub refusal: Option<ClusterError>,
    leaving: Vec<(Kind, String)>,
    end: Option<Value>,
}

/// What became of a patch.
#[derive(Debug, PartialEq)]
enum Written {
    /// There was nothing to write.
    Nothing,
    /// It is written.
    Done,
    /// Another login was faster.
    Contended,
}

/// Notes on the namespace what will be there, before any of it is made, and writes its groups, labels and annotations. `live`
/// is the namespace as the claim left it.
pub(super) async fn begin(
    api: &Api,
    desired: &Desired,
    extras: Option<&Extras>,
    live: Value,
) -> Result<Begun, ClusterError> {
    let namespace = desired.namespace.as_str();
    let mut live = live;
    for _ in 0..ROUNDS {
        let Some(transition) = objects::transition(&live, &desired.owner, extras) else {
            return Ok(Begun::nothing());
        };
        let (written, refusal) = match write(api, namespace, transition.begin.as_ref()).await {
            Err(error @ (ClusterError::Forbidden { .. } | ClusterError::Denied { .. })) => {
                let rest = transition.begin_without_profile.as_ref();
                (write(api, namespace, rest).await?, Some(error))
            }
            written => (written?, None),
        };
        if written != Written::Contended {
            let mut begun = Begun::of(transition, written == Written::Done, refusal);
            // A declared secret can have become a pull secret.
            let is_written =
                |kind: Kind, name: &str| desired.pull_secrets.iter().any(|it| it.kind == kind && it.name == name);
            begun.leaving.retain(|(kind, name)| !is_written(*kind, name));
            return Ok(begun);
        }
        let read = api.get(Kind::Namespace, "", namespace).await?;
        if !read.status.is_success() {
            return Err(refused(&format!("read namespace {namespace}"), &read));
        }
        live = read.body;
    }
    Err(ClusterError::Contended {
        what: what(namespace),
        times: ROUNDS,
    })
}

async fn write(api: &Api, namespace: &str, patch: Option<&Value>) -> Result<Written, ClusterError> {
    let Some(patch) = patch else {
        return Ok(Written::Nothing);
    };
    let reply = api.json_patch(Kind::Namespace, "", namespace, patch).await?;
    match reply.status {
        status if status.is_success() => Ok(Written::Done),
        _ if is_contended(&reply) => Ok(Written::Contended),
        _ => Err(refused(&what(namespace), &reply)),
    }
}

/// What the next login takes away since no section asks for it any more: objects that this program has made.
pub async fn would_go(api: &Api, desired: &Desired) -> Result<Vec<ObjectReport>, ClusterError> {
    let namespace = desired.namespace.as_str();
    let live = api.get(Kind::Namespace, "", namespace).await?;
    if live.status == StatusCode::NOT_FOUND {
        return Ok(Vec::new());
    }
    if !live.status.is_success() {
        return Err(refused(&format!("read namespace {namespace}"), &live));
    }
    let is_doubtful = desired.owner.has_lost_groups(&live.body).is_some();
    let extras = desired.extras.as_ref().filter(|_| !is_doubtful);
    let transition = objects::transition(&live.body, &desired.owner, extras);
    let leaving = transition.map(|transition| transition.leaving).unwrap_or_default();
    let leaving = leaving.into_iter().filter(|(kind, _)| !holds_data(*kind));
    let looked = leaving.map(|(kind, name)| async move {
        let live = api.get(kind, namespace, &name).await?;
        let goes = live.status.is_success() && is_ours(&live.body);
        Ok(goes.then(|| ObjectReport::new(kind, &name, Outcome::Deleted)))
    });
    let looked = try_join_all(looked).await?;
    Ok(looked.into_iter().flatten().collect())
}

fn what(namespace: &str) -> String {
    format!("write the groups and what the profile says on namespace {namespace}")
}

impl Begun {
    /// Nothing has to change.
    pub fn nothing() -> Self {
        Self {
            has_written: false,
            refusal: None,
            leaving: Vec::new(),
            end: None,
        }
    }

    fn of(transition: Transition, has_written: bool, refusal: Option<ClusterError>) -> Self {
        Self {
            has_written,
            refusal,
            leaving: transition.leaving,
            end: transition.end,
        }
    }

    /// Deletes what goes, and then notes that it has gone. What could not be deleted stays noted, for the next login. The
    /// second value is what to say of those that stay for good.
    pub async fn end(self, api: &Api, namespace: &str) -> (Vec<Result<ObjectReport, ClusterError>>, Vec<String>) {
        let (staying, leaving): (Vec<_>, Vec<_>) = self.leaving.iter().partition(|(kind, _)| holds_data(*kind));
        let said = staying.iter().map(|(kind, name)| stays(api, namespace, *kind, name));
        let removed = leaving
            .iter()
            .map(|(kind, name)| remove_if(api, *kind, namespace, name, is_ours));
        let (said, removed) = join(join_all(said), join_all(removed)).await;
        let are_gone = removed.iter().all(Result::is_ok);
        let outcomes = leaving.iter().zip(removed);
        let mut done: Vec<_> = outcomes
            .map(|((kind, name), outcome)| Ok(ObjectReport::new(*kind, name, outcome?)))
            .collect();
        // Another login that has changed the note meanwhile finishes it.
        if are_gone {
            done.extend(write(api, namespace, self.end.as_ref()).await.err().map(Err));
        }
        (done, said.into_iter().flatten().collect())
    }
}

/// A user who leaves a group, or a slip in the profiles file, must not cost anybody's data.
fn holds_data(kind: Kind) -> bool {
    kind.name() == "PersistentVolumeClaim"
}

/// What to say of an object that stays, if it is there.
async fn stays(api: &Api, namespace: &str, kind: Kind, name: &str) -> Option<String> {
    let live = api.get(kind, namespace, name).await.ok()?;
    let lower = kind.name().to_lowercase();
    live.status.is_success().then(|| format!("namespace {namespace}: no profile asks for {lower}/{name} any more, and it stays, since it holds the user's data; if these can go, run: kubectl delete {lower} {name} -n {namespace}"))
}

/// Whether this program made an object, and nobody has taken it over.
fn is_ours(live: &Value) -> bool {
    is_applied_by_us(live) && !is_left_alone(live)
}
