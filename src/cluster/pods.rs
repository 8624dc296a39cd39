//! How many pods run in each namespace of a cluster: only numbers are kept, whatever the pods are.

use std::collections::HashMap;

use serde_json::{json, Value};

use super::api::Api;
use super::error::ClusterError;
use super::pages::Pages;
use super::report::ObjectReport;
use super::sweep::removed;
use crate::deadline::Deadline;
use crate::objects::Kind;

/// Those that have not ended: waiting, running, or not heard of.
pub(super) const NOT_ENDED: &str = "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
/// The same selection, of any pods.
const SELECT_NOT_ENDED: &str = "?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";

/// The numbers of pods, by namespace.
#[derive(Debug, Default)]
pub struct PodCounts(HashMap<String, u32>);

/// How many seconds a pod has to end: Kubernetes' own default. A user's pod may ask for years, and one that was deleted with
/// years to go as well: a shorter time takes their place.
const GRACE: u32 = 30;

/// Deletes the pods of a namespace that have not ended.
pub async fn stop_pods(api: &Api, namespace: &str) -> Result<Vec<ObjectReport>, ClusterError> {
    let path = format!("/api/v1/namespaces/{namespace}/pods{SELECT_NOT_ENDED}");
    let mut pages = Pages::new(api, path, "pods");
    let mut reports = Vec::new();
    while let Some(page) = pages.next(api.deadline().clone()).await? {
        let is_ending = |pod: &&Value| {
            let seconds = pod["metadata"]["deletionGracePeriodSeconds"].as_u64();
            seconds.is_some_and(|seconds| seconds <= u64::from(GRACE))
        };
        for pod in page.iter().filter(|pod| !is_ending(pod)) {
            // Its resourceVersion changes with each word of its node: the uid says which pod is meant.
            let metadata = json!({ "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"] });
            let name = metadata["name"].as_str().unwrap_or_default();
            let reply = api
                .delete_within(Kind::Pod, namespace, name, &metadata, Some(GRACE))
                .await?;
            reports.push(removed(Kind::Pod, namespace, name, &reply)?);
        }
    }
    Ok(reports)
}

impl PodCounts {
    /// Counts the pods of a cluster, a page at a time; each has the deadline that `step` returns.
    pub async fn of(api: &Api, step: impl Fn() -> Deadline) -> Result<Self, ClusterError> {
        let mut counts = Self::default();
        let mut pages = Pages::new(api, NOT_ENDED.to_owned(), "pods");
        while let Some(page) = pages.next(step()).await? {
            for pod in page {
                let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
                match counts.0.get_mut(namespace) {
                    Some(count) => *count += 1,
                    None => {
                        counts.0.insert(namespace.to_owned(), 1);
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Those in a namespace.
    pub fn in_namespace(&self, name: &str) -> u32 {
        self.0.get(name).copied().unwrap_or_default()
    }
}
