//! How many pods run in each namespace of a cluster: only numbers are kept, whatever the pods are.

use std::collections::HashMap;

use super::api::Api;
use super::error::ClusterError;
use super::pages::Pages;
use crate::deadline::Deadline;

/// Those that have not ended: waiting, running, or not heard of.
pub(super) const NOT_ENDED: &str = "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";

/// The numbers of pods, by namespace.
#[derive(Debug, Default)]
pub struct PodCounts(HashMap<String, u32>);

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
