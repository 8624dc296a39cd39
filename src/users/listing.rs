//! The namespaces of all clusters and their owners, a page at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::account::{Account, Looked};
use super::row::{State, UserRow};
use super::standing::{standing, Out, Standing, Unknown};
use crate::cluster::{Api, Authority, ClusterError, FoundNamespace, NamespacePages, PodCounts};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::exit::{ExitStatus, HasExitStatus as _};
use crate::outcome::of_cluster;
use crate::shadow::{Shadow, ShadowError};
use crate::suspended::{Suspended, SuspendedError};
use crate::time::unix_seconds;
use crate::user::UserError;

/// Which rows; all of them if nothing is chosen.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    /// The owner is not in the passwd database.
    pub orphaned: bool,
    /// The owner's account has expired.
    pub locked: bool,
    /// Nobody owns it.
    pub unclaimed: bool,
    /// The owner is not let in.
    pub suspended: bool,
    /// The last login was at least so long ago.
    pub idle: Option<Duration>,
    /// The owner is not let in any more, for whatever reason.
    pub not_allowed: bool,
}

impl Choice {
    /// Whether a namespace is chosen. One whose owner cannot be looked up is not orphaned, and one without any date not idle.
    fn takes(self, found: &FoundNamespace, account: Option<Account>, now: u64) -> bool {
        let last = found.dates.last_login.or(found.dates.created);
        let is_idle = |idle: Duration| last.is_some_and(|last| now.saturating_sub(last) >= idle.as_secs());
        (!self.orphaned || account == Some(Account::Removed))
            && (!self.locked || account == Some(Account::Locked))
            && (!self.unclaimed || found.owner.is_none())
            && (!self.suspended || found.is_suspended)
            && self.idle.is_none_or(is_idle)
    }
}

/// What to list, and how.
pub struct Listing<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// The clusters, in this order.
    pub clusters: Vec<&'a Cluster>,
    /// Whose rights are used.
    pub authority: &'a Authority,
    /// The deadline of each request.
    pub total: Duration,
    /// What ends a run that gets on no more; each step gives it more time.
    pub watchdog: &'a Deadline,
    /// Which rows.
    pub choice: Choice,
    /// Whether pods are counted.
    pub counts_pods: bool,
    /// Whether each owner is asked after in the cluster's rules.
    pub asks_why: bool,
}

/// What was listed.
#[derive(Debug, Default)]
pub struct Lists {
    /// How many of the chosen rows have each state.
    pub states: BTreeMap<State, u64>,
    /// How many namespaces have an owner, chosen or not, and how many of the owners have no account.
    pub owners: (u64, u64),
    /// Clusters that could not be listed, or not to the end.
    pub failures: Vec<(String, ClusterError)>,
    /// Clusters whose pods were not counted.
    pub uncounted: Vec<(String, ClusterError)>,
    /// Why nobody knows who is in root's file of those who are suspended.
    pub suspended: Option<SuspendedError>,
    /// Why the passwd database said nothing of an owner; the first of them.
    pub lookup: Option<UserError>,
    /// Why nobody knows which accounts have expired.
    pub shadow: Option<ShadowError>,
    /// How many owners may be let in or not: nobody can tell.
    pub undecided: u64,
    /// Why nobody can, each reason once.
    pub doubts: BTreeSet<String>,
    /// How many namespaces of other installations (`SITE`) were left out.
    pub elsewhere: u64,
}

impl<'a> Listing<'a> {
    /// All namespaces of a site's clusters, and of each only what its metadata says.
    pub fn of_all(site: &'a Site, authority: &'a Authority, total: Duration, watchdog: &'a Deadline) -> Self {
        Self {
            site,
            clusters: site.clusters.iter().collect(),
            authority,
            total,
            watchdog,
            choice: Choice::default(),
            counts_pods: false,
            asks_why: false,
        }
    }

    /// Gives each page of chosen rows to `show`, one cluster after another.
    pub async fn each(&self, mut show: impl FnMut(&[UserRow])) -> Lists {
        let mut lists = Lists::default();
        let suspended = Suspended::of(&self.site.settings).unwrap_or_else(|error| {
            lists.suspended = Some(error);
            Suspended::default()
        });
        for cluster in &self.clusters {
            if let Err(error) = self.in_cluster(cluster, &suspended, &mut lists, &mut show).await {
                lists.failures.push((of_cluster(&cluster.id), error));
            }
        }
        lists
    }

    async fn in_cluster(
        &self,
        cluster: &Cluster,
        suspended: &Suspended,
        lists: &mut Lists,
        show: &mut impl FnMut(&[UserRow]),
    ) -> Result<(), ClusterError> {
        let api = self.authority.connect(cluster, &self.step("connecting")).await?;
        let pods = match self.pods(&api).await {
            Ok(pods) => pods,
            Err(error) => {
                lists.uncounted.push((of_cluster(&cluster.id), error));
                None
            }
        };
        let mut shadow = Shadow::new(self.total);
        let mut pages = NamespacePages::of_site(&api, self.site.settings.site.as_deref());
        while let Some(page) = pages.next(self.step("listing the namespaces")).await? {
            let now = unix_seconds(SystemTime::now());
            let mut rows = Vec::new();
            for (mut found, looked) in self.looked_up(page, &mut shadow, lists).await {
                let (is_marked, account) = (found.is_suspended, looked.account);
                found.is_suspended |= found.owner.as_deref().is_some_and(|owner| suspended.has(owner));
                let out = self.out(&found, account, cluster, lists);
                let is_chosen = !self.choice.not_allowed || out.is_some();
                if is_chosen && self.choice.takes(&found, account, now) {
                    let mut row = UserRow::new(found, &cluster.id, account, pods.as_ref(), now);
                    (row.is_marked, row.out, row.shell) = (is_marked, out, looked.closed_shell);
                    *lists.states.entry(row.state).or_default() += 1;
                    rows.push(row);
                }
            }
            show(&rows);
        }
        lists.elsewhere += pages.elsewhere();
        lists.shadow = lists.shadow.take().or(shadow.into_fault());
        Ok(())
    }

