//! What root keeps of a user's session while a login works with it: locked, and let go for as long as a cluster is slow.

use std::time::{Duration, SystemTime};

use secrecy::SecretString;

use super::ends::Promised;
use super::error::CredentialsError;
use super::locked::{LetGo, Locked, RecordPlace};
use super::own::Own;
use super::renewed::Renewed;
use crate::config::Site;
use crate::oidc::Handover;
use crate::renewal::{RenewalError, Renewals};
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
    /// Others may, for as long as this login waits for a slow cluster: what it needs to lock it again.
    LetGo(Box<LetGo>),
}

impl Kept {
    /// Locks the user's record, waiting for another process that holds it.
    pub async fn take(site: &Site, user: &User, left: Duration) -> Result<Self, CredentialsError> {
        let Some(folder) = &site.settings.renewal.folder else {
            let fault = site.settings.fault_of(&["RENEWAL_DIR"]);
            return fault.map_or_else(|| Ok(Self::Nothing), |fault| Err(fault.clone().into()));
        };
        let renewals = Renewals::open(folder)?;
        let renewed = Renewed::of(site);
        // The modes may have changed since the record was written.
        if renewed.is_none_here() && renewals.peek(&user.name)?.is_none() {
            return Ok(Self::Nothing);
        }
        let held = renewals.hold(&user.name, left.mul_f64(SHARE)).await?;
        let record = match held.read() {
            Err(error) if error.hides_the_newest() => return Err(error.into()),
            // Another record that cannot be used is replaced.
            other => other.ok().flatten(),
        };
        if renewed.is_none_here() && !renewed.may_be_elsewhere() {
            if !record.is_some_and(|record| record.is_to_be_revoked) {
                held.forget()?;
            }
            return Ok(Self::Nothing);
        }
        let user = user.name.clone();
        let place = RecordPlace {
            renewals,
            user,
            renewed,
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

    /// Notes for which clusters entries are about to be `written`, when those tokens expire that root renews, and whether
    /// nothing failed (`is_whole`).
    pub fn promise(&mut self, written: Vec<String>, ends: &[(String, SystemTime)], is_whole: bool) {
        if let Some(locked) = self.locked() {
            let ends = ends.iter().cloned().collect();
            locked.promise(Promised {
                written,
                ends,
                is_whole,
            });
        }
    }

    /// Records that the tokens were not written to the home: earlier ones are renewed as before, and first ones are written by
    /// the next renewal.
    pub fn unsettle(&mut self) {
        if let Some(locked) = self.locked() {
            locked.unsettle();
        }
    }

    /// Stores what is to be renewed, before anything is written; the tokens of these clusters are not. What earlier ones are
    /// in the home is renewed as before; where there are none, no renewal may write any before a login does. If nothing failed
    /// and root renews nothing, the refresh token is not kept.
    pub fn settle(&mut self, withheld: &[String]) -> Result<(), RenewalError> {
        self.locked().map_or(Ok(()), |locked| locked.settle(withheld))
    }

    /// Keeps nothing of this login's session, whose refresh token is not to be used again.
    pub fn end(&mut self, handover: &Handover) {
        if let Some(locked) = self.locked() {
            locked.end(handover);
        }
    }

    /// Unlocks the record for as long as this login waits for a slow cluster. Until [`Self::take_again`], renewals find
    /// nothing to write in it but what is in the home already: so that is renewed on, also if this login dies.
    pub fn let_go(&mut self, handover: &Handover) {
        *self = match std::mem::take(self) {
            Self::Locked(locked) => match locked.let_go(handover) {
                Ok(left) => left.map_or(Self::Nothing, |left| Self::LetGo(Box::new(left))),
                Err(locked) => Self::Locked(locked),
            },
            other => other,
        };
    }

    /// Locks the record again, with what a renewal has made of it meanwhile.
    ///
    /// # Errors
    ///
    /// The session is not this login's any more, or the record cannot be had: then nothing may be written.
    pub async fn take_again(&mut self, wait: Duration) -> Result<(), CredentialsError> {
        let Self::LetGo(left) = self else {
            return Ok(());
        };
        let place = &left.place;
        let held = place.renewals.hold(&place.user, wait.mul_f64(SHARE)).await?;
        let now = held.read()?.filter(|now| !now.is_to_be_revoked);
        let now = now.ok_or(CredentialsError::Ended)?;
        if let Some(own) = &left.own {
            let session = now.of_session(own).ok_or(CredentialsError::Ended)?;
            // A lost one leaves its place to another, and this login has its tokens still.
            if !now.is_of(own) && !session.is_lost {
                return Err(CredentialsError::Overtaken);
            }
        }
        if let Self::LetGo(left) = std::mem::take(self) {
            let LetGo { ends, place, .. } = *left;
            *self = Self::Locked(Box::new(Locked::again(held, now, ends, place)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::future::Future;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::naming::Username;
    use crate::renewal::Record;

    type Ends = BTreeMap<String, SystemTime>;

    const WAIT: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn ends(all: &[(&str, u64)]) -> Ends {
        all.iter().map(|(id, end)| ((*id).to_owned(), at(*end))).collect()
    }

    fn record(ends: Ends) -> Record {
        Record {
            ends,
            ..Record::of_login(&"t".into(), SystemTime::UNIX_EPOCH)
        }
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    /// What Apache passes to a login of the session that is kept.
    fn handover() -> Handover {
        let mut handover = Handover::of(&"a".into());
        handover.refresh_token = Some("t".into());
        handover
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(work)
    }

    struct Folder {
        renewals: Renewals,
        user: Username,
        _directory: tempfile::TempDir,
    }

    impl Folder {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let renewals = Renewals::open(&folder.path().join("renewal")).unwrap();
            Self {
                renewals,
                user: Username::parse("ann").unwrap(),
                _directory: folder,
            }
        }

        /// A login that has found these tokens in the home, and is about to write those.
        async fn login(&self, in_home: &[(&str, u64)], promised: &[(&str, u64)]) -> Kept {
            let held = self.renewals.hold(&self.user, WAIT).await.unwrap();
            held.keep(&record(ends(in_home))).unwrap();
            let place = RecordPlace {
                renewals: self.renewals.clone(),
                user: self.user.clone(),
                renewed: Renewed::of_ids(&["dev", "test", "prod", "new"]),
            };
            let found = held.read().unwrap();
            let locked = Locked::new(held, found, place);
            let promised: Vec<_> = ends(promised).into_iter().collect();
            let mut kept = Kept::Locked(Box::new(locked));
            kept.promise(promised.iter().map(|(id, _)| id.clone()).collect(), &promised, true);
            kept
        }

        fn kept(&self) -> Record {
            self.renewals.peek(&self.user).unwrap().unwrap()
        }

        /// What another process does with the record meanwhile.
        async fn change(&self, change: impl FnOnce(&mut Record)) {
            let held = self.renewals.hold(&self.user, WAIT).await.unwrap();
            let mut now = held.read().unwrap().unwrap();
            change(&mut now);
            held.keep(&now).unwrap();
        }
    }

    #[test]
    fn before_the_walls_are_known_nothing_is_kept_for_a_cluster_whose_token_is_not_in_the_home() {
        run(async {
            let folder = Folder::new();
            let before = [("dev", 9), ("test", 0), ("gone", 9)];
            let mut kept = folder.login(&before, &[("dev", 90), ("test", 90), ("prod", 90)]).await;
            assert_eq!(folder.kept().ends, ends(&before), "as it was");
            kept.let_go(&handover());
            assert_eq!(folder.kept().ends, ends(&[("dev", 9)]), "what is there is renewed on");
            kept.take_again(WAIT).await.unwrap();
            assert_eq!(folder.kept().ends, ends(&[("dev", 9)]));
            kept.settle(&["test".to_owned()]).unwrap();
            assert_eq!(folder.kept().ends, ends(&[("dev", 90), ("prod", 90)]));
        });
    }

    #[test]
    fn a_token_that_is_held_back_or_fails_leaves_the_earlier_one_in_the_home_to_be_renewed_and_none_where_there_was_none(
    ) {
        run(async {
            let folder = Folder::new();
            let promised = [("dev", 90), ("new", 90)];
            let mut kept = folder.login(&[("dev", 9), ("prod", 8)], &promised).await;
            kept.settle(&["dev", "new"].map(str::to_owned)).unwrap();
            assert_eq!(folder.kept().ends, ends(&[("dev", 9), ("prod", 8)]));
        });
    }

    #[test]
    fn a_token_that_somebody_else_renews_by_now_is_not_kept_and_without_any_nothing_is() {
        run(async {
            let folder = Folder::new();
            let mut kept = folder.login(&[("dev", 9), ("prod", 8)], &[]).await;
            kept.promise(ids(&["dev"]), &[], true);
            kept.settle(&[]).unwrap();
            assert_eq!(folder.kept().ends, ends(&[("prod", 8)]), "nothing was written for it");
            kept.promise(ids(&["dev", "prod"]), &[], false);
            kept.settle(&[]).unwrap();
            assert_eq!(folder.kept().ends, Ends::new(), "what has failed may come yet");
            kept.promise(ids(&["dev", "prod"]), &[], true);
            assert!(
                folder.renewals.peek(&folder.user).unwrap().is_some(),
                "the walls are not known"
            );
            kept.settle(&[]).unwrap();
            assert!(folder.renewals.peek(&folder.user).unwrap().is_none());
        });
    }

    #[test]
    fn an_entry_that_is_withheld_leaves_the_earlier_token_to_be_renewed_whoever_would_have_renewed_the_new_one() {
        run(async {
            let folder = Folder::new();
            let mut kept = folder.login(&[("dev", 9)], &[]).await;
            kept.promise(ids(&["dev"]), &[], true);
            kept.settle(&ids(&["dev"])).unwrap();
            assert_eq!(folder.kept().ends, ends(&[("dev", 9)]));
        });
    }

    #[test]
    fn what_another_login_of_the_session_wrote_while_this_one_waited_is_renewed_on() {
        run(async {
            let folder = Folder::new();
            let mut kept = folder.login(&[("dev", 9)], &[("prod", 90)]).await;
            kept.let_go(&handover());
            folder.change(|record| record.ends.extend(ends(&[("test", 50)]))).await;
            kept.take_again(WAIT).await.unwrap();
            kept.settle(&[]).unwrap();
            assert_eq!(folder.kept().ends, ends(&[("dev", 9), ("prod", 90), ("test", 50)]));
        });
    }

    #[test]
    fn tokens_that_did_not_reach_the_home_leave_the_earlier_end_and_are_due_where_there_is_none() {
        run(async {
            let folder = Folder::new();
            let mut kept = folder.login(&[("dev", 9)], &[("dev", 90), ("new", 90)]).await;
            kept.settle(&[]).unwrap();
            kept.unsettle();
            assert_eq!(folder.kept().ends, ends(&[("dev", 9), ("new", 0)]));
        });
    }

    /// What is kept when a login takes a record again that another process has changed so.
    fn taken_again(change: impl FnOnce(&mut Record)) -> (Result<(), CredentialsError>, Record) {
        run(async {
            let folder = Folder::new();
            let mut kept = folder.login(&[("dev", 9)], &[("dev", 90), ("prod", 90)]).await;
            kept.let_go(&handover());
            folder.change(change).await;
            let taken = kept.take_again(WAIT).await;
            kept.settle(&["dev".to_owned()]).unwrap();
            (taken, folder.kept())
        })
    }

    #[test]
    fn a_renewal_while_a_login_waited_is_taken_over_and_the_login_goes_on() {
        let (taken, now) = taken_again(|record| {
            record.refresh_token = "newer".into();
            record.ends = ends(&[("dev", 50)]);
        });
        taken.unwrap();
        assert_eq!(now.refresh_token.expose_secret(), "newer");
        assert_eq!(now.ends, ends(&[("dev", 50), ("prod", 90)]));
        let noted = Some(at(7));
        let (taken, now) = taken_again(|record| record.spent = noted);
        taken.unwrap();
        assert_eq!((now.spent, now.ends), (noted, ends(&[("dev", 9), ("prod", 90)])));
        let (taken, now) = taken_again(|record| {
            record.spent = noted;
            record.lose_of(&"t".into());
        });
        taken.unwrap();
        assert!(now.is_lost && now.ends.is_empty(), "{now:?}");
        let (taken, now) = taken_again(|record| record.unsettle(&Ends::new()));
        taken.unwrap();
        assert_eq!(
            now.ends,
            ends(&[("dev", 9), ("prod", 90)]),
            "its token did not reach the home, the old one is there"
        );
    }

    #[test]
    fn a_session_that_ended_while_a_login_waited_and_another_one_get_nothing_from_it() {
        let (taken, now) = taken_again(Record::end);
        assert!(
            matches!(taken, Err(CredentialsError::Ended)) && now.is_to_be_revoked,
            "{now:?}"
        );
        let (taken, now) = taken_again(|record| {
            let mut next = Record::of_login(&"of another session".into(), at(5));
            next.put_beside(record.clone(), at(5));
            next.ends = ends(&[("dev", 50)]);
            *record = next;
        });
        assert!(matches!(taken, Err(CredentialsError::Overtaken)), "{taken:?}");
        assert_eq!(now.ends, ends(&[("dev", 50)]));
    }

    #[test]
    fn a_session_that_was_lost_meanwhile_leaves_its_login_what_it_has_and_its_place_to_another() {
        let (taken, now) = taken_again(|record| {
            record.note_login(&"other".into(), at(5));
            record.spent = Some(at(6));
            record.lose_of(&"t".into());
        });
        taken.unwrap();
        assert!(now.is_of(&"other".into()) && now.is_lost_of(&"t".into()));
        assert_eq!(now.ends, ends(&[("dev", 9), ("prod", 90)]));
        let (taken, now) = taken_again(|record| {
            record.note_login(&"other".into(), at(5));
            *record = record.clone().without(&"t".into()).unwrap();
        });
        assert!(matches!(taken, Err(CredentialsError::Ended)), "{taken:?}");
        assert_eq!(now.ends, ends(&[("dev", 9)]));
    }

    #[test]
    fn a_login_without_a_refresh_token_goes_on_with_the_session_that_is_kept_and_ends_with_it() {
        run(async {
            let folder = Folder::new();
            let without = Handover::of(&"a".into());
            let mut kept = folder.login(&[("dev", 9)], &[("dev", 90)]).await;
            kept.let_go(&without);
            folder.change(|record| record.handed_over = "newer".into()).await;
            kept.take_again(WAIT).await.unwrap();
            kept.settle(&[]).unwrap();
            assert_eq!(folder.kept().ends, ends(&[("dev", 90)]));
            kept.let_go(&without);
            folder.change(Record::end).await;
            assert!(matches!(kept.take_again(WAIT).await, Err(CredentialsError::Ended)));
        });
    }

    #[test]
    fn a_record_that_is_gone_or_busy_when_a_login_takes_it_again_is_told_as_that() {
        run(async {
            let folder = Folder::new();
            let mut kept = folder.login(&[("dev", 9)], &[("dev", 90)]).await;
            kept.let_go(&handover());
            let held = folder.renewals.hold(&folder.user, WAIT).await.unwrap();
            let busy = kept.take_again(WAIT / 4).await.unwrap_err();
            assert!(busy.to_string().contains("another process is renewing"), "{busy}");
            held.forget().unwrap();
            drop(held);
            assert!(matches!(kept.take_again(WAIT).await, Err(CredentialsError::Ended)));
            kept.settle(&[]).unwrap();
            assert!(folder.renewals.peek(&folder.user).unwrap().is_none());
        });
    }
}
