//! `pre-hook`: what OnDemand calls at every login; processes all clusters concurrently, with one deadline.

use std::path::Path;
use std::time::Instant;

use super::error::{only, Error, Failures};
use super::invocation::Invocation;
use super::results;
use crate::cli::PreHookArgs;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::door;
use crate::exit::ExitStatus;
use crate::log;
use crate::login::{self, Between, Heard, InClusters, Report};
use crate::metrics::{self, LoginSample};
use crate::oidc::Handover;
use crate::queue::{self, Queue, Turn};
use crate::suspended::Suspended;
use crate::user::User;

/// Runs all parts of a login even if one fails; one line on stderr says what was not done.
pub(super) async fn run(invocation: &Invocation, args: &PreHookArgs, handover: &Handover) -> Result<(), Failures> {
    let started = Instant::now();
    let not_begun = |error| not_begun(invocation, args, error, started);
    let begun = invocation.begin_login(&args.user, cut_off(invocation, args, started));
    let (site, user, skipped) = begun.map_err(not_begun)?;
    let deadline = &invocation.deadline;
    let mut failures = Failures::of_broken_files(&site);
    let between = Between::unknown(&site);
    let in_clusters = InClusters {
        site: &site,
        user: &user,
        handover,
        kubeconfig: invocation.kubeconfig(&site.settings),
        deadline,
        started,
        between: &between,
        heard: Heard::default(),
    };
    let queue = queue::open(site.settings.logins_at_once, user.uid);
    // Whoever has to wait reads these files after that: once, and as they are then.
    let prepared = (!queue.has_others_waiting()).then(|| in_clusters.prepare());
    let mut turn = await_turn(queue, &site, &user, deadline).await.map_err(not_begun)?;
    let prepared = in_clusters.prepare_now(prepared, turn.waited());
    deadline.enter("waiting for the home, the clusters and the identity provider");
    // The home comes first: if the identity provider is not needed, the child is running before the clusters are asked.
    let written = login::write_home(&site, &user, handover, &between, deadline);
    let waited = turn.waited();
    // The home may hang: nobody else waits for that.
    let asked = async {
        let goes_on = || in_clusters.heard.goes_on(site.clusters.len());
        let answers = turn.hold(in_clusters.bootstrap(prepared), goes_on).await;
        turn.end(answers.first_answer());
        answers.conclude(&site, &between).await
    };
    let (written, (mut reports, failed)) = futures_util::future::join(written, asked).await;
    reports.iter_mut().for_each(|report| report.waited(waited));
    failures.extend(failed);
    failures.extend(written.note(&mut reports, &site));
    reports.extend(skipped);
    results::warn(&reports);
    reports.iter().for_each(|report| report.record(log::LOGIN));
    if let Some(path) = &site.settings.program.login_metrics {
        // A file of clusters.d that cannot be read is no cluster that is gone.
        let is_all = site.known.is_some() && invocation.sources.only.is_empty();
        count(path, &reports, is_all, started);
    }
    failures.result()
}

/// Waits for the turn of this login. Whoever was suspended meanwhile is not let in.
async fn await_turn(queue: Queue, site: &Site, user: &User, deadline: &Deadline) -> Result<Turn, Error> {
    deadline.enter("waiting for other logins");
    let turn = queue.turn(deadline).await?;
    deadline.begin_after(turn.waited());
    if !turn.waited().is_zero() {
        door::enter_anew();
        Suspended::of(&site.settings)?.let_in(user.name.as_str())?;
    }
    Ok(turn)
}

/// A login that did not get as far as to the clusters is one that failed, too.
fn not_begun(invocation: &Invocation, args: &PreHookArgs, error: Error, started: Instant) -> Failures {
    let mut report = Report::failed(&args.user, "", &error);
    report.took(started);
    report.record(log::LOGIN);
    let (site, _) = Site::salvage(&invocation.sources);
    if let Some(path) = &site.settings.program.login_metrics {
        count(path, &[report], false, started);
    }
    only(error)
}

/// So is one that the watchdog ends.
fn cut_off(invocation: &Invocation, args: &PreHookArgs, started: Instant) -> impl FnOnce(String) + Send + 'static {
    let (user, metrics) = (args.user.clone(), invocation.login_metrics.clone());
    move |reason| {
        let mut report = Report::new(&user, "");
        report.took(started);
        report.result = ExitStatus::Deadline.word();
        report.error = Some(reason);
        report.record(log::LOGIN);
        if let Some(path) = metrics.get() {
            count(path, &[report], false, started);
        }
    }
}

/// Counts the login, in clusters that the user is offered. That it cannot be is no failure of the login.
fn count(path: &Path, reports: &[Report], is_all: bool, started: Instant) {
    let tried = reports.iter().filter(|report| report.skipped.is_none());
    let samples: Vec<_> = tried
        .map(|report| LoginSample {
            cluster: report.cluster.clone(),
            result: report.result,
            milliseconds: report.milliseconds,
        })
        .collect();
    let clusters = is_all.then(|| reports.iter().map(|report| report.cluster.clone()).collect());
    if let Err(error) = metrics::count_login(path, &samples, started.elapsed(), clusters) {
        log::warning(&error.to_string());
    }
}
