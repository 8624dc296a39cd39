//! Which clusters' tokens root renews, as far as one login can know.

use crate::config::clusters::{Auth, Cluster, KnownEntries};
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
    /// The clusters that another login of this user may work on; `None` if a file of clusters.d cannot be read.
    known: Option<Vec<String>>,
    /// Those that the user is not offered.
    withheld: Vec<String>,
}

impl Renewed {
    /// As of this site, which may have been narrowed to some of its clusters.
    pub fn of(site: &Site) -> Self {
        let is_renewed = |cluster: &Cluster| cluster.auth == Auth::Oidc && is_renewed_by_root(cluster);
        let here = site
            .clusters
            .iter()
            .map(|cluster| (cluster.id.clone(), is_renewed(cluster)));
        let all = &site.settings.program.clusters;
        let is_used = |entries: &&KnownEntries| all.is_empty() || all.contains(&entries.id);
        let ids = |known: &Vec<_>| known.iter().filter(is_used).map(|entries| entries.id.clone()).collect();
        Self {
            here: here.collect(),
            known: site.known.as_ref().map(ids),
            withheld: site.withheld.clone(),
        }
    }

    /// Whether there is none among those that this login works on.
    pub fn is_none_here(&self) -> bool {
        !self.here.iter().any(|(_, is_renewed)| *is_renewed)
    }

    /// Whether there may be one that this login does not work on.
    pub fn may_be_elsewhere(&self) -> bool {
        let is_elsewhere = |id: &String| !self.is_here(id) && !self.withheld.contains(id);
        self.known.as_ref().is_none_or(|known| known.iter().any(is_elsewhere))
    }

    /// Whether this login works on the cluster.
    pub fn is_here(&self, id: &str) -> bool {
        self.here.iter().any(|(here, _)| here == id)
    }

    /// Whether root may renew the cluster's tokens still. Of one that is only left out of this login nobody knows better, and
    /// the renewal itself looks.
    pub fn may_have(&self, id: &str) -> bool {
        if let Some((_, is_renewed)) = self.here.iter().find(|(here, _)| here == id) {
            return *is_renewed;
        }
        let is_same = |other: &String| other == id;
        !self.withheld.iter().any(is_same) && self.known.as_ref().is_none_or(|known| known.iter().any(is_same))
    }
}

#[cfg(test)]
impl Renewed {
    /// A login that works on these clusters, whose tokens root renews; there are no others.
    pub fn of_ids(ids: &[&str]) -> Self {
        Self {
            here: ids.iter().map(|id| ((*id).to_owned(), true)).collect(),
            known: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
            withheld: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_cluster_that_a_login_does_not_work_on_only_one_that_is_gone_or_not_offered_is_known_not_to_be_renewed() {
        let mut renewed = Renewed {
            here: vec![("prod".to_owned(), true), ("gke".to_owned(), false)],
            known: Some(["prod", "gke", "test", "acls"].map(str::to_owned).into()),
            withheld: vec!["acls".to_owned()],
        };
        let has = |renewed: &Renewed| ["prod", "gke", "test", "acls", "gone"].map(|id| renewed.may_have(id));
        assert_eq!(has(&renewed), [true, false, true, false, false]);
        assert!(renewed.may_be_elsewhere() && !Renewed::of_ids(&["prod"]).may_be_elsewhere());
        renewed.known = None;
        assert_eq!(has(&renewed), [true, false, true, false, true], "a file cannot be read");
        assert!(!renewed.is_none_here() && Renewed::of_ids(&[]).is_none_here());
    }
}
