//! The record of a user whom a login holds the lock of: what is noted in it, taken back, kept and promised, and when.

use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use super::ends::{Ends, Promised};
use super::error::{CredentialsError, Remains};
use super::own::Own;
use super::renewed::Renewed;
use crate::log;
use crate::naming::Username;
use crate::oidc::Handover;
use crate::renewal::{Held, Record, RenewalError, Renewals};
use crate::time::rfc3339;

/// A user's record, locked against other processes.
pub struct Locked {
    held: Held,
    /// What was kept before this login.
    found: Option<Record>,
    /// What is kept, or is to be.
    record: Option<Record>,
    ends: Ends,
    /// Whether it could not be stored, which is told once.
    is_fault_told: bool,
    /// Whether this login has noted that it sends a refresh token, which may be spent.
    has_sent: bool,
    place: RecordPlace,
}

/// What a login needs to lock a record again that it has unlocked.
pub struct LetGo {
    /// By which it knows its session, if that is the one that was kept; the entries of another login are renewed with a session
    /// that is not its own.
    pub(super) own: Option<SecretString>,
    pub(super) ends: Ends,
    pub(super) place: RecordPlace,
}

/// Where a user's record is.
pub struct RecordPlace {
    pub(super) renewals: Renewals,
    pub(super) user: Username,
    /// The clusters that root renews.
    pub(super) renewed: Renewed,
}

impl Locked {
    pub(super) fn new(held: Held, record: Option<Record>, place: RecordPlace) -> Self {
        let mut ends = Ends::default();
        record
            .iter()
            .for_each(|record| ends.find_in_home(record, &place.renewed));
        Self {
            held,
            ends,
            found: record.clone(),
            record,
            is_fault_told: false,
            has_sent: false,
            place,
        }
    }

    /// The same after [`Self::let_go`], with what is kept by now.
    pub(super) fn again(held: Held, record: Record, mut ends: Ends, place: RecordPlace) -> Self {
        ends.find_in_home(&record, &place.renewed);
        Self {
            ends,
            ..Self::new(held, Some(record), place)
        }
    }

    /// What is kept of this very session.
    fn of_session(&self, handover: &Handover) -> Option<&Record> {
        let passed = handover.refresh_token.as_ref()?;
        self.record.as_ref()?.of_session(passed)
    }

