//! `refresh-token`: a new token in root's kubeconfig before the old one ends, for every cluster.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;

use super::super::{all_of, broken_files, guard, of_cluster, only, Invocation};
use super::report::{self, RootReport};
use super::token_source::{account, TokenSource};
use super::write::{token_edit, Change};
use crate::cli::RefreshTokenArgs;
use crate::cluster::{ClusterError, RootEntry, RootKubeconfig, RootLogin};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::{Error, Failures, TokenEnds};
use crate::metrics::{self, Sample};
use crate::outcome::Outcome;
use crate::time::for_a_person;

/// Renews what is due. What fails for one cluster does not stop the others, and its old token stays.
pub(crate) async fn run(invocation: &Invocation, args: &RefreshTokenArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let total = invocation.timeout.unwrap_or(site.settings.timeout);
    let source = TokenSource::open(&args.source, &site.clusters).map_err(only)?;
    let path = invocation.kubeconfig();
    let load = || RootKubeconfig::load(&path).map_err(|error| without_root(invocation, args, &site, error.into()));
    let mut root = load()?;
    if let Some(wait) = jitter(args, &site, &root) {
        invocation.deadline.enter("waiting a random time");
        invocation.extend_deadline(wait + total);
        tokio::time::sleep(wait).await;
        // Another run may have been faster.
        root = load()?;
    }
    // The clusters have `total`; then come the file's lock and the metrics'.
    invocation.extend_deadline(2 * total + Duration::from_secs(2));
    invocation.deadline.enter("renewing tokens");
    let refresh = Refresh {
        args,
        source: &source,
        root: &root,
        deadline: Deadline::after(total),
    };
    let (reports, mut failures) = refresh.all(&site).await;
    failures.splice(0..0, broken_files(&site));
    failures.extend(note(invocation, args, &site, &reports));
    if let Some(output) = args.output.or(args.dry_run.then_some(crate::cli::Output::Table)) {
        report::print(&reports, output, args.dry_run);
    }
    all_of(failures)
}

/// Without root's kubeconfig nothing can be done, and somebody shall see it.
fn without_root(invocation: &Invocation, args: &RefreshTokenArgs, site: &Site, error: Error) -> Failures {
    let failed = |cluster: &Cluster| RootReport::new(&cluster.id).failed(&error, Instant::now());
    let reports: Vec<_> = site.clusters.iter().map(failed).collect();
    let of_metrics = note(invocation, args, site, &reports);
    Failures::one(error).and(of_metrics)
}

/// Puts what was done into the record and the metrics; a dry run did nothing.
fn note(
    invocation: &Invocation,
    args: &RefreshTokenArgs,
    site: &Site,
    reports: &[RootReport],
) -> Option<(String, Error)> {
    if args.dry_run {
        return None;
    }
    reports.iter().for_each(|report| report.record("refresh-token"));
    write_metrics(invocation, args, site, reports)
}

/// How long to wait before asking: not at all where nothing is due.
fn jitter(args: &RefreshTokenArgs, site: &Site, root: &RootKubeconfig) -> Option<Duration> {
    use std::hash::{BuildHasher as _, Hasher as _};
    let longest = args.jitter.filter(|_| !args.dry_run)?;
    let is_due = |cluster| !matches!(root.entry(cluster).map(|entry| is_fresh(args, &entry)), Ok(true));
    if !site.clusters.iter().any(is_due) {
        return None;
    }
    // The standard library seeds each hasher state anew.
    let random = std::hash::RandomState::new().build_hasher().finish();
    let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).max(1);
    Some(Duration::from_millis(random % millis))
}

/// Whether the token works longer than `--if-remaining-below` says. One that does not say when it ends is never fresh.
fn is_fresh(args: &RefreshTokenArgs, entry: &RootEntry) -> bool {
    match (args.if_remaining_below, entry.token_end()) {
        (Some(below), Some(end)) => end > SystemTime::now() + below,
        _ => false,
    }
}

/// One run.
struct Refresh<'a> {
    args: &'a RefreshTokenArgs,
    source: &'a TokenSource<'a>,
    root: &'a RootKubeconfig,
    deadline: Deadline,
}

