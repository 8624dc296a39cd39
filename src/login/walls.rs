//! Which clusters' credentials may be written: those of namespaces whose NetworkPolicy is known to stand.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::cluster::Wall;
use crate::config::Site;
use crate::deadline::Deadline;

/// The part of the deadline that is left for the home, for whoever waits for a late cluster.
const SHARE_OF_HOME: f64 = 0.2;

/// The walls of one user's namespaces, by the clusters' ids.
#[derive(Debug, Default)]
pub struct Walls(BTreeMap<String, Wall>);

impl Walls {
    /// Nothing is known of any of them yet.
    pub fn unknown(site: &Site) -> Self {
        let unknown = |id: &String| (id.clone(), Wall::unknown());
        Self(site.clusters.iter().map(|cluster| unknown(&cluster.id)).collect())
    }

    /// Nobody waits for a cluster: for commands that ask none.
    pub fn none() -> Self {
        Self::default()
    }

    /// The wall of the namespace in this cluster.
    pub fn of(&self, cluster: &str) -> Wall {
        self.0.get(cluster).cloned().unwrap_or_else(Wall::none)
    }

    /// Says of all clusters that no request was sent to them.
    pub fn are_untouched(&self) {
        self.0.values().for_each(Wall::is_untouched);
    }

    /// Waits until all are known, or only the home's share of the deadline is left; returns the clusters whose credentials
    /// must not be written.
    pub async fn without(&self, deadline: &Deadline) -> Vec<String> {
        let end = deadline.instant() - deadline.total().mul_f64(SHARE_OF_HOME);
        let held_back = self.0.iter().map(|(id, wall)| async move {
            let passes = tokio::time::timeout_at(end, wall.lets_credentials_pass()).await;
            (!passes.unwrap_or(false)).then(|| id.clone())
        });
        join_all(held_back).await.into_iter().flatten().collect()
    }
}