    async fn pods(&self, api: &Api) -> Result<Option<PodCounts>, ClusterError> {
        if !self.counts_pods {
            return Ok(None);
        }
        let pods = PodCounts::of(api, || self.step("counting the pods")).await?;
        Ok(Some(pods))
    }

    /// What is known of the owners of a page: of all at once, since another program is asked who has expired.
    async fn looked_up(
        &self,
        page: Vec<FoundNamespace>,
        shadow: &mut Shadow,
        lists: &mut Lists,
    ) -> Vec<(FoundNamespace, Looked)> {
        let looked = page.into_iter().map(|found| {
            let looked = self.account(&found, lists);
            (found, looked)
        });
        let mut looked: Vec<_> = looked.collect();
        _ = self.step("looking up users in the shadow database");
        let is_there = |(_, looked): &&(FoundNamespace, Looked)| looked.account == Some(Account::There);
        let there = looked.iter().filter(is_there);
        let expired = shadow
            .expired(there.filter_map(|(found, _)| found.owner.as_deref()))
            .await;
        for (found, looked) in &mut looked {
            let owner = found.owner.as_deref().unwrap_or_default();
            if looked.account == Some(Account::There) && expired.contains(owner) {
                looked.account = Some(Account::Locked);
            }
        }
        looked
    }

    fn account(&self, found: &FoundNamespace, lists: &mut Lists) -> Looked {
        // It asks no server; only the watchdog has to know.
        _ = self.step("looking up users in the passwd database");
        let mut looked = Looked::at(found.owner.as_deref(), found.uid.as_deref(), self.site.settings.min_uid);
        lists.lookup = lists.lookup.take().or(looked.fault.take());
        lists.owners.0 += u64::from(looked.account.is_some());
        lists.owners.1 += u64::from(looked.account == Some(Account::Removed));
        looked
    }

    /// Why the owner is not let in, if that is asked; what nobody can tell is noted.
    fn out(
        &self,
        found: &FoundNamespace,
        account: Option<Account>,
        cluster: &Cluster,
        lists: &mut Lists,
    ) -> Option<Out> {
        let (Some(owner), Some(account), true) = (&found.owner, account, self.asks_why) else {
            return None;
        };
        match standing(owner, (account, found.is_suspended), cluster, self.site) {
            Standing::In => None,
            Standing::Out(out) => Some(out),
            Standing::Unknown(unknown) => {
                lists.undecided += 1;
                match unknown {
                    Unknown::Lookup(error) if error.exit_status() == ExitStatus::Internal => {
                        lists.lookup = lists.lookup.take().or(Some(error));
                    }
                    Unknown::Lookup(error) => _ = lists.doubts.insert(error.to_string()),
                    Unknown::Doubt(text) => _ = lists.doubts.insert(text),
                }
                None
            }
        }
    }

    /// The deadline of one step, which the watchdog waits for.
    fn step(&self, what: &str) -> Deadline {
        self.watchdog.step(what, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::Account::{BelowMinUid, OtherName, OtherUid, Removed, There, Unknown};
    use super::*;
    use crate::cluster::Dates;

    fn found(owner: Option<&str>, last_login: Option<u64>, created: Option<u64>) -> FoundNamespace {
        FoundNamespace {
            name: "n".into(),
            owner: owner.map(str::to_owned),
            uid: None,
            site: None,
            is_stamped: false,
            pod_security: None,
            applied: crate::objects::Applied::default(),
            is_terminating: false,
            is_suspended: false,
            dates: Dates {
                created,
                claimed: None,
                last_login,
                suspended: None,
            },
        }
    }

    #[test]
    fn only_an_owner_who_is_known_to_be_gone_is_orphaned() {
        let choice = Choice {
            orphaned: true,
            ..Choice::default()
        };
        let takes = |account| choice.takes(&found(Some("a"), None, None), account, 9);
        assert!(takes(Some(Removed)));
        for account in [There, OtherUid, OtherName, BelowMinUid, Unknown] {
            assert!(!takes(Some(account)), "{account:?}");
        }
        assert!(!choice.takes(&found(None, None, None), None, 9));
    }

    #[test]
    fn a_namespace_without_a_date_is_not_idle_and_several_choices_must_all_hold() {
        let choice = Choice {
            idle: Some(Duration::from_secs(10)),
            ..Choice::default()
        };
        for (last, created, is_idle) in [
            (Some(90), None, true),
            (Some(91), None, false),
            (Some(200), Some(1), false),
            (None, Some(1), true),
            (None, None, false),
        ] {
            assert_eq!(
                choice.takes(&found(Some("a"), last, created), None, 100),
                is_idle,
                "{last:?} {created:?}"
            );
        }
        let both = Choice {
            unclaimed: true,
            ..choice
        };
        assert!(both.takes(&found(None, Some(1), None), None, 100));
        assert!(!both.takes(&found(Some("a"), Some(1), None), None, 100));
    }
}