impl Refresh<'_> {
    /// All clusters side by side. Those that share a user's entry share its token.
    async fn all(&self, site: &Site) -> (Vec<RootReport>, Vec<(String, Error)>) {
        let mut groups: Vec<(RootEntry, Vec<&Cluster>)> = Vec::new();
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        for cluster in &site.clusters {
            match self.root.entry(cluster).map_err(Error::from) {
                Ok(entry) => match groups.iter_mut().find(|(known, _)| known.user == entry.user) {
                    Some((_, clusters)) => clusters.push(cluster),
                    None => groups.push((entry, vec![cluster])),
                },
                Err(error) => {
                    reports.push(RootReport::new(&cluster.id).failed(&error, Instant::now()));
                    failures.push((of_cluster(&cluster.id), error));
                }
            }
        }
        for (report, errors) in join_all(groups.iter().map(|(entry, clusters)| self.one(entry, clusters))).await {
            let what = of_cluster(&report.cluster);
            failures.extend(errors.into_iter().map(|error| (what.clone(), error)));
            reports.push(report);
        }
        reports.sort_by(|a, b| a.cluster.cmp(&b.cluster));
        (reports, failures)
    }

    /// One token: its report, and what is wrong with it in the end.
    async fn one(&self, entry: &RootEntry, clusters: &[&Cluster]) -> (RootReport, Vec<Error>) {
        let started = Instant::now();
        let ids: Vec<&str> = clusters.iter().map(|cluster| cluster.id.as_str()).collect();
        let mut report = RootReport::new(&ids.join(","));
        report.user.clone_from(&entry.user);
        report.end = entry.token_end();
        let mut errors = Vec::new();
        match self.renew(entry, clusters[0]).await {
            Ok((outcome, end)) => {
                report.outcome = Some(outcome);
                report.end = end;
                report = report.took(started);
            }
            Err(error) => {
                report = report.failed(&error, started);
                errors.push(error);
            }
        }
        errors.extend(self.ends_too_soon(&report).map(Error::TokenEnds));
        (report, errors)
    }

    async fn renew(&self, entry: &RootEntry, cluster: &Cluster) -> Result<(Outcome, Option<SystemTime>), Error> {
        if let RootLogin::Other(how) = entry.login {
            return Err(ClusterError::NotAToken {
                path: self.root.path().to_owned(),
                user: entry.user.clone(),
                how,
            }
            .into());
        }
        if is_fresh(self.args, entry) {
            return Ok((Outcome::Unchanged, entry.token_end()));
        }
        if self.args.dry_run {
            return Ok((Outcome::Changed, entry.token_end()));
        }
        let account = account(&self.args.source, cluster);
        let old = entry.token();
        let new = self
            .source
            .obtain(self.root, cluster, account, old, &self.deadline)
            .await?;
        let change = Change {
            cluster: cluster.clone(),
            edit: token_edit(&entry.user, &new),
            old: old.cloned(),
            new,
        };
        let tried = change.try_out(self.root, account, &self.deadline).await?;
        let written = change.write(self.root.path().to_owned(), tried, &self.deadline).await?;
        Ok((written.outcome, written.end))
    }

    /// Whether the token that is there now ends before the next run.
    fn ends_too_soon(&self, report: &RootReport) -> Option<TokenEnds> {
        // In a dry run it is the end of a token that would be replaced.
        let end = report.end.filter(|_| !self.args.dry_run)?;
        let when = match end.duration_since(SystemTime::now()) {
            Ok(left) if left > self.args.interval => return None,
            Ok(left) => format!("ends in {}", for_a_person(left)),
            Err(over) => format!("ended {} ago", for_a_person(over.duration())),
        };
        Some(TokenEnds {
            user: report.user.clone(),
            when,
            interval: for_a_person(self.args.interval),
        })
    }
}

fn write_metrics(
    invocation: &Invocation,
    args: &RefreshTokenArgs,
    site: &Site,
    reports: &[RootReport],
) -> Option<(String, Error)> {
    let path = args.metrics_file.as_ref()?;
    let sample = |report: &RootReport| Sample {
        cluster: report.cluster.clone(),
        token_end: report.end,
        succeeded: report.error.is_none(),
        milliseconds: report.milliseconds,
    };
    let samples: Vec<_> = reports.iter().map(sample).collect();
    // With --cluster the others' metrics are none of this run's business; and a cluster whose file cannot be read now
    // shall not vanish, or nobody would be told that its token ends.
    let keep_others = !invocation.sources.only.is_empty() || !site.broken.is_empty();
    let written = metrics::write(path, &samples, keep_others, SystemTime::now());
    written.err().map(|error| (String::new(), error.into()))
}
