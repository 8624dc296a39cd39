//! Brings a namespace from what one profile asked for to what another one asks for: two flights more, at that one login.

use futures_util::future::join_all;
use serde_json::Value;

use super::api::{Api, FIELD_MANAGER};
use super::ensure::is_left_alone;
use super::error::ClusterError;
use super::removal::remove_if;
use super::reply::{is_contended, refused};
use super::report::ObjectReport;
use crate::objects::{self, Desired, Extras, Kind, Transition};

/// How many times the namespace may change between two requests before the login gives up.
const ROUNDS: u32 = 4;

/// A transition that has begun.
pub(super) struct Begun {
    /// Whether the namespace was written.
    pub has_written: bool,
    leaving: Vec<(Kind, String)>,
    end: Option<Value>,
}

/// Notes on the namespace what will be there, before any of it is made, and writes its labels and annotations. `live` is the
/// namespace as the claim left it.
pub(super) async fn begin(
    api: &Api,
    desired: &Desired,
    extras: Option<&Extras>,
    live: Value,
) -> Result<Begun, ClusterError> {
    let namespace = desired.namespace.as_str();
    let what = format!("write groups and what the profile says on namespace {namespace}");
    let mut live = live;
    for _ in 0..ROUNDS {
        let Some(transition) = objects::transition(&live, &desired.owner, extras) else {
            return Ok(Begun::nothing());
        };
        let Some(patch) = &transition.begin else {
            return Ok(Begun::of(transition, false));
        };
        let reply = api.json_patch(Kind::Namespace, "", namespace, patch).await?;
        match reply.status {
            status if status.is_success() => return Ok(Begun::of(transition, true)),
            // Another login was faster: look at what it left.
            _ if is_contended(&reply) => {}
            _ => return Err(refused(&what, &reply)),
        }
        let read = api.get(Kind::Namespace, "", namespace).await?;
        if !read.status.is_success() {
            return Err(refused(&format!("read namespace {namespace}"), &read));
        }
        live = read.body;
    }
    Err(ClusterError::Contended { what, times: ROUNDS })
}

impl Begun {
    /// Nothing has to change.
    pub fn nothing() -> Self {
        Self {
            has_written: false,
            leaving: Vec::new(),
            end: None,
        }
    }

    fn of(transition: Transition, has_written: bool) -> Self {
        Self {
            has_written,
            leaving: transition.leaving,
            end: transition.end,
        }
    }

    /// Deletes what goes, and then notes that it has gone. What could not be deleted stays noted, for the next login.
    pub async fn end(self, api: &Api, namespace: &str) -> Vec<Result<ObjectReport, ClusterError>> {
        let removed = self
            .leaving
            .iter()
            .map(|(kind, name)| remove_if(api, *kind, namespace, name, is_ours));
        let removed = join_all(removed).await;
        let are_gone = removed.iter().all(Result::is_ok);
        let outcomes = self.leaving.iter().zip(removed);
        let mut done: Vec<_> = outcomes
            .map(|((kind, name), outcome)| Ok(ObjectReport::new(*kind, name, outcome?)))
            .collect();
        if let Some(patch) = self.end.filter(|_| are_gone) {
            done.extend(finish(api, namespace, &patch).await.err().map(Err));
        }
        done
    }
}

async fn finish(api: &Api, namespace: &str, patch: &Value) -> Result<(), ClusterError> {
    let reply = api.json_patch(Kind::Namespace, "", namespace, patch).await?;
    match reply.status {
        // Another login has changed the note meanwhile, and finishes it.
        status if status.is_success() || is_contended(&reply) => Ok(()),
        _ => Err(refused(&format!("note on namespace {namespace} what is gone"), &reply)),
    }
}

/// Whether this program made an object, and nobody has taken it over.
fn is_ours(live: &Value) -> bool {
    let managers = live["metadata"]["managedFields"].as_array();
    let is_applied = |entry: &Value| entry["manager"] == FIELD_MANAGER && entry["operation"] == "Apply";
    managers.is_some_and(|managers| managers.iter().any(is_applied)) && !is_left_alone(live)
}
