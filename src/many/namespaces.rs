//! The same work in many namespaces, with limited concurrency.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

use super::places::{Item, LeavesOut, Place, Places, Whose};
use super::steps::CONNECTING;
use super::tally::{Fate, Rules, Tally, GONE, LOCKED, TERMINATING};
use crate::cluster::{Api, Authority, ClusterError, ObjectReport};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::log;
use crate::login::{LoginError, Report};
use crate::outcome::of_cluster;
use crate::print::{progress, Progress};
use crate::shadow::Shadow;
use crate::side_by_side::side_by_side;
use crate::user;
use futures_util::StreamExt as _;

/// What to do, and how.
pub struct Many<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// Root's kubeconfig.
    pub kubeconfig: &'a Path,
    /// An administrator's, which is used instead, and the context in it.
    pub admin: Option<(&'a Path, Option<&'a str>)>,
    /// The deadline of each namespace; the whole run may take longer.
    pub total: Duration,
    /// What ends a run that gets on no more; each step gives it more time.
    pub watchdog: &'a Deadline,
    /// The namespaces.
    pub whose: Whose<'a>,
    /// Whose namespaces are left out.
    pub leaves_out: LeavesOut,
    /// Maximum number of namespaces processed at a time in each cluster.
    pub jobs: u16,
    /// Whether this is a server-side dry run.
    pub is_dry_run: bool,
    /// Whether changes and failures are listed even for all users. As a table, only counts are printed.
    pub lists_news: bool,
    /// The command's name in the log.
    pub command: &'static str,
}

