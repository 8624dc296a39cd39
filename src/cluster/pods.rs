//! How many pods run in each namespace of a cluster: only numbers are kept, whatever the pods are.

use std::collections::HashMap;

use serde_json::json;

use super::api::Api;
use super::error::ClusterError;
use super::pages::Pages;
use super::report::ObjectReport;
use super::sweep::remove;
use crate::deadline::Deadline;
use crate::objects::Kind;

/// Those that have not ended: waiting, running, or not heard of.
pub(super) const NOT_ENDED: &str = "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
/// The same selection, of any pods.
const SELECT_NOT_ENDED: &str = "?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";

/// The numbers of pods, by namespace.
#[derive(Debug, Default)]
pub struct PodCounts(HashMap<String, u32>);

/// Deletes the pods of a namespace that have not ended; each has its own grace period to end.
pub async fn stop_pods(api: &Api, namespace: &str) -> Result<Vec<ObjectReport>, ClusterError> {
    let path = format!("/api/v1/namespaces/{namespace}/pods{SELECT_NOT_ENDED}");
    let mut pages = Pages::new(api, path, "pods");
    let mut reports = Vec::new();
    while let Some(page) = pages.next(api.deadline().clone()).await? {
        // One that is being deleted goes as soon as it has ended.
        let running = page.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        for pod in running {
            // Its resourceVersion changes with each word of its node: the uid says which pod is meant.
            let metadata = json!({ "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"] });
            reports.push(remove(api, Kind::Pod, namespace, &json!({ "metadata": metadata })).await?);
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
