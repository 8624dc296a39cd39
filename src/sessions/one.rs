//! Renews one user's tokens under the lock, in an order that is safe if the process dies at any point.

use std::sync::Arc;

use super::error::SessionError;
use super::report::{Fate, UserReport};
use super::revoke::settle;
use super::run::Run;
use super::survey::Offered;
use crate::credentials::{self, CredentialsError, CredentialsPlan, Own, Providers, Remains};
use crate::deadline::Deadline;
use crate::home::{self, Fault, HomeError};
use crate::naming::Username;
use crate::renewal::{Held, Record, RenewalError};
use crate::user::{self, User};

/// Part of a user's deadline for the lock.
const SHARE: f64 = 0.5;
const ENDED: &str = "the identity provider has ended the session";
const ANOTHER: &str = "the next run renews with another session of the user";

impl Run<'_> {
    /// Removes a user's record, unless there was a login meanwhile.
    pub(super) async fn forget(&self, name: &Username) -> UserReport {
        let report = UserReport::new(name);
        let forgotten = async {
            let held = self.renewals.hold(name, self.total.mul_f64(SHARE)).await?;
            let Some(record) = held.read()?.filter(|record| !record.is_to_be_revoked) else {
                return Ok(None);
            };
            let over = match user::look_up(name.as_str(), self.site.settings.min_uid) {
                Ok(user) => self.is_over(&user, &record)?.map(str::to_owned),
                Err(error) => Some(error.to_string()),
            };
            if over.is_some() {
                held.forget()?;
            }
            Ok(over)
        };
        match forgotten.await {
            Ok(Some(reason)) => report.because(Fate::Forgotten, &reason),
            Ok(None) => report,
            Err(error) => report.failed(vec![error]),
        }
    }

    /// Revokes what an earlier run could not, unless there was a login meanwhile.
    pub(super) async fn revoke(&self, name: &Username, report: UserReport, providers: &Providers<'_>) -> UserReport {
        let revoked = async {
            let held = self.renewals.hold(name, self.total.mul_f64(SHARE)).await?;
            let Some(record) = held.read()?.filter(|record| record.is_to_be_revoked) else {
                return Ok(None);
            };
            let mut record = Some(record);
            let revoked = credentials::revoke(&self.site.settings, &mut record, providers).await;
            settle(&held, record.as_ref(), revoked.map_err(Arc::new)).map(Some)
        };
        match revoked.await {
            Ok(Some(revocation)) => match revocation.warning() {
                Some(warning) => report.because(Fate::Forgotten, warning),
                None => report,
            },
            Ok(None) => UserReport::new(name),
            Err(error) => report.failed(vec![error]),
        }
    }

    /// Renews one user's tokens, unless another run has done so.
    pub(super) async fn renew(
        &self,
        (user, offered): (&User, &Offered<'_>),
        mut report: UserReport,
        providers: &Providers<'_>,
        deadline: &Deadline,
    ) -> UserReport {
        let taken = async {
            let held = self
                .renewals
                .hold(&user.name, deadline.remaining().mul_f64(SHARE))
                .await?;
            let is_due = |record: &Record| offered.are_due(record, self.horizon());
            let record = held.read()?.filter(is_due);
            Ok::<_, SessionError>(record.map(|record| (held, record)))
        };
        let (held, mut record) = match taken.await {
            Ok(Some(taken)) => taken,
            Ok(None) => return report,
            Err(error) => return report.failed(vec![error]),
        };
        let before = record.clone();
        let own = match self.refresh((user, offered), &held, &mut record, providers).await {
            Ok((own, failures)) => {
                report.errors = failures;
                own
            }
            Err(error) => return not_refreshed(report, &held, (&before, record), error),
        };
        let failures = self
            .write((user, offered), &own, &held, &mut record, (providers, deadline))
            .await;
        report.end = offered.first_end(&record);
        report.errors.extend(failures);
        if report.errors.iter().any(SessionError::is_astray) {
            let errors = std::mem::take(&mut report.errors);
            return forgotten(report, &held, record, errors);
        }
        report.renewed()
    }

    /// Uses the refresh token, noted before on the disk, and stores the next one there before anything else is done with the
    /// answer.
    async fn refresh(
        &self,
        (user, offered): (&User, &Offered<'_>),
        held: &Held,
        record: &mut Record,
        providers: &Providers<'_>,
    ) -> Result<(Own, Vec<SessionError>), CredentialsError> {
        let clusters = offered.of(record);
        let own = credentials::renew(self.site, user, (record, held), &clusters, providers).await?;
        record.subject = record.subject.take().or_else(|| own.subject());
        record.spent = None;
        let spent = record.refresh_token.clone();
        if let Some(next) = &own.refresh {
            record.refresh_token = next.clone();
        }
        // If that fails, still write the new tokens to the home: they may be the last ones.
        let kept = held.keep_answer(record, &spent).err().map(SessionError::from);
        Ok((own, kept.into_iter().collect()))
    }

    /// Writes the tokens as the user, and only then records when they expire.
    async fn write(
        &self,
        (user, offered): (&User, &Offered<'_>),
        own: &Own,
        held: &Held,
        record: &mut Record,
        (providers, deadline): (&Providers<'_>, &Deadline),
    ) -> Vec<SessionError> {
        let clusters = offered.of(record);
        let plan = credentials::plan_renewed(self.site, user, own, providers, &clusters).await;
        let CredentialsPlan {
            files,
            clusters: written,
            ends,
            failures,
            ..
        } = plan;
        let mut failures: Vec<_> = failures.into_iter().map(|(_, error)| error.into()).collect();
        if files.is_empty() {
            return failures;
        }
        match write_home(user, files, deadline).await {
            Ok(()) => {
                // What is written without an end is renewed by somebody else.
                record
                    .ends
                    .retain(|id, _| !written.iter().any(|(other, _)| other == id));
                record.ends.extend(ends);
                failures.extend(held.keep(record).err().map(SessionError::from));
            }
            Err(error) => failures.push(error.into()),
        }
        failures
    }
}

/// Keeps what a refresh that failed leaves of a record, which was `before` as it is kept on the disk.
fn not_refreshed(
    report: UserReport,
    held: &Held,
    (before, record): (&Record, Record),
    error: CredentialsError,
) -> UserReport {
    match error.remains(before.sent_at()) {
        Remains::Nothing => ended(report, held, record),
        Remains::Loss { at } => lost(report, held, record, &at),
        Remains::Astray => forgotten(report, held, record, vec![error.into()]),
        Remains::Unspent => {
            if record.spent != before.spent {
                // If that fails, the note stays, which costs nobody a session.
                let _ = held.keep(before);
            }
            report.failed(vec![error.into()])
        }
        Remains::Unknown => report.failed(vec![error.into()]),
    }
}

/// Keeps what is left of a record whose first session is over: another session of the user, which the next run renews.
fn leave(held: &Held, record: Record) -> Result<Option<Record>, RenewalError> {
    let handed_over = record.handed_over.clone();
    let left = record.without(&handed_over);
    held.leave(left.as_ref())?;
    Ok(left)
}

fn ended(report: UserReport, held: &Held, record: Record) -> UserReport {
    match leave(held, record) {
        Ok(Some(left)) if !left.ends.is_empty() => report.because(Fate::Kept, &format!("{ENDED}; {ANOTHER}")),
        other => over(report, other.map(drop), ENDED),
    }
}

/// Keeps of that session only why it is lost, which its next login says.
fn lost(report: UserReport, held: &Held, mut record: Record, at: &str) -> UserReport {
    let reason = format!(
        "the refresh token was sent at {at} already, the answer was lost before it was stored, and it works no more"
    );
    let handed_over = record.handed_over.clone();
    record.lose_of(&handed_over);
    match held.keep(&record) {
        Ok(()) if !record.is_lost => report.because(Fate::Kept, &format!("{reason}; {ANOTHER}")),
        kept => over(report, kept, &format!("{reason}; the user logs in to OnDemand again")),
    }
}

fn over(report: UserReport, forgotten: Result<(), RenewalError>, reason: &str) -> UserReport {
    match forgotten {
        Ok(()) => report.because(Fate::Forgotten, reason),
        Err(error) => report.failed(vec![error.into()]),
    }
}

/// Forgets the session of a user to whom the identity provider gave another user's token, and fails with the reason: it cannot
/// be known whose the next one would be.
fn forgotten(report: UserReport, held: &Held, record: Record, mut errors: Vec<SessionError>) -> UserReport {
    let told = |error| match error {
        SessionError::Credentials(error) if error.is_astray() => SessionError::Forgotten(error),
        other => other,
    };
    match leave(held, record) {
        Ok(_) => report
            .failed(errors.into_iter().map(told).collect())
            .with(Fate::Forgotten),
        Err(error) => {
            errors.push(error.into());
            report.failed(errors)
        }
    }
}

async fn write_home(user: &User, files: Vec<home::FileEdits>, deadline: &Deadline) -> Result<(), HomeError> {
    let written = home::start(user, files, deadline)?.finish(deadline).await?;
    let faults: Vec<_> = written.into_iter().filter_map(|file| file.outcome.err()).collect();
    Fault::join(faults).map_or(Ok(()), |fault| Err(HomeError::Kubeconfig(fault)))
}
