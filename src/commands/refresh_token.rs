//! `refresh-token`: renews the token in root's kubeconfig before it expires, for every cluster.

use std::time::{Duration, Instant, SystemTime};

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use super::results;
use crate::cli::RefreshTokenArgs;
use crate::cluster::{ClusterError, RootKubeconfig};
use crate::config::Site;
use crate::deadline::Deadline;
use crate::metrics::{self, RunResult, Sample};
use crate::print::Output;
use crate::root::{Refresh, RootReport, Rules, TokenSource, TokenWish};

/// Renews the tokens that are due. If one cluster fails, its old token stays and the others are renewed.
pub(super) async fn run(invocation: &Invocation, args: &RefreshTokenArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let total = invocation.total(&site.settings);
    let wish = TokenWish::from(&args.source);
    let source = TokenSource::open(&wish, &site.clusters).map_err(only)?;
    let rules = Rules {
        if_remaining_below: args.if_remaining_below,
        interval: args.interval,
        is_dry_run: args.dry_run,
    };
    let path = invocation.kubeconfig(&site.settings).map_err(only)?;
    let load = || RootKubeconfig::load(&path).map_err(|error| without_root(invocation, args, &site, error));
    let mut root = load()?;
    if let Some(wait) = jitter(args, &site, &rules, &root) {
        invocation.deadline.enter("waiting a random time");
        invocation.extend_deadline(wait + total);
        tokio::time::sleep(wait).await;
        // Another run may have renewed the token meanwhile.
        root = load()?;
    }
    // The clusters have `total`; then come the locks of the kubeconfig and of the metrics file.
    invocation.extend_deadline(2 * total + Duration::from_secs(2));
    invocation.deadline.enter("renewing tokens");
    let refresh = Refresh {
        rules,
        wish: &wish,
        source: &source,
        root: &root,
        deadline: Deadline::after(total),
    };
    let (reports, failed) = refresh.all(&site).await;
    let mut failures = Failures::of_broken_files(&site);
    failures.extend(failed);
    note(invocation, args, &site, &reports, &mut failures);
    if let Some(output) = args.output.or(args.dry_run.then_some(Output::Table)) {
        print(&reports, output, args.dry_run);
    }
    failures.result()
}

/// Without root's kubeconfig nothing can be done: the log and the metrics must show it.
fn without_root(invocation: &Invocation, args: &RefreshTokenArgs, site: &Site, error: ClusterError) -> Failures {
    let clusters = site.clusters.iter();
    let reports = clusters.map(|cluster| RootReport::new(&cluster.id).failed(&error, Instant::now()));
    let reports: Vec<_> = reports.collect();
    let mut failures = only(error);
    note(invocation, args, site, &reports, &mut failures);
    failures
}

/// How long to wait before the requests; `None` if nothing is due.
fn jitter(args: &RefreshTokenArgs, site: &Site, rules: &Rules, root: &RootKubeconfig) -> Option<Duration> {
    use std::hash::{BuildHasher as _, Hasher as _};
    let longest = args.jitter.filter(|_| !args.dry_run)?;
    if !site.clusters.iter().any(|cluster| rules.is_due(root, cluster)) {
        return None;
    }
    // The standard library seeds each `RandomState` differently.
    let random = std::hash::RandomState::new().build_hasher().finish();
    let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).max(1);
    Some(Duration::from_millis(random % millis))
}

/// Writes the log lines and the metrics, except in a dry run.
fn note(
    invocation: &Invocation,
    args: &RefreshTokenArgs,
    site: &Site,
    reports: &[RootReport],
    failures: &mut Failures,
) {
    if args.dry_run {
        return;
    }
    reports.iter().for_each(|report| report.record("refresh-token"));
    let Some(path) = &args.metrics_file else {
        return;
    };
    let sample = |report: &RootReport| Sample {
        cluster: report.cluster.clone(),
        token_end: report.end,
        result: match (&report.error, &report.untried) {
            (Some(_), _) => RunResult::Failed,
            (None, Some(_)) => RunResult::Untried,
            (None, None) => RunResult::Succeeded,
        },
        milliseconds: report.milliseconds,
    };
    let samples: Vec<_> = reports.iter().map(sample).collect();
    // With --cluster the other clusters' metrics must stay. So must those of a cluster whose file cannot be read now,
    // or the alert for its token would be lost.
    let keep_others = !invocation.sources.only.is_empty() || site.known.is_none();
    let written = metrics::write_root_tokens(path, &samples, keep_others, SystemTime::now());
    failures.extend(written.err().map(|error| (String::new(), error)));
}

fn print(reports: &[RootReport], output: Output, is_dry_run: bool) {
    let (heading, value, row) = (RootReport::HEADING, RootReport::value, RootReport::row);
    results::print_rows(reports, output, is_dry_run, heading, value, row);
}
