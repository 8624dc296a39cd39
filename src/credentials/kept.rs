//! Stores what later renewals need from a login: the refresh token that still works, and when the tokens expire.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::error::CredentialsError;
use super::own::Own;
use crate::config::clusters::Cluster;
use crate::config::credentials::Mode;
use crate::config::Site;
use crate::log;
use crate::naming::Username;
use crate::oidc::Handover;
use crate::renewal::{Held, Record, RenewalError, Renewals};
use crate::user::User;

/// Part of the login's deadline for the lock: the rest is for the identity provider and the home.
const SHARE: f64 = 0.5;

/// The user's record while a login works with it; empty if nothing is to be kept.
#[derive(Default)]
pub struct Kept {
    held: Option<Held>,
    record: Option<Record>,
    /// What this login's note has replaced, if there is one.
    before: Option<Before>,
    /// When an earlier run sent this session's refresh token, without an answer that was stored.
    sent_at: Option<String>,
    /// The clusters that root renews.
    clusters: Vec<String>,
    /// Where to lock it again.
    place: Option<(Renewals, Username)>,
}

fn is_of(record: &Record, handover: &Handover) -> bool {
    handover.refresh_token.as_ref().is_some_and(|token| record.is_of(token))
}

/// A new session, of which no renewal writes anything yet.
fn new_session(handed_over: &SecretString, now_good: &SecretString) -> Record {
    Record {
        refresh_token: now_good.clone(),
        handed_over: handed_over.clone(),
        subject: None,
        logged_in: SystemTime::now(),
        is_to_be_revoked: false,
        spent: None,
        is_lost: false,
        ends: BTreeMap::new(),
    }
}

/// Whether root renews this cluster's tokens; with `auth-provider`, kubectl does.
pub fn is_renewed_by_root(cluster: &Cluster) -> bool {
    cluster.credentials.value != Mode::AuthProvider
}

/// What was kept of another session.
struct Before(Option<Record>);

impl Kept {
    /// Locks the user's record, waiting for another process that holds it.
    pub async fn take(site: &Site, user: &User, left: Duration) -> Result<Self, CredentialsError> {
        let Some(folder) = &site.settings.renewal.folder else {
            let fault = site.settings.fault_of(&["RENEWAL_DIR"]);
            return fault.map_or_else(|| Ok(Self::default()), |fault| Err(fault.clone().into()));
        };
        let renewals = Renewals::open(folder)?;
        let clusters = site.oidc_clusters().filter(|cluster| is_renewed_by_root(cluster));
        let clusters: Vec<_> = clusters.map(|cluster| cluster.id.clone()).collect();
        // The modes may have changed since the record was written.
        if clusters.is_empty() && renewals.peek(&user.name)?.is_none() {
            return Ok(Self::default());
        }
        let held = renewals.hold(&user.name, left.mul_f64(SHARE)).await?;
        if clusters.is_empty() {
            held.forget()?;
            return Ok(Self::default());
        }
        let record = match held.read() {
            Err(error) if error.hides_the_newest() => return Err(error.into()),
            // Another record that cannot be used is replaced.
            other => other.ok().flatten(),
        };
        Ok(Self {
            held: Some(held),
            record,
            before: None,
            sent_at: None,
            clusters,
            place: Some((renewals, user.name.clone())),
        })
    }