impl Many<'_> {
    /// Does `work` in every namespace, with one connection per cluster. A failure in one does not stop the others.
    pub async fn each<W, F>(&self, work: W) -> Tally
    where
        W: Fn(Api, String) -> F,
        F: Future<Output = Result<Vec<ObjectReport>, ClusterError>>,
    {
        let authority = match Authority::load(self.kubeconfig, self.admin) {
            Ok(authority) => authority,
            Err(error) => return Tally::failed(String::new(), error.into()),
        };
        let progress = progress(self.whose.count());
        let in_cluster = |cluster| {
            let (authority, work, progress) = (&authority, &work, &progress);
            async move {
                match self.connect(authority, cluster).await {
                    Ok(api) => contained(self.in_cluster(&api, cluster, work, progress))
                        .await
                        .unwrap_or_else(|fault| Tally::failed(of_cluster(&cluster.id), fault.into())),
                    Err(error) => Tally::failed(of_cluster(&cluster.id), error),
                }
            }
        };
        let tallies = futures_util::future::join_all(self.site.clusters.iter().map(in_cluster)).await;
        drop(progress);
        let mut all = Tally::default();
        tallies.into_iter().for_each(|tally| all.add(tally));
        all.reports
            .sort_by(|a, b| (&a.user, &a.cluster, &a.namespace).cmp(&(&b.user, &b.cluster, &b.namespace)));
        all
    }

    /// A fault in connecting to a cluster is one of this cluster alone.
    async fn connect(&self, authority: &Authority, cluster: &Cluster) -> Result<Api, LoginError> {
        let deadline = self.step(CONNECTING);
        Ok(contained(Box::pin(authority.connect(cluster, &deadline))).await??)
    }

    async fn in_cluster<W, F>(&self, api: &Api, cluster: &Cluster, work: &W, progress: &Progress) -> Tally
    where
        W: Fn(Api, String) -> F,
        F: Future<Output = Result<Vec<ObjectReport>, ClusterError>>,
    {
        let mut tally = Tally::default();
        let mut shadow = Shadow::new(self.total);
        let mut places = Places::new(self.whose, cluster, api, self.site.settings.site.as_deref());
        loop {
            let page = match places.next(self.step("listing the namespaces")).await {
                Ok(Some(page)) => page,
                Ok(None) => {
                    // Nobody is left out for what nobody knows.
                    if let Some(fault) = shadow.into_fault() {
                        log::warning(&fault.to_string());
                    }
                    return tally;
                }
                Err(error) => {
                    tally.add(Tally::failed(of_cluster(&cluster.id), error.into()));
                    return tally;
                }
            };
            let locked = self.locked(&page, &mut shadow).await;
            let done = page.into_iter().map(|item| self.at(item, &locked, api, cluster, work));
            let mut done = std::pin::pin!(side_by_side(done, self.jobs));
            while let Some((report, result)) = done.next().await {
                progress.advance();
                tally.count(self.rules(), report, result);
            }
        }
    }

    /// Those of the owners of a page who are left out since their account has expired.
    async fn locked(&self, page: &[Item<'_>], shadow: &mut Shadow) -> BTreeSet<String> {
        if self.leaves_out != LeavesOut::GoneAndLocked {
            return BTreeSet::new();
        }
        _ = self.step("looking up users in the shadow database");
        shadow.expired(page.iter().map(Item::owner)).await
    }

    /// Why this owner is left out, if that is asked for.
    fn left_out(&self, owner: &str, locked: &BTreeSet<String>) -> Option<&'static str> {
        match self.leaves_out {
            LeavesOut::Nobody => None,
            _ if locked.contains(owner) => Some(LOCKED),
            _ => user::is_gone(owner).then_some(GONE),
        }
    }

    /// Works in one namespace, which has its own deadline.
    async fn at<W, F>(
        &self,
        item: Item<'_>,
        locked: &BTreeSet<String>,
        api: &Api,
        cluster: &Cluster,
        work: &W,
    ) -> (Report, Result<(), Fate>)
    where
        W: Fn(Api, String) -> F,
        F: Future<Output = Result<Vec<ObjectReport>, ClusterError>>,
    {
        let started = Instant::now();
        let api = api
            .clone()
            .with_deadline(self.step("working in a namespace"))
            .dry_run(self.is_dry_run);
        let rules = (&self.site.settings.namespaces, self.site.settings.site.as_deref());
        let (name, place) = match item {
            Item::Place(place) => (place.owner.clone(), Ok(place)),
            Item::User(name) => (name.to_owned(), Place::of_user(&api, cluster, name, rules).await),
        };
        let mut report = Report::new(&name, &cluster.id);
        let place = match place {
            Ok(place) => place,
            Err(error) => return (report, Err(Fate::Failed(error))),
        };
        report.namespace = Some(place.namespace.clone());
        if let Some(why) = place.left_out {
            return (report, Err(self.skipped(why, &place.namespace)));
        }
        if let Some(why) = self.left_out(&place.owner, locked) {
            report.state = Some(why);
            return (report, Err(Fate::LeftOut(why)));
        }
        let namespace = place.namespace.clone();
        let result = contained(work(api, place.namespace)).await;
        report.took(started);
        match result {
            Ok(Ok(objects)) => {
                report.objects = objects;
                (report, Ok(()))
            }
            Ok(Err(error)) => (report, Err(self.fate(error, &namespace))),
            Err(fault) => (report, Err(Fate::Failed(fault.into()))),
        }
    }

    /// What a namespace in which nothing can be done means for the run: one that somebody named must not look like success.
    fn skipped(&self, why: &'static str, namespace: &str) -> Fate {
        match self.whose {
            Whose::All => Fate::LeftOut(why),
            _ if why == TERMINATING => going(namespace),
            _ => Fate::LeftOut(why),
        }
    }

    /// What an error in a namespace means for the run: with all of them selected, what a user did there fails nothing.
    fn fate(&self, error: ClusterError, namespace: &str) -> Fate {
        let is_for_all = matches!(self.whose, Whose::All);
        match error {
            ClusterError::Terminating { .. } if is_for_all => Fate::LeftOut(TERMINATING),
            ClusterError::Terminating { .. } => going(namespace),
            error if is_for_all && error.is_of_the_user() => Fate::Blocked(error.into()),
            error => Fate::Failed(error.into()),
        }
    }

    /// The deadline of one step, which the watchdog waits for.
    fn step(&self, what: &str) -> Deadline {
        self.watchdog.step(what, self.total)
    }

    fn rules(&self) -> Rules {
        Rules {
            lists_all: !matches!(self.whose, Whose::All),
            lists_news: self.lists_news,
            record: (!self.is_dry_run).then_some(self.command),
        }
    }
}

/// A namespace that somebody named, and that nothing can be written to: it must not look like success.
fn going(namespace: &str) -> Fate {
    let namespace = namespace.to_owned();
    Fate::Terminating(ClusterError::Going { namespace }.into())
}
