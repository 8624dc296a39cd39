//! Work in many users' namespaces, side by side with a bound.

mod places;
mod tally;

use std::future::Future;
use std::io::IsTerminal as _;
use std::time::Instant;

use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::report::Report;
use super::{login, Invocation};
use crate::cluster::{Api, ClusterError, ObjectReport};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use places::{Place, Places, Stray};
use tally::{Fate, Tally, TERMINATING};

/// Whose namespaces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Of these users.
    Users(&'a [String]),
    /// Of everybody whom OnDemand made one for.
    All,
    /// These, whoever has them.
    Named(&'a [String]),
}

/// How it is done.
pub(super) struct Many<'a> {
    pub invocation: &'a Invocation,
    pub site: &'a Site,
    pub whose: Whose<'a>,
    /// How many namespaces at once, in each cluster.
    pub jobs: u16,
    pub is_dry_run: bool,
    /// What the record calls it.
    pub command: &'static str,
}

impl Many<'_> {
    /// Does `work` in every namespace, over one connection a cluster; what fails in one does not stop the others.
    pub async fn each<W, F>(&self, work: W) -> Tally
    where
        W: Fn(Api, String) -> F,
        F: Future<Output = Result<Vec<ObjectReport>, ClusterError>>,
    {
        let root = match login::root_kubeconfig(&self.invocation.kubeconfig()) {
            Ok(root) => root,
            Err(error) => return Tally::failed(String::new(), error),
        };
        let progress = self.progress();
        let in_cluster = |cluster| {
            let (root, work, progress) = (&root, &work, &progress);
            async move {
                match login::connect(root, cluster, &self.deadline()).await {
                    Ok(api) => self.in_cluster(&api, cluster, work, progress).await,
                    Err(error) => Tally::failed(super::of_cluster(&cluster.id), error),
                }
            }
        };
        let tallies = futures_util::future::join_all(self.site.clusters.iter().map(in_cluster)).await;
        progress.finish_and_clear();
        let mut all = Tally::default();
        tallies.into_iter().for_each(|tally| all.add(tally));
        all.reports
            .sort_by(|a, b| (&a.user, &a.cluster, &a.namespace).cmp(&(&b.user, &b.cluster, &b.namespace)));
        all
    }

    async fn in_cluster<W, F>(&self, api: &Api, cluster: &Cluster, work: &W, progress: &ProgressBar) -> Tally
    where
        W: Fn(Api, String) -> F,
        F: Future<Output = Result<Vec<ObjectReport>, ClusterError>>,
    {
        let mut tally = Tally::default();
        let mut places = Places::new(self, api, cluster);
        loop {
            let page = match places.next(self.deadline()).await {
                Ok(Some(page)) => page,
                Ok(None) => return tally,
                Err(error) => {
                    tally.add(Tally::failed(super::of_cluster(&cluster.id), error.into()));
                    return tally;
                }
            };
            let done = futures_util::stream::iter(page).map(|place| self.at(place, api, cluster, work));
            let mut done = std::pin::pin!(done.buffer_unordered(self.jobs.into()));
            while let Some((report, result)) = done.next().await {
                progress.inc(1);
                tally.count(self, report, result);
            }
        }
    }

    /// One namespace.
    async fn at<W, F>(
        &self,
        place: Result<Place, Stray>,
        api: &Api,
        cluster: &Cluster,
        work: &W,
    ) -> (Report, Result<(), Fate>)
    where
        W: Fn(Api, String) -> F,
        F: Future<Output = Result<Vec<ObjectReport>, ClusterError>>,
    {
        let started = Instant::now();
        let place = match place {
            Ok(place) => place,
            Err(Stray(stray)) => {
                let (user, error) = *stray;
                return (Report::new(&user, &cluster.id), Err(Fate::Failed(error)));
            }
        };
        let mut report = Report::new(&place.owner, &cluster.id);
        report.namespace = Some(place.namespace.clone());
        if let Some(why) = place.left_out {
            return (report, Err(Fate::LeftOut(why)));
        }
        // The deadline is a namespace's: many of them may take longer together.
        let api = api.clone().with_deadline(self.deadline()).dry_run(self.is_dry_run);
        let result = work(api, place.namespace).await;
        report.took(started);
        match result {
            Ok(objects) => {
                report.objects = objects;
                (report, Ok(()))
            }
            Err(ClusterError::Terminating { .. }) => (report, Err(Fate::LeftOut(TERMINATING))),
            Err(error) => (report, Err(Fate::Failed(error.into()))),
        }
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.invocation.timeout.unwrap_or(self.site.settings.timeout))
    }

    /// On a terminal, and only where many are likely.
    fn progress(&self) -> ProgressBar {
        let is_many = match self.whose {
            Whose::Users(names) | Whose::Named(names) => names.len() > 1,
            Whose::All => true,
        };
        if !is_many || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {pos} namespaces, {elapsed}");
        ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
    }
}
