//! Work in many users' namespaces: which they are, side by side with a bound, and what became of them in one line.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::IsTerminal as _;
use std::time::Instant;

use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{json, Value};

use super::report::{self, Report};
use super::{login, Invocation};
use crate::cli::Output;
use crate::cluster::{self, Api, ClusterError, FoundNamespace, NamespacePages, ObjectReport};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::log;
use crate::naming::{Namespace, Username};
use crate::outcome::Outcome;

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

/// What became of all.
#[derive(Default)]
pub(super) struct Tally {
    /// By word: an outcome, `failed`, or why it was left out.
    counts: BTreeMap<&'static str, u64>,
    /// What was not as it should be; with users named, all of them.
    reports: Vec<Report>,
    pub failures: Vec<(String, Error)>,
}

/// Namespaces on their way out, and those that no login has claimed yet, are left out.
const TERMINATING: &str = "being deleted";
const UNCLAIMED: &str = "unclaimed";
const FAILED: &str = "failed";

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
            let page = match places.next().await {
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
                self.count(&mut tally, report, result);
            }
        }
    }

    /// One namespace.
    async fn at<W, F>(
        &self,
        place: Result<Place, (String, Error)>,
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
            Err((user, error)) => return (Report::new(&user, &cluster.id), Err(Fate::Failed(error))),
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

    fn count(&self, tally: &mut Tally, mut report: Report, result: Result<(), Fate>) {
        let word = match result {
            Ok(()) => report.outcome().word(),
            Err(Fate::LeftOut(why)) => why,
            Err(Fate::Failed(error)) => {
                report.add_error(&error);
                let place = report
                    .namespace
                    .clone()
                    .map_or_else(String::new, |name| format!(", namespace {name}"));
                tally
                    .failures
                    .push((format!("{}{place}", super::of_cluster(&report.cluster)), error));
                FAILED
            }
        };
        *tally.counts.entry(word).or_default() += 1;
        let is_news = word != Outcome::Unchanged.word() && word != UNCLAIMED && word != TERMINATING;
        if is_news && !self.is_dry_run {
            report.record(self.command);
        }
        // Of thousands that are as they should be nobody wants a list.
        if is_news || matches!(self.whose, Whose::Users(_) | Whose::Named(_)) {
            tally.reports.push(report);
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

    /// Prints what became of all, and puts one line of it into the record.
    pub fn print(&self, tally: &Tally, output: Output) {
        let counts: Vec<(&str, Value)> = tally.counts.iter().map(|(word, count)| (*word, json!(count))).collect();
        if !self.is_dry_run {
            let mut fields = vec![("msg", Value::from(self.command))];
            fields.extend(counts.iter().cloned());
            log::record(&fields);
        }
        let summary: Value = counts
            .into_iter()
            .map(|(word, count)| (word.to_owned(), count))
            .collect();
        match (self.whose, output) {
            (Whose::All, Output::Table) => log::result(&self.summary(tally)),
            (_, Output::Table) => report::print(&tally.reports, output, self.is_dry_run),
            _ => report::print_with(&tally.reports, output, self.is_dry_run, Some(summary)),
        }
    }

    fn summary(&self, tally: &Tally) -> String {
        let total: u64 = tally.counts.values().sum();
        let parts: Vec<_> = tally
            .counts
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let mark = if self.is_dry_run { " (server dry run)" } else { "" };
        let parts = if parts.is_empty() {
            String::new()
        } else {
            format!(": {}", parts.join(", "))
        };
        format!("{total} namespaces{parts}{mark}")
    }
}

/// Why nothing was done in a namespace.
enum Fate {
    LeftOut(&'static str),
    Failed(Error),
}

/// A namespace to work in.
struct Place {
    namespace: String,
    owner: String,
    left_out: Option<&'static str>,
}

/// The namespaces, a page at a time.
enum Places<'a> {
    Listed(NamespacePages<'a>),
    Users {
        api: &'a Api,
        cluster: &'a Cluster,
        names: &'a [String],
        reserved: &'a [String],
    },
    Named(&'a [String]),
    Done,
}

type Page = Vec<Result<Place, (String, Error)>>;

impl<'a> Places<'a> {
    fn new(many: &Many<'a>, api: &'a Api, cluster: &'a Cluster) -> Self {
        match many.whose {
            Whose::All => Self::Listed(NamespacePages::new(api)),
            Whose::Named(names) => Self::Named(names),
            Whose::Users(names) => Self::Users {
                api,
                cluster,
                names,
                reserved: &many.site.settings.reserved_namespaces,
            },
        }
    }

    async fn next(&mut self) -> Result<Option<Page>, ClusterError> {
        match std::mem::replace(self, Self::Done) {
            Self::Done => Ok(None),
            Self::Named(names) => Ok(Some(names.iter().map(|name| Ok(Place::named(name))).collect())),
            Self::Users {
                api,
                cluster,
                names,
                reserved,
            } => {
                let found = names.iter().map(|name| Place::of_user(api, cluster, name, reserved));
                let found = futures_util::stream::iter(found).buffered(16).collect().await;
                Ok(Some(found))
            }
            Self::Listed(mut pages) => {
                let page = pages.next().await?;
                *self = Self::Listed(pages);
                Ok(page.map(|page| page.into_iter().map(|found| Ok(Place::found(found))).collect()))
            }
        }
    }
}

impl Place {
    fn named(name: &str) -> Self {
        Self {
            namespace: name.to_owned(),
            owner: String::new(),
            left_out: None,
        }
    }

    fn found(found: FoundNamespace) -> Self {
        let left_out = match (&found.owner, found.is_terminating) {
            (_, true) => Some(TERMINATING),
            (None, false) => Some(UNCLAIMED),
            (Some(_), false) => None,
        };
        Self {
            namespace: found.name,
            owner: found.owner.unwrap_or_default(),
            left_out,
        }
    }

    /// The namespace of a user, if it is there and the user's: nobody else gets the password.
    async fn of_user(api: &Api, cluster: &Cluster, name: &str, reserved: &[String]) -> Result<Self, (String, Error)> {
        let failed = |error: Error| (name.to_owned(), error);
        let user = Username::parse(name).map_err(|error| failed(error.into()))?;
        let namespace = Namespace::of_user(&cluster.namespace_prefix.value, &user, reserved);
        let namespace = namespace.map_err(|error| failed(error.into()))?.to_string();
        let found = cluster::find_namespace(api, &namespace).await;
        let found = found.map_err(|error| failed(error.into()))?;
        let reason = match found.as_ref().map(|found| found.owner.as_deref()) {
            Some(Some(owner)) if owner == name => None,
            Some(Some(owner)) => Some(format!("it belongs to user {owner}")),
            Some(None) => Some(format!("nobody has claimed it; run: ood-k8s bootstrap-user {name}")),
            None => Some(format!(
                "it is not there; the user's next login makes it, or: ood-k8s bootstrap-user {name}"
            )),
        };
        match (reason, found) {
            (None, Some(found)) => Ok(Self::found(found)),
            (reason, _) => Err(failed(Error::Cluster(ClusterError::NotOurs {
                namespace,
                reason: reason.unwrap_or_default(),
            }))),
        }
    }
}

impl Tally {
    fn failed(what: String, error: Error) -> Self {
        Self {
            failures: vec![(what, error)],
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        for (word, count) in other.counts {
            *self.counts.entry(word).or_default() += count;
        }
        self.reports.extend(other.reports);
        self.failures.extend(other.failures);
    }
}
