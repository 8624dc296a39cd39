//! Who has a namespace and is not let in any more loses the access to it: first it is found out for all, then done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use super::bound::Bound;
use super::listing::{Listing, Lists};
use super::offboard::{Offboarded, Step};
use super::row::{State, UserRow};
use super::standing::{Out, Why};
use super::survey::Offboarding;
use crate::cluster::{Authority, ClusterError};
use crate::many::Whose;
use crate::naming::Username;
use crate::outcome::of_cluster;
use crate::suspended::Change;
use crate::time::unix_seconds;

/// A namespace whose owner is not let in any more.
#[derive(Debug, Clone)]
pub struct Losing {
    /// The owner.
    pub user: String,
    /// The cluster's id.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
    /// Why.
    pub out: Out,
    /// Whether the access was taken away before; it is looked at again, in case that was not finished.
    pub is_again: bool,
}

/// Whose access to what is to be taken away.
#[derive(Debug, Default)]
pub struct Reconciliation {
    /// The namespaces, in the order in which they were listed.
    pub losing: Vec<Losing>,
    /// The same by cluster, each as name and owner.
    pub places: BTreeMap<String, Vec<(String, String)>>,
    /// Users whose account itself is not let in: they are noted in `SUSPENDED_FILE`, and their sessions forgotten.
    pub whole: BTreeSet<String>,
    /// Those who have access, by cluster; those who lose it now too.
    with_access: BTreeMap<String, BTreeSet<String>>,
    /// How many namespaces were left alone whose owner the directory service writes in another way.
    pub other_names: u64,
    /// How many namespaces were left alone whose owner is no user name.
    pub no_names: u64,
}

/// More users would lose their access than the bound permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooMany {
    /// How many would.
    pub losing: usize,
    /// Of how many who have access.
    pub total: usize,
    /// The bound.
    pub most: usize,
    /// The cluster in which it would be too many; `None` for all of them together.
    pub cluster: Option<String>,
    /// The bound that permits all of it: it holds for all clusters together as well.
    pub needed: usize,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            losing,
            total,
            most,
            needed,
            ..
        } = self;
        let cluster = self.cluster.as_deref().map(|id| format!(" in cluster {id}"));
        let cluster = cluster.unwrap_or_default();
        write!(f, "{losing} of the {total} users who have access{cluster} would lose it, which is more than {most}, so nothing was changed; review them with ood-k8s users --not-allowed, check that the directory service answers (getent passwd, getent group), then add --at-most {needed}")
    }
}

impl Reconciliation {
    fn add(&mut self, row: &UserRow) {
        let Some(user) = row.user.clone().filter(|_| row.state != State::Terminating) else {
            return;
        };
        // Not a login wrote it, so it says nothing of anybody; as a line of SUSPENDED_FILE it might mean somebody else.
        if Username::parse(&user).is_err() {
            self.no_names += 1;
            return;
        }
        if !row.is_marked {
            let all = self.with_access.entry(row.cluster.clone()).or_default();
            all.insert(user.clone());
        }
        match &row.out {
            None => {}
            // The person may well be let in, under the other name.
            Some(Out {
                why: Why::OtherName, ..
            }) => self.other_names += 1,
            Some(out) => self.losing.push(Losing {
                user,
                cluster: row.cluster.clone(),
                namespace: row.namespace.clone(),
                out: out.clone(),
                is_again: row.is_marked,
            }),
        }
    }

    /// Drops what was found in this cluster: it was not listed to its end.
    fn forget(&mut self, cluster: &str) {
        self.losing.retain(|it| it.cluster != cluster);
        self.with_access.remove(cluster);
    }

    /// Adds up what is to be done.
    fn finish(&mut self) {
        for it in &self.losing {
            let of_cluster = self.places.entry(it.cluster.clone()).or_default();
            of_cluster.push((it.namespace.clone(), it.user.clone()));
            // Who is suspended by the file alone is in it; who is by the mark was suspended by somebody, in full or not.
            if it.out.why.is_of_the_account() {
                self.whole.insert(it.user.clone());
            }
        }
    }

    /// The users who lose access that they have.
    pub fn users(&self) -> BTreeSet<&str> {
        let new = self.losing.iter().filter(|it| !it.is_again);
        new.map(|it| it.user.as_str()).collect()
    }

    /// Those of them who have no account. If that is everybody, the directory service is more likely to be down: some say
    /// then that nobody is there.
    fn removed(&self) -> BTreeSet<&str> {
        let new = self.losing.iter().filter(|it| !it.is_again);
        let removed = new.filter(|it| it.out.why == Why::Removed);
        removed.map(|it| it.user.as_str()).collect()
    }

    /// Whether more users would lose their access than is permitted: in a cluster, or in all of them together.
    pub fn check(&self, bound: Bound) -> Result<(), TooMany> {
        let everybody: BTreeSet<&String> = self.with_access.values().flatten().collect();
        let too_many = |losing: usize, total: usize, cluster: Option<&String>| {
            bound.exceeded(losing, total).map(|most| TooMany {
                losing,
                total,
                most,
                cluster: cluster.cloned(),
                needed: self.users().len(),
            })
        };
        let of_all = too_many(self.users().len(), everybody.len(), None).or_else(|| {
            let is_usual = bound == Bound::Usual && everybody.len() > 1;
            (is_usual && self.removed().len() == everybody.len()).then(|| TooMany {
                losing: everybody.len(),
                total: everybody.len(),
                most: everybody.len() - 1,
                cluster: None,
                needed: everybody.len(),
            })
        });
        let of_clusters = self.with_access.iter().filter_map(|(cluster, all)| {
            let theirs = self.losing.iter().filter(|it| !it.is_again && it.cluster == *cluster);
            let theirs: BTreeSet<&str> = theirs.map(|it| it.user.as_str()).collect();
            too_many(theirs.len(), all.len(), Some(cluster))
        });
        of_all.into_iter().chain(of_clusters).next().map_or(Ok(()), Err)
    }
}

impl Offboarding<'_> {
    /// Finds out who is not let in any more, without changing anything, and whether the rights suffice. What was found in a
    /// cluster counts only if that was listed to its end.
    pub async fn plan(&self) -> Result<(Reconciliation, Lists), ClusterError> {
        let authority = Authority::load(self.kubeconfig, self.admin)?;
        let listing = Listing {
            asks_why: true,
            ..Listing::of_all(self.site, &authority, self.total, self.watchdog)
        };
        let mut plan = Reconciliation::default();
        let lists = listing.each(|page| page.iter().for_each(|row| plan.add(row))).await;
        for cluster in &self.site.clusters {
            let what = of_cluster(&cluster.id);
            if lists.failures.iter().any(|(failed, _)| *failed == what) {
                plan.forget(&cluster.id);
            }
        }
        plan.finish();
        for cluster in &self.site.clusters {
            if plan.places.contains_key(&cluster.id) {
                self.check_rights(&authority, cluster).await?;
            }
        }
        Ok((plan, lists))
    }

    /// Takes away the access to exactly these namespaces; of users who are not let in anywhere, what `Extent::Access` means
    /// beside that too.
    pub async fn take_away(&self, plan: &Reconciliation) -> Offboarded {
        let mut done = Offboarded::default();
        let whole: Vec<String> = plan.whole.iter().cloned().collect();
        self.note(&whole, Change::Suspend(unix_seconds(SystemTime::now())), &mut done);
        let tally = self.each(Whose::These(&plan.places), self.users, Step::Suspend).await;
        done.add(tally);
        self.forget_sessions(|name| plan.whole.contains(name.as_str()), &mut done)
            .await;
        done
    }
}