    /// The refresh token to use: Apache passes the same one at each start of the user's nginx, although a renewal may
    /// have used it up.
    pub fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        let handed_over = handover.refresh_token.as_ref()?;
        match &self.record {
            Some(record) if record.is_of(handed_over) => (!record.is_lost).then_some(&record.refresh_token),
            _ => Some(handed_over),
        }
    }

    /// Notes that the refresh token of this login is about to be sent.
    pub(super) fn spend(&mut self, handover: &Handover) -> Result<(), RenewalError> {
        let (Some(held), Some(handed_over)) = (&self.held, &handover.refresh_token) else {
            return Ok(());
        };
        if let Some(record) = self.record.as_mut().filter(|record| record.is_of(handed_over)) {
            self.sent_at = record.sent_at();
            return held.spend(record);
        }
        let mut record = new_session(handed_over, handed_over);
        held.spend(&mut record)?;
        self.before = Some(Before(self.record.replace(record)));
        Ok(())
    }

    /// Keeps what is right after this error: of a session that is over, nothing but why, if that is known.
    pub(super) fn refused(&mut self, handover: &Handover, error: CredentialsError) -> CredentialsError {
        let lost = self.record.as_ref().filter(|record| record.is_lost);
        if let Some(at) = lost.filter(|lost| is_of(lost, handover)).and_then(Record::sent_at) {
            return CredentialsError::Lost { at };
        }
        let sent_at = self.sent_at.take().or_else(|| error.lost_at().map(str::to_owned));
        match (&self.held, &mut self.record, sent_at) {
            (Some(held), Some(record), Some(at)) if error.ends_the_session() => {
                record.lose();
                // The login has failed already, and reports its own reason.
                let _ = held.keep(record);
                return CredentialsError::Lost { at };
            }
            _ if error.ends_the_session() || error.is_astray() => self.forget(),
            // Without an answer nobody knows whether it is spent.
            _ if error.is_unanswered() => {}
            _ => self.restore(),
        }
        error
    }

    /// Keeps again what was kept of another session before.
    fn restore(&mut self) {
        if let (Some(held), Some(Before(before))) = (&self.held, self.before.take()) {
            // The login has failed already, and reports its own reason.
            let _ = before
                .as_ref()
                .map_or_else(|| held.forget(), |record| held.keep(record));
            self.record = before;
        }
    }

    /// Tells that this session, or the one before it, is lost, and why; `true` if it is this one.
    fn tell_of_loss(&self, handover: &Handover) -> bool {
        let replaced = self.before.as_ref().map_or(&self.record, |Before(record)| record);
        let lost = replaced.as_ref().filter(|record| record.is_lost);
        let Some((lost, at)) = lost.and_then(|lost| Some((lost, lost.sent_at()?))) else {
            return false;
        };
        let is_this = is_of(lost, handover);
        let (which, remedy) = if is_this {
            (
                "this session's tokens cannot be renewed",
                "; log out of OnDemand, and log in again",
            )
        } else {
            ("the tokens of the session before this one were not renewed", "")
        };
        log::warning(&format!(
            "{which}: its refresh token was sent at {at}, and the answer was lost before it was stored{remedy}"
        ));
        is_this
    }

    /// Stores the current refresh token on disk, before any of the refreshed tokens is written.
    pub(super) fn keep(&mut self, handover: &Handover, own: &Own) -> Result<(), RenewalError> {
        if self.held.is_some() && self.tell_of_loss(handover) {
            return Ok(());
        }
        let Some(held) = &self.held else {
            return Ok(());
        };
        let (Some(handed_over), Some(now_good)) = (&handover.refresh_token, &own.refresh) else {
            log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so renew-creds cannot renew this user's tokens; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
            self.record = None;
            return held.forget();
        };
        let mut record = new_session(handed_over, now_good);
        record.subject = own.subject();
        // If this process dies before it has written the tokens, the next renewal does so.
        let unsettled = self.clusters.iter().map(|id| (id.clone(), SystemTime::UNIX_EPOCH));
        record.ends = unsettled.collect();
        // An unchanged one is stored together with the expiry times, by `promise`.
        let spent = self.refresh_token(handover);
        let spent = spent.filter(|spent| spent.expose_secret() != now_good.expose_secret());
        let kept = spent.map_or(Ok(()), |spent| held.keep_answer(&record, spent));
        self.record = Some(record);
        kept
    }

    /// Stores when the tokens that are about to be written expire. If nothing failed (`is_whole`) and root renews none
    /// of them, the refresh token is not kept.
    pub fn promise(&mut self, ends: &[(String, SystemTime)], is_whole: bool) -> Result<(), RenewalError> {
        let (Some(held), Some(record)) = (&self.held, &mut self.record) else {
            return Ok(());
        };
        if record.is_lost {
            return Ok(());
        }
        if ends.is_empty() && is_whole {
            self.record = None;
            return held.forget();
        }
        record.ends = ends.iter().cloned().collect();
        held.keep(record)
    }

    /// Records that the tokens were not written to the home, so that the next renewal tries again.
    pub fn unsettle(&mut self) {
        if let (Some(held), Some(record)) = (&self.held, &mut self.record) {
            record.unsettle();
            // The login has failed already, and reports its own reason.
            let _ = held.keep(record);
        }
    }

    /// Records that these clusters' tokens were not written, and are not to be: no renewal may write them before a login
    /// does.
    pub fn hold_back(&mut self, clusters: &[String]) {
        if let (Some(held), Some(record)) = (&self.held, &mut self.record) {
            record.ends.retain(|id, _| !clusters.contains(id));
            // The login has failed already, and reports its own reason.
            let _ = held.keep(record);
        }
    }

    /// Unlocks the record for as long as this login waits for a slow cluster. Until [`Self::take_again`], renewals find
    /// nothing to write in it.
    pub fn let_go(&mut self) {
        if let (Some(held), Some(record)) = (self.held.take(), &self.record) {
            let mut idle = record.clone();
            idle.ends.clear();
            let _ = held.keep(&idle);
        }
    }

    /// Locks the record again; returns `false` if another login has changed it meanwhile, whose tokens are newer.
    pub async fn take_again(&mut self, wait: Duration) -> bool {
        let (Some((renewals, user)), Some(record), None) = (&self.place, &self.record, &self.held) else {
            return true;
        };
        let Ok(held) = renewals.hold(user, wait.mul_f64(SHARE)).await else {
            return false;
        };
        let is_ours = |now: &Record| now.refresh_token.expose_secret() == record.refresh_token.expose_secret();
        if !held.read().ok().flatten().is_some_and(|now| is_ours(&now)) {
            return false;
        }
        // The ends that were promised before.
        let _ = held.keep(record);
        self.held = Some(held);
        true
    }

    /// Removes the record: its refresh token no longer works.
    pub fn forget(&mut self) {
        self.record = None;
        let _ = self.held.as_ref().map(Held::forget);
    }
}
