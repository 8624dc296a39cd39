//! Which clusters' tokens root renews, as far as one login can know.

use crate::config::clusters::{Cluster, KnownEntries};
use crate::config::credentials::Mode;
use crate::config::Site;

/// Whether root renews this cluster's tokens; with `auth-provider`, kubectl does.
pub fn is_renewed_by_root(cluster: &Cluster) -> bool {
    cluster.credentials.value != Mode::AuthProvider
}

/// The clusters whose tokens root renews.
pub struct Renewed {
    /// Those that this login works on, and whether root renews their tokens.
    here: Vec<(String, bool)>,
    /// All of clusters.d; `None` if one of its files cannot be read.
    known: Option<Vec<String>>,
}

impl Renewed {
    /// As of this site, which may have been narrowed to some of its clusters.
    pub fn of(site: &Site) -> Self {
        let is_renewed = |cluster: &Cluster| {
            site.oidc_clusters()
                .any(|oidc| oidc.id == cluster.id && is_renewed_by_root(oidc))
        };
        let here = site
            .clusters
            .iter()
            .map(|cluster| (cluster.id.clone(), is_renewed(cluster)));
        let ids = |known: &Vec<_>| known.iter().map(|entries: &KnownEntries| entries.id.clone()).collect();
        Self {
            here: here.collect(),
            known: site.known.as_ref().map(ids),
        }
    }

    /// Whether there is none among those that this login works on.
    pub fn is_none_here(&self) -> bool {
        !self.here.iter().any(|(_, is_renewed)| *is_renewed)
    }

    /// Whether this login works on the cluster.
    pub fn is_here(&self, id: &str) -> bool {
        self.here.iter().any(|(here, _)| here == id)
    }

    /// Whether root may renew the cluster's tokens still. Of one that is only left out of this login nobody knows better, and
    /// the renewal itself looks.
    pub fn has(&self, id: &str) -> bool {
        if let Some((_, is_renewed)) = self.here.iter().find(|(here, _)| here == id) {
            return *is_renewed;
        }
        self.known
            .as_ref()
            .is_none_or(|known| known.iter().any(|known| known == id))
    }
}

#[cfg(test)]
impl Renewed {
    /// A login that works on these clusters, whose tokens root renews; there are no others.
    pub fn of_ids(ids: &[&str]) -> Self {
        Self {
            here: ids.iter().map(|id| ((*id).to_owned(), true)).collect(),
            known: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_cluster_that_a_login_does_not_work_on_only_one_that_is_gone_is_known_not_to_be_renewed() {
        let mut renewed = Renewed {
            here: vec![("prod".to_owned(), true), ("gke".to_owned(), false)],
            known: Some(["prod", "gke", "test"].map(str::to_owned).into()),
        };
        let has = |renewed: &Renewed| ["prod", "gke", "test", "gone"].map(|id| renewed.has(id));
        assert_eq!(has(&renewed), [true, false, true, false]);
        renewed.known = None;
        assert_eq!(has(&renewed), [true, false, true, true], "a file cannot be read");
        assert!(!renewed.is_none_here() && Renewed::of_ids(&[]).is_none_here());
    }
}
