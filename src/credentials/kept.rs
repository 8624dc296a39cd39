//! A login's part in later renewals: which refresh token still works, and what root keeps of it.

use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::error::CredentialsError;
use super::own::Own;
use crate::config::clusters::Cluster;
use crate::config::credentials::Mode;
use crate::config::Site;
use crate::log;
use crate::oidc::Handover;
use crate::renewal::{Held, Record, RenewalError, Renewals};
use crate::user::User;

/// Of the login's deadline: the rest is for the identity provider and the home.
const SHARE: f64 = 0.5;

/// The user's record while a login works with it; nothing where nothing is to be kept.
#[derive(Default)]
pub struct Kept {
    held: Option<Held>,
    record: Option<Record>,
    /// The clusters that root renews.
    clusters: Vec<String>,
}

/// Whether root can renew what this cluster's entry logs in with; `auth-provider` renews itself.
pub fn is_renewed_by_root(cluster: &Cluster) -> bool {
    cluster.credentials.value != Mode::AuthProvider
}

impl Kept {
    /// Takes the user's record; waits for whoever works with it.
    pub async fn take(site: &Site, user: &User, left: Duration) -> Result<Self, CredentialsError> {
        let Some(folder) = &site.settings.renewal.folder else {
            let fault = site.settings.fault_of(&["RENEWAL_DIR"]);
            return fault.map_or_else(|| Ok(Self::default()), |fault| Err(fault.clone().into()));
        };
        let renewals = Renewals::open(folder)?;
        let clusters = site.oidc_clusters().filter(|cluster| is_renewed_by_root(cluster));
        let clusters: Vec<_> = clusters.map(|cluster| cluster.id.clone()).collect();
        // Somebody may have changed the modes since.
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
        })
    }

    /// The refresh token to use: Apache hands over the same one with each start of the user's nginx, and a renewal may
    /// have spent it.
    pub fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        let handed_over = handover.refresh_token.as_ref()?;
        match &self.record {
            Some(record) if record.is_of(handed_over) => Some(&record.refresh_token),
            _ => Some(handed_over),
        }
    }

    /// Keeps the refresh token that works now: on the disk before anything is written that a refresh has brought.
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
            // Should this process die before it has written any: then the next renewal does.
            ends: self
                .clusters
                .iter()
                .map(|id| (id.clone(), SystemTime::UNIX_EPOCH))
                .collect(),
        };
        // One that is unspent is kept with the promise, by one write.
        let before = self.refresh_token(handover).map(ExposeSecret::expose_secret);
        let is_new = before != Some(now_good.expose_secret());
        let kept = if is_new { held.keep(&record) } else { Ok(()) };
        self.record = Some(record);
        kept
    }

    /// Notes when the tokens end that are about to be written. Where all went well (`is_whole`) and none of them is
    /// root's to renew, the refresh token is not kept for nothing.
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

    /// Notes that they did not get to the home, so that the next renewal tries again.
    pub fn unsettle(&mut self) {
        if let (Some(held), Some(record)) = (&self.held, &mut self.record) {
            record.unsettle();
            // The login has failed, and says why.
            let _ = held.keep(record);
        }
    }

    /// Removes the record: its refresh token works no more.
    pub fn forget(&mut self) {
        self.record = None;
        let _ = self.held.as_ref().map(Held::forget);
    }
}
