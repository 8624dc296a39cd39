//! One run for all users: surveys them first, and then renews their tokens concurrently.

use std::time::Instant;

use futures_util::StreamExt as _;

use super::error::SessionError;
use super::report::{Fate, UserReport};
use super::run::Run;
use super::survey::Task;
use crate::credentials::Providers;
use crate::deadline::Deadline;
use crate::oidc::Doing;
use crate::side_by_side::side_by_side;

/// What came of a run.
pub struct Outcomes {
    /// The result for each user.
    pub reports: Vec<UserReport>,
    /// What failed, and for whom.
    pub failures: Vec<(String, SessionError)>,
    /// What users have in their homes that is in the way: it affects no other user, so it fails no run.
    pub warnings: Vec<(String, SessionError)>,
}

impl Run<'_> {
    /// Renews the tokens that are due. A failure for one user does not stop the others; the next run tries again.
    pub async fn all(&self) -> Result<Outcomes, SessionError> {
        let mut done = Vec::new();
        let mut tasks = Vec::new();
        // Everything that can block, such as the passwd database, comes before the first refresh token is used.
        for user in self.renewals.users()? {
            self.more_time("reading what logins stored");
            match self.survey(&user) {
                Ok(Some(task)) => tasks.push(task),
                Ok(None) => {}
                Err(error) => done.push(UserReport::new(&user).failed(vec![error])),
            }
        }
        if self.is_dry_run {
            done.extend(tasks.into_iter().map(Task::told));
        } else {
            self.more_time("finding the identity provider");
            let deadline = Deadline::after(self.total);
            let providers = Providers::new(&self.site.settings, &deadline);
            let fault = self.find(&tasks, &providers).await.err();
            let work = tasks
                .into_iter()
                .map(|task| self.task(task, &providers, fault.is_some()));
            done.extend(side_by_side(work, self.jobs).collect::<Vec<_>>().await);
            // Report it once, with the users concerned.
            if let Some(fault) = fault {
                return Ok(with_fault(done, fault));
            }
        }
        Ok(take_failures(done))
    }

    /// Discovers the providers, once for all users: if one is down, no refresh token is used up.
    async fn find(&self, tasks: &[Task<'_>], providers: &Providers<'_>) -> Result<(), SessionError> {
        if !tasks
            .iter()
            .any(|task| matches!(task, Task::Renew { .. } | Task::Revoke { .. }))
        {
            return Ok(());
        }
        let settings = &self.site.settings;
        let issuers = settings.issuer().into_iter();
        for issuer in issuers.chain(settings.credentials.exchange_issuer_url.as_deref()) {
            providers.find(issuer, Doing::Refresh).await?;
        }
        Ok(())
    }

    async fn task(&self, task: Task<'_>, providers: &Providers<'_>, is_down: bool) -> UserReport {
        self.more_time("renewing tokens");
        let started = Instant::now();
        let report = match task {
            Task::Leave { report } => report,
            Task::Forget { user, .. } => self.forget(&user).await,
            Task::Renew { report, .. } | Task::Revoke { report, .. } if is_down => report.waits(),
            Task::Revoke { user, report } => {
                let deadline = Deadline::after(self.total);
                let providers = providers.until(&deadline).await;
                self.revoke(&user, report, &providers).await
            }
            Task::Renew { user, offered, report } => {
                let deadline = Deadline::after(self.total);
                let providers = providers.until(&deadline).await;
                self.renew((&user, &offered), report, &providers, &deadline).await
            }
        };
        report.took(started)
    }
}

/// Marks the waiting users as failed, and reports the reason once.
fn with_fault(mut reports: Vec<UserReport>, fault: SessionError) -> Outcomes {
    let waiting = reports.iter_mut().filter(|report| report.fate == Fate::Waits);
    let mut hit = Vec::new();
    for report in waiting {
        report.fate = Fate::Failed;
        report.why = Some(fault.to_string());
        hit.push(format!("user {}", report.user));
    }
    hit.sort();
    let mut outcomes = take_failures(reports);
    outcomes.failures.push((shortened(&hit), fault));
    outcomes
}

fn take_failures(mut reports: Vec<UserReport>) -> Outcomes {
    let (mut failures, mut warnings) = (Vec::new(), Vec::new());
    for report in &mut reports {
        let what = format!("user {}", report.user);
        let list = if report.fate == Fate::Blocked {
            &mut warnings
        } else {
            &mut failures
        };
        list.extend(report.errors.drain(..).map(|error| (what.clone(), error)));
    }
    Outcomes {
        reports,
        failures,
        warnings,
    }
}

/// Shortens the list of names, which could hide the reason.
fn shortened(hit: &[String]) -> String {
    match hit {
        [a, b, c, _, ..] => format!("{a}, {b}, {c} and {} more", hit.len() - 3),
        few => few.join(", "),
    }
}
