//! `renew-creds`: new tokens for users whose session at `OnDemand` goes on, before the old ones end.

mod metrics;
mod one;
mod report;
mod survey;

use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;

use super::credentials::Providers;
use super::{all_of, broken_files, guard, only, Invocation};
use crate::cli::RenewCredsArgs;
use crate::config::credentials::{self, required};
use crate::config::{renewal, Site};
use crate::deadline::Deadline;
use crate::error::{Error, Failures};
use crate::oidc::Doing;
use crate::renewal::Renewals;

use report::{Fate, UserReport};
use survey::Task;

/// What a timer is late, and a run takes, until the last of its users has the new token.
const SLACK: Duration = Duration::from_secs(30);
const NO_FOLDER: &str = "it names the folder, of root's alone, where logins leave what renews users' tokens, for example /var/lib/ood-k8s/renewal; set it, or run this no more";

/// Renews what is due. What fails for one user does not stop the others, and is tried again by the next run.
pub(super) async fn run(invocation: &Invocation, args: &RenewCredsArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let started = Instant::now();
    let site = invocation.site().map_err(only)?;
    let renewals = open(&site).map_err(only)?;
    let run = Run {
        invocation,
        args,
        site: &site,
        renewals: &renewals,
        total: invocation.timeout.unwrap_or(site.settings.timeout),
    };
    let (mut reports, mut failures) = run.all().await.map_err(only)?;
    reports.sort_by(|a, b| a.user.cmp(&b.user));
    failures.splice(0..0, broken_files(&site));
    if !args.dry_run {
        reports.iter().for_each(UserReport::record);
        report::record_all(&reports, started);
        report::warn_of_short_lives(&reports, args.interval);
        let written = args
            .metrics_file
            .as_ref()
            .map(|path| metrics::write(path, &reports, started));
        failures.extend(written.and_then(Result::err).map(|error| (String::new(), error.into())));
    }
    report::print(&reports, args);
    all_of(failures)
}

fn open(site: &Site) -> Result<Renewals, Error> {
    let keys = [renewal::KEYS, credentials::KEYS].concat();
    if let Some(fault) = site.settings.fault_of(&keys) {
        return Err(fault.clone().into());
    }
    let folder = site.settings.renewal.folder.as_ref();
    let folder = folder.ok_or_else(|| required(&site.settings, "RENEWAL_DIR", NO_FOLDER))?;
    Ok(Renewals::open(folder)?)
}

/// One run.
struct Run<'a> {
    invocation: &'a Invocation,
    args: &'a RenewCredsArgs,
    site: &'a Site,
    renewals: &'a Renewals,
    /// For each user.
    total: Duration,
}

type Outcomes = (Vec<UserReport>, Vec<(String, Error)>);

impl Run<'_> {
    async fn all(&self) -> Result<Outcomes, Error> {
        let mut done = Vec::new();
        let mut tasks = Vec::new();
        // Everything that can block, the passwd database above all, comes before the first refresh token is spent.
        for user in self.renewals.users()? {
            self.more_time("looking at what is kept");
            match self.survey(&user) {
                Ok(Some(task)) => tasks.push(task),
                Ok(None) => {}
                Err(error) => done.push(UserReport::new(&user).failed(vec![error])),
            }
        }
        if self.args.dry_run {
            done.extend(tasks.into_iter().map(Task::told));
        } else {
            self.more_time("finding the identity provider");
            let deadline = Deadline::after(self.total);
            let providers = Providers::new(&self.site.settings, &deadline);
            let fault = self.find(&tasks, &providers).await.err();
            let work = tasks
                .into_iter()
                .map(|task| self.task(task, &providers, fault.is_some()));
            done.extend(
                futures_util::stream::iter(work)
                    .buffer_unordered(self.args.jobs.into())
                    .collect::<Vec<_>>()
                    .await,
            );
            // Said once, with all that it hit.
            if let Some(fault) = fault {
                return Ok(with_fault(done, fault));
            }
        }
        Ok(take_failures(done))
    }

    /// Lets the watchdog wait for one more step: it ends a run that gets on no more, however many users there are.
    fn more_time(&self, step: &str) {
        self.invocation.deadline.enter(step);
        self.invocation.extend_deadline(self.total + Duration::from_secs(5));
    }

    /// Asks who the providers are, once for all users: where one is down, no refresh token is spent in vain.
    async fn find(&self, tasks: &[Task], providers: &Providers<'_>) -> Result<(), Error> {
        if !tasks.iter().any(|task| matches!(task, Task::Renew { .. })) {
            return Ok(());
        }
        let settings = &self.site.settings;
        let issuers = settings.issuer().into_iter();
        for issuer in issuers.chain(settings.credentials.exchange_issuer_url.as_deref()) {
            providers.find(issuer, Doing::Refresh).await?;
        }
        Ok(())
    }

    async fn task(&self, task: Task, providers: &Providers<'_>, is_down: bool) -> UserReport {
        self.more_time("renewing tokens");
        let started = Instant::now();
        let report = match task {
            Task::Leave { report } => report,
            Task::Forget { user, .. } => self.forget(&user).await,
            Task::Renew { report, .. } if is_down => report.waits(),
            Task::Renew { user, report } => {
                let deadline = Deadline::after(self.total);
                let providers = providers.until(&deadline).await;
                self.renew(&user, report, &providers, &deadline).await
            }
        };
        report.took(started)
    }

    /// What ends before this is due.
    fn horizon(&self) -> SystemTime {
        SystemTime::now() + self.args.interval + SLACK
    }
}

/// Gives those who waited in vain their reason, and says it once.
fn with_fault(mut reports: Vec<UserReport>, fault: Error) -> Outcomes {
    let waiting = reports.iter_mut().filter(|report| report.fate == Fate::Waits);
    let mut hit = Vec::new();
    for report in waiting {
        report.fate = Fate::Failed;
        report.why = Some(fault.to_string());
        hit.push(format!("user {}", report.user));
    }
    hit.sort();
    let (reports, mut failures) = take_failures(reports);
    failures.push((shortened(&hit), fault));
    (reports, failures)
}

fn take_failures(mut reports: Vec<UserReport>) -> Outcomes {
    let mut failures = Vec::new();
    for report in &mut reports {
        let what = format!("user {}", report.user);
        failures.extend(report.errors.drain(..).map(|error| (what.clone(), error)));
    }
    (reports, failures)
}

/// Hundreds of names would hide the reason.
fn shortened(hit: &[String]) -> String {
    match hit {
        [a, b, c, _, ..] => format!("{a}, {b}, {c} and {} more", hit.len() - 3),
        few => few.join(", "),
    }
}
