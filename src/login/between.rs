//! What the two halves of a login wait for from each other: the home for the walls, the clusters for users' tokens.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::cluster::{UserToken, Wall};
use crate::config::Site;
use crate::credentials::CredentialsPlan;
use crate::deadline::Deadline;

/// The part of the time left that is for the home, for whoever waits for a late cluster.
const SHARE_OF_HOME: f64 = 0.2;

/// What each cluster's half and the home's tell each other, by the clusters' ids.
///
/// Credentials are written only for namespaces whose NetworkPolicy is known to stand; and with the token that a user's
/// kubectl will send, a cluster is asked whom it takes the user for.
#[derive(Default)]
pub struct Between(BTreeMap<String, (Wall, UserToken)>);

impl Between {
    /// Nothing is known of anything yet.
    pub fn unknown(site: &Site) -> Self {
        let unknown = |id: &String| (id.clone(), (Wall::unknown(), UserToken::unknown()));
        Self(site.clusters.iter().map(|cluster| unknown(&cluster.id)).collect())
    }

    /// Nobody waits: for commands that ask no cluster.
    pub fn none() -> Self {
        Self::default()
    }

    /// The wall of the namespace in this cluster, and the token that the user's kubectl will send to it.
    pub fn of(&self, cluster: &str) -> (Wall, UserToken) {
        let known = self.0.get(cluster).cloned();
        known.unwrap_or_else(|| (Wall::none(), UserToken::none()))
    }

    /// Says of all clusters that no request was sent to them.
    pub fn set_all_untouched(&self) {
        self.0.values().for_each(|(wall, _)| wall.set_untouched());
    }

    /// Says which tokens users will send, as planned; for the other clusters there is none.
    pub fn set_tokens(&self, plan: &CredentialsPlan) {
        for (id, (_, token)) in &self.0 {
            token.set(plan.token_of(id).cloned());
        }
    }

    /// Waits until all walls are known, or only the home's share of the time is left; returns the clusters whose
    /// credentials must not be written.
    pub async fn without_wall(&self, deadline: &Deadline) -> Vec<String> {
        let end = deadline.until_left(SHARE_OF_HOME);
        let held_back = self.0.iter().map(|(id, (wall, _))| async move {
            let passes = tokio::time::timeout_at(end, wall.lets_credentials_pass()).await;
            (!passes.unwrap_or(false)).then(|| id.clone())
        });
        join_all(held_back).await.into_iter().flatten().collect()
    }
}
