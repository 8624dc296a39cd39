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

    /// Revokes the refresh token that is kept of a user, and forgets it; `None` if there is none. If that fails, it is kept
    /// for another try, and nothing is renewed with it.
    pub async fn end(&mut self, user: &Username) -> Result<Option<Revocation>, SessionError> {
        let deadline = self.watchdog.step("revoking refresh tokens", self.total + PATIENCE);
        let held = Renewals::open(self.folder)?.hold(user, PATIENCE).await?;
        let Some(record) = readable(&held)? else {
            held.forget()?;
            return Ok(None);
        };
        let revoked = match &self.fault {
            Some(fault) => Err(Arc::clone(fault)),
            None => self.revoke(&record, &deadline).await.map_err(Arc::new),
        };
        self.fault = revoked.as_ref().err().filter(|fault| !fault.is_of_one_token()).cloned();
        settle(&held, record, revoked).map(Some)
    }

    async fn revoke(&self, record: &Record, deadline: &Deadline) -> Result<Revocation, CredentialsError> {
        if let Some(issuer) = self.settings.issuer() {
            self.providers.find(issuer, Doing::Revoke).await?;
        }
        let providers = self.providers.until(deadline).await;
        credentials::revoke(self.settings, record, &providers).await
    }
}

/// The record; `None` if there is none, or nothing in it that could be revoked.
fn readable(held: &Held) -> Result<Option<Record>, RenewalError> {
    match held.read() {
        Err(RenewalError::Garbled { .. }) => Ok(None),
        other => other,
    }
}

/// Forgets what was revoked, and keeps the rest.
pub(super) fn settle(
    held: &Held,
    mut record: Record,
    revoked: Result<Revocation, Arc<CredentialsError>>,
) -> Result<Revocation, SessionError> {
    match revoked {
        Ok(revocation) => {
            held.forget()?;
            Ok(revocation)
        }
        Err(fault) => {
            record.end();
            held.keep(&record)?;
            Err(SessionError::NotRevoked(fault))
        }
    }
}
