//! What root keeps of a user's session while a login works with it: locked, and let go for as long as a cluster is slow.

use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};

use super::error::CredentialsError;
use super::locked::{LetGo, Locked, RecordPlace};
use super::own::Own;
use crate::config::clusters::Cluster;
use crate::config::credentials::Mode;
use crate::config::Site;
use crate::oidc::Handover;
use crate::renewal::{Record, RenewalError, Renewals};
use crate::user::User;

/// Part of the login's deadline for the lock: the rest is for the identity provider and the home.
const SHARE: f64 = 0.5;

/// The user's record while a login works with it.
#[derive(Default)]
pub enum Kept {
    /// Nothing is to be kept.
    #[default]
    Nothing,
    /// No other process works with it.
    Locked(Box<Locked>),
    /// Others may, for as long as this login waits for a slow cluster: what it had kept, and where to lock that again.
    LetGo(Box<LetGo>),
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
            return fault.map_or_else(|| Ok(Self::Nothing), |fault| Err(fault.clone().into()));
        };
        let renewals = Renewals::open(folder)?;
        let clusters = site.oidc_clusters().filter(|cluster| is_renewed_by_root(cluster));
        let clusters: Vec<_> = clusters.map(|cluster| cluster.id.clone()).collect();
        // The modes may have changed since the record was written.
        if clusters.is_empty() && renewals.peek(&user.name)?.is_none() {
            return Ok(Self::Nothing);
        }
        let held = renewals.hold(&user.name, left.mul_f64(SHARE)).await?;
        if clusters.is_empty() {
            held.forget()?;
            return Ok(Self::Nothing);
        }
        let record = match held.read() {
            Err(error) if error.hides_the_newest() => return Err(error.into()),
            // Another record that cannot be used is replaced.
            other => other.ok().flatten(),
        };
        let user = user.name.clone();
        let place = RecordPlace {
            renewals,
            user,
            clusters,
        };
        Ok(Self::Locked(Box::new(Locked::new(held, record, place))))
    }

    fn locked(&mut self) -> Option<&mut Locked> {
        match self {
            Self::Locked(locked) => Some(locked),
            Self::Nothing | Self::LetGo(_) => None,
        }
    }

    /// The refresh token to use: Apache passes the same one at each start of the user's nginx, although a renewal may
    /// have used it up.
    pub fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        match self {
            Self::Locked(locked) => locked.refresh_token(handover),
            Self::Nothing | Self::LetGo(_) => handover.refresh_token.as_ref(),
        }
    }

    /// Notes that the refresh token of this login is about to be sent.
    pub(super) fn spend(&mut self, handover: &Handover) -> Result<(), RenewalError> {
        self.locked().map_or(Ok(()), |locked| locked.spend(handover))
    }

    /// Keeps what is right after this error: of a session that is over, nothing but why, if that is known.
    pub(super) fn refused(&mut self, handover: &Handover, error: CredentialsError) -> CredentialsError {
        match self.locked() {
            Some(locked) => locked.refused(handover, error),
            None => error,
        }
    }

    /// Stores the current refresh token on disk, before any of the refreshed tokens is written.
    pub(super) fn keep(&mut self, handover: &Handover, own: &Own) -> Result<(), RenewalError> {
        self.locked().map_or(Ok(()), |locked| locked.keep(handover, own))
    }

    /// Stores when the tokens that are about to be written expire. If nothing failed (`is_whole`) and root renews none
    /// of them, the refresh token is not kept.
    pub fn promise(&mut self, ends: &[(String, SystemTime)], is_whole: bool) -> Result<(), RenewalError> {
        self.locked().map_or(Ok(()), |locked| locked.promise(ends, is_whole))
    }

    /// Records that the tokens were not written to the home, so that the next renewal tries again.
    pub fn unsettle(&mut self) {
        if let Some(locked) = self.locked() {
            locked.change(Record::unsettle);
        }
    }

    /// Records that these clusters' tokens are not written. What earlier ones are in the home is renewed as before; where there
    /// are none, no renewal may write any before a login does.
    pub fn hold_back(&mut self, clusters: &[String]) {
        if let Some(locked) = self.locked() {
            locked.hold_back(clusters);
        }
    }

    /// Removes the record: its refresh token no longer works.
    pub fn forget(&mut self) {
        if let Some(locked) = self.locked() {
            // The login has failed already, and reports its own reason.
            let _ = locked.forget();
        }
    }

    /// Unlocks the record for as long as this login waits for a slow cluster. Until [`Self::take_again`], renewals find
    /// nothing to write in it but what is in the home already: so that is renewed on if this login dies.
    pub fn let_go(&mut self) {
        *self = match std::mem::take(self) {
            Self::Locked(locked) => locked
                .let_go()
                .map_or(Self::Nothing, |left| Self::LetGo(Box::new(left))),
            other => other,
        };
    }

    /// Locks the record again; returns `false` if another process has changed the session meanwhile: its tokens are newer, or
    /// there are to be none.
    pub async fn take_again(&mut self, wait: Duration) -> bool {
        let Self::LetGo(left) = self else {
            return true;
        };
        let (record, place) = (&left.kept, &left.place);
        let Ok(held) = place.renewals.hold(&place.user, wait.mul_f64(SHARE)).await else {
            return false;
        };
        let is_ours = |now: &Record| {
            let is_same = now.refresh_token.expose_secret() == record.refresh_token.expose_secret();
            is_same && !now.is_to_be_revoked
        };
        let Some(mut now) = held.read().ok().flatten().filter(is_ours) else {
            return false;
        };
        // The ends that were promised before; whether the refresh token may be spent is known better by now.
        if !now.is_lost {
            now.ends.clone_from(&record.ends);
        }
        let _ = held.keep(&now);
        if let Self::LetGo(left) = std::mem::take(self) {
            let LetGo { in_home, place, .. } = *left;
            *self = Self::Locked(Box::new(Locked::again(held, now, in_home, place)));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(spent: Option<SystemTime>) -> Record {
        Record {
            refresh_token: "t".into(),
            handed_over: "t".into(),
            subject: None,
            logged_in: SystemTime::UNIX_EPOCH,
            is_to_be_revoked: false,
            spent,
            is_lost: false,
            ends: [("prod".to_owned(), SystemTime::UNIX_EPOCH)].into(),
        }
    }

    /// Of another cluster: an earlier login wrote its token.
    fn in_home() -> std::collections::BTreeMap<String, SystemTime> {
        [("dev".to_owned(), SystemTime::UNIX_EPOCH + Duration::from_secs(9))].into()
    }

    /// What is kept when a login takes a record again that another process has changed so.
    fn taken_again(change: impl FnOnce(&mut Record)) -> (bool, Record) {
        let folder = tempfile::tempdir().unwrap();
        let renewals = Renewals::open(&folder.path().join("renewal")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(async {
            let user = crate::naming::Username::parse("ann").unwrap();
            let wait = Duration::from_secs(1);
            let place = RecordPlace {
                renewals: renewals.clone(),
                user: user.clone(),
                clusters: Vec::new(),
            };
            let held = renewals.hold(&user, wait).await.unwrap();
            let before = Record {
                ends: in_home(),
                ..record(None)
            };
            let mut locked = Locked::new(held, Some(before), place);
            locked.change(|kept| *kept = record(None));
            let mut kept = Kept::Locked(Box::new(locked));
            kept.let_go();
            let held = renewals.hold(&user, wait).await.unwrap();
            let mut now = held.read().unwrap().unwrap();
            assert_eq!(now.ends, in_home(), "only what is in the home is renewed meanwhile");
            change(&mut now);
            held.keep(&now).unwrap();
            drop(held);
            let is_ours = kept.take_again(wait).await;
            (is_ours, renewals.peek(&user).unwrap().unwrap())
        })
    }

    #[test]
    fn a_token_that_is_held_back_leaves_the_earlier_one_in_the_home_to_be_renewed_and_none_where_there_was_none() {
        let folder = tempfile::tempdir().unwrap();
        let renewals = Renewals::open(&folder.path().join("renewal")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(async {
            let user = crate::naming::Username::parse("ann").unwrap();
            let held = renewals.hold(&user, Duration::from_secs(1)).await.unwrap();
            let place = RecordPlace {
                renewals: renewals.clone(),
                user: user.clone(),
                clusters: Vec::new(),
            };
            let never_written = ("test".to_owned(), SystemTime::UNIX_EPOCH);
            let before = Record {
                ends: in_home().into_iter().chain([never_written]).collect(),
                ..record(None)
            };
            let mut locked = Locked::new(held, Some(before), place);
            let promised = ["dev", "test", "prod", "new"].map(|id| (id.to_owned(), SystemTime::now()));
            locked.promise(&promised, true).unwrap();
            let mut kept = Kept::Locked(Box::new(locked));
            kept.hold_back(&["dev", "test", "new"].map(str::to_owned));
            let ends = renewals.peek(&user).unwrap().unwrap().ends;
            assert_eq!(ends.keys().collect::<Vec<_>>(), ["dev", "prod"]);
            assert_eq!(ends["dev"], in_home()["dev"]);
        });
    }

    #[test]
    fn what_was_noted_while_a_login_waited_is_not_overwritten_when_it_takes_the_record_again() {
        let noted = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(7));
        let (is_ours, now) = taken_again(|record| record.spent = noted);
        assert!(
            is_ours && now.spent == noted && now.ends == record(None).ends,
            "{now:?}"
        );
        let (is_ours, now) = taken_again(|record| {
            record.spent = noted;
            record.lose();
        });
        assert!(is_ours && now.is_lost && now.ends.is_empty(), "{now:?}");
        let (is_ours, now) = taken_again(Record::end);
        assert!(!is_ours && now.is_to_be_revoked, "{now:?}");
        let (is_ours, now) = taken_again(|record| record.refresh_token = "newer".into());
        assert!(!is_ours && now.refresh_token.expose_secret() == "newer", "{now:?}");
    }
}