    /// The refresh token to use; `None` if the session is lost.
    pub(super) fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        match self.of_session(handover) {
            Some(session) => (!session.is_lost).then_some(&session.refresh_token),
            None => handover.refresh_token.as_ref(),
        }
    }

    /// Notes that the refresh token of this login is about to be sent. A session that is kept stays until there is an answer.
    pub(super) fn spend(&mut self, handover: &Handover) -> Result<(), RenewalError> {
        let Some(passed) = &handover.refresh_token else {
            return Ok(());
        };
        let now = SystemTime::now();
        let mut noted = self.found.clone().unwrap_or_else(|| Record::of_login(passed, now));
        noted.note_login(passed, now);
        self.held.spend(&mut noted, passed)?;
        self.record = Some(noted);
        self.has_sent = true;
        Ok(())
    }

    /// Keeps what is right after this error. What is known not to be spent is not noted as that any longer.
    pub(super) fn refused(&mut self, handover: &Handover, error: CredentialsError) -> CredentialsError {
        let Some(passed) = &handover.refresh_token else {
            return error;
        };
        let lost = self.of_session(handover).filter(|session| session.is_lost);
        if let Some(at) = lost.and_then(Record::sent_at) {
            self.give_back();
            return CredentialsError::Lost { at };
        }
        match error.remains(self.sent_at(passed)) {
            Remains::Loss { at } => {
                self.change(|record| record.lose_of(passed));
                return CredentialsError::Lost { at };
            }
            Remains::Nothing | Remains::Astray => self.end(handover),
            Remains::Unspent => self.give_back(),
            Remains::Unknown => {}
        }
        error
    }

    /// When an earlier run sent this session's refresh token, without an answer that was stored.
    fn sent_at(&self, passed: &SecretString) -> Option<String> {
        let found = self.found.as_ref().filter(|_| self.has_sent)?;
        found.spent_of(passed).map(rfc3339)
    }

    /// Keeps nothing of this session, and what was kept of others. The login has failed already, and reports its own reason.
    pub(super) fn end(&mut self, handover: &Handover) {
        let Some(passed) = &handover.refresh_token else {
            return self.give_back();
        };
        self.leave(self.found.clone().and_then(|found| found.without(passed)));
    }

    /// Keeps what was kept before; what could not be read stays as it is.
    fn give_back(&mut self) {
        if self.found.is_some() || self.has_sent {
            self.leave(self.found.clone());
        }
    }

    /// Keeps this, or nothing. The user's nginx starts in any case, so the login is noted.
    fn leave(&mut self, mut left: Option<Record>) {
        left.iter_mut().for_each(|left| left.logged_in = SystemTime::now());
        // If that fails, a note stays, which costs nobody a session.
        let _ = self.held.leave(left.as_ref());
        self.record = left;
    }

    /// Tells that this session, or the one before it, is lost, and why; `true` if it is this one.
    fn tell_of_loss(&self, handover: &Handover) -> bool {
        let Some(found) = &self.found else {
            return false;
        };
        let passed = handover.refresh_token.as_ref();
        let this = passed.and_then(|passed| found.of_session(passed));
        let this = this.filter(|session| session.is_lost);
        let spent = match this {
            Some(session) => session.spent,
            None => found.spent.filter(|_| found.is_lost),
        };
        let Some(at) = spent.map(rfc3339) else {
            return false;
        };
        let is_this = this.is_some();
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

    /// Stores the newest refresh token, if this login brought one. If it did not, a session before this one is renewed on.
    pub(super) fn keep(&mut self, handover: &Handover, own: &Own) -> Result<(), RenewalError> {
        if self.tell_of_loss(handover) {
            self.give_back();
            return Ok(());
        }
        let (Some(handed_over), Some(now_good)) = (&handover.refresh_token, &own.refresh) else {
            log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so renew-creds cannot renew this session's tokens; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
            self.give_back();
            return Ok(());
        };
        let mut record = Record::of_login(handed_over, SystemTime::now());
        record.refresh_token.clone_from(now_good);
        record.subject = own.subject();
        // If this process dies before it has written the tokens, the earlier ones are renewed as before.
        record.ends.clone_from(self.ends.in_home());
        if let Some(found) = self.found.clone() {
            record.put_beside(found, record.logged_in);
        }
        let kept = match self.refresh_token(handover).filter(|_| self.has_sent) {
            Some(spent) if spent.expose_secret() != now_good.expose_secret() => self.held.keep_answer(&record, spent),
            // The provider has answered, and given no other one.
            Some(_) => Ok(()),
            // Nothing was sent by this login: whoever sent it before may have spent it.
            None => {
                record.spent = self.of_session(handover).and_then(|session| session.spent);
                Ok(())
            }
        };
        // An unchanged one is stored together with the expiry times, by `settle`.
        self.record = Some(record);
        self.is_fault_told = kept.is_err();
        kept
    }

    /// Notes what is about to be written to the home.
    pub(super) fn promise(&mut self, promised: Promised) {
        self.ends.promise(promised);
    }

    /// Stores what is known once the walls are: the entries of the `withheld` clusters are not written. If there is nothing to
    /// renew, nothing is kept.
    pub(super) fn settle(&mut self, withheld: &[String]) -> Result<(), RenewalError> {
        let Some(record) = self.record.as_mut().filter(|record| record.can_be_renewed()) else {
            return Ok(());
        };
        let Some((ends, is_nothing)) = self.ends.settle(withheld) else {
            return Ok(());
        };
        record.ends = ends;
        if is_nothing && record.ends.is_empty() && !self.place.renewed.may_be_elsewhere() {
            return self.forget();
        }
        let kept = self.held.keep(record);
        // What fails for the same reason is told once.
        kept.or_else(|error| if self.is_fault_told { Ok(()) } else { Err(error) })
    }

    /// Records that the tokens were not written to the home.
    pub(super) fn unsettle(&mut self) {
        let earlier = self.ends.in_home().clone();
        self.change(|record| record.unsettle(&earlier));
    }

    /// Changes what is kept.
    fn change(&mut self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = &mut self.record {
            change(record);
            // If that fails, the record stays as it was, and the next login writes it anew.
            let _ = self.held.keep(record);
        }
    }

    /// Keeps nothing.
    fn forget(&mut self) -> Result<(), RenewalError> {
        self.record = None;
        self.held.forget()
    }

    /// Unlocks the record, with nothing to renew in it but what is in the home already. Stays as it is if that cannot be stored.
    /// `None` if nothing is kept that this login goes on with.
    pub(super) fn let_go(self, handover: &Handover) -> Result<Option<LetGo>, Box<Self>> {
        let Some(mut kept) = self.record.clone().filter(|record| !record.is_to_be_revoked) else {
            return Ok(None);
        };
        if kept.can_be_renewed() && self.ends.is_promised() {
            kept.ends.clone_from(self.ends.in_home());
        }
        if self.held.keep(&kept).is_err() {
            return Err(Box::new(self));
        }
        let own = handover.refresh_token.clone().filter(|passed| kept.is_of(passed));
        Ok(Some(LetGo {
            own,
            ends: self.ends,
            place: self.place,
        }))
    }
}
