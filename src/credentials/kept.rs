//! Stores what later renewals need from a login: the refresh token that still works, and when the tokens expire.

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
    /// The clusters that root renews.
    clusters: Vec<String>,
    /// Where to lock it again.
    place: Option<(Renewals, Username)>,
}

/// Whether root renews this cluster's tokens; with `auth-provider`, kubectl does.
pub fn is_renewed_by_root(cluster: &Cluster) -> bool {
    cluster.credentials.value != Mode::AuthProvider
}

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
        // A record that cannot be read is replaced.
        let record = held.read().ok().flatten();
        Ok(Self {
            held: Some(held),
            record,
            clusters,
            place: Some((renewals, user.name.clone())),
        })
    }

    /// The refresh token to use: Apache passes the same one at each start of the user's nginx, although a renewal may
    /// have used it up.
    pub fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        let handed_over = handover.refresh_token.as_ref()?;
        match &self.record {
            Some(record) if record.is_of(handed_over) => Some(&record.refresh_token),
            _ => Some(handed_over),
        }
    }

    /// Stores the current refresh token on disk, before any of the refreshed tokens is written.
    pub(super) fn keep(&mut self, handover: &Handover, own: &Own) -> Result<(), RenewalError> {
        let Some(held) = &self.held else {
            return Ok(());
        };
        let (Some(handed_over), Some(now_good)) = (&handover.refresh_token, &own.refresh) else {
            log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so renew-creds cannot renew this user's tokens; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
            self.record = None;
            return held.forget();
        };
        let record = Record {
            refresh_token: now_good.clone(),
            handed_over: handed_over.clone(),
            subject: own.subject(),
            logged_in: SystemTime::now(),
            is_to_be_revoked: false,
            // If this process dies before it has written the tokens, the next renewal does so.
            ends: self
                .clusters
                .iter()
                .map(|id| (id.clone(), SystemTime::UNIX_EPOCH))
                .collect(),
        };
        // An unchanged one is stored together with the expiry times, by `promise`.
        let before = self.refresh_token(handover).map(ExposeSecret::expose_secret);
        let is_new = before != Some(now_good.expose_secret());
        let kept = if is_new { held.keep(&record) } else { Ok(()) };
        self.record = Some(record);
        kept
    }

    /// Stores when the tokens that are about to be written expire. If nothing failed (`is_whole`) and root renews none
    /// of them, the refresh token is not kept.
    pub fn promise(&mut self, ends: &[(String, SystemTime)], is_whole: bool) -> Result<(), RenewalError> {
        let (Some(held), Some(record)) = (&self.held, &mut self.record) else {
            return Ok(());
        };
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
