//! A session that root keeps ends at the identity provider too: its refresh token is revoked, and only then forgotten.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::error::SessionError;
use crate::config::settings::Settings;
use crate::credentials::{self, CredentialsError, Providers};
use crate::deadline::Deadline;
use crate::naming::Username;
use crate::oidc::{Doing, Revocation};
use crate::renewal::{Held, Record, RenewalError, Renewals};

/// A login or renewal holds a record for as long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a session that root kept; nothing is kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There was no record.
    Nothing,
    /// The record could not be read, so there was no refresh token to revoke.
    Unreadable,
    /// The identity provider was asked.
    Asked(Revocation),
}

impl Ended {
    /// Whether the refresh token is not valid any more.
    pub fn is_revoked(self) -> bool {
        self == Self::Asked(Revocation::Revoked)
    }

    /// What a person has to know if the token works on.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Unreadable => Some("the record of the session was damaged and is removed, so its refresh token was not revoked; end the user's session at the identity provider"),
            Self::Asked(revocation) => revocation.warning(),
        }
    }
}

/// Ends the kept sessions of several users, one after another.
pub struct Revoking<'a> {
    settings: &'a Settings,
    folder: &'a Path,
    watchdog: &'a Deadline,
    total: Duration,
    providers: Providers<'a>,
    /// What kept the provider from answering: it is not waited for again with each user.
    fault: Option<Arc<CredentialsError>>,
}

impl<'a> Revoking<'a> {
    /// Contacts no provider yet. `first` is the deadline to find it.
    pub fn new(
        settings: &'a Settings,
        folder: &'a Path,
        (watchdog, total): (&'a Deadline, Duration),
        first: &'a Deadline,
    ) -> Self {
        Self {
            settings,
            folder,
            watchdog,
            total,
            providers: Providers::new(settings, first),
            fault: None,
        }
    }

    /// Revokes the refresh token that is kept of a user, and forgets it. If that fails, it is kept for another try, and
    /// nothing is renewed with it.
    pub async fn end(&mut self, user: &Username) -> Result<Ended, SessionError> {
        let deadline = self.watchdog.step("revoking refresh tokens", self.total + PATIENCE);
        let held = Renewals::open(self.folder)?.hold(user, PATIENCE).await?;
        let record = match held.read() {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(forgotten(&held, Ended::Nothing)?),
            Err(RenewalError::Garbled { .. }) => return Ok(forgotten(&held, Ended::Unreadable)?),
            Err(error) => return Err(error.into()),
        };
        let mut record = Some(record);
        record.iter_mut().for_each(Record::end);
        let revoked = match &self.fault {
            Some(fault) => Err(Arc::clone(fault)),
            None => self.revoke(&mut record, &deadline).await.map_err(Arc::new),
        };
        self.fault = revoked.as_ref().err().filter(|fault| !fault.is_of_one_token()).cloned();
        settle(&held, record.as_ref(), revoked).map(Ended::Asked)
    }

    async fn revoke(&self, record: &mut Option<Record>, deadline: &Deadline) -> Result<Revocation, CredentialsError> {
        if let Some(issuer) = self.settings.issuer() {
            self.providers.find(issuer, Doing::Revoke).await?;
        }
        let providers = self.providers.until(deadline).await;
        credentials::revoke(self.settings, record, &providers).await
    }
}

/// Nothing stays: what could not be read renews nothing either.
fn forgotten(held: &Held, ended: Ended) -> Result<Ended, RenewalError> {
    held.forget()?;
    Ok(ended)
}

/// Keeps what is left of a record after this, if anything is.
pub(super) fn settle(
    held: &Held,
    left: Option<&Record>,
    revoked: Result<Revocation, Arc<CredentialsError>>,
) -> Result<Revocation, SessionError> {
    held.leave(left)?;
    revoked.map_err(SessionError::NotRevoked)
}
