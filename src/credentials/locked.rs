//! The record of a user whom a login holds the lock of: what is noted in it, taken back, kept and promised, and when.

use std::collections::BTreeMap;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

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
    /// What is kept, or is to be.
    record: Option<Record>,
    ends: Ends,
    /// Whether it could not be stored, which is told once.
    is_fault_told: bool,
    note: Note,
    place: RecordPlace,
}

/// When tokens expire, by cluster.
#[derive(Default)]
pub(super) struct Ends {
    /// Those that earlier logins and renewals wrote to the home: a cluster without one gets none from a renewal.
    in_home: BTreeMap<String, SystemTime>,
    /// Those that there are after this login, once the walls are known; none if it has failed before that.
    promised: Option<Promised>,
}

/// What a login is about to leave in the home.
struct Promised {
    ends: BTreeMap<String, SystemTime>,
    /// Whether nothing has failed.
    is_whole: bool,
}

/// What a login needs to lock a record again that it has unlocked.
pub struct LetGo {
    /// By which it knows its session.
    pub(super) handed_over: SecretString,
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

/// What this login has noted before it sent a refresh token.
#[derive(Default)]
enum Note {
    /// Nothing: it has sent none.
    #[default]
    None,
    /// That it may be spent. This was kept until then, of this session or of another one.
    Sent { before: Option<Record> },
}

fn is_of(record: &Record, handover: &Handover) -> bool {
    handover.refresh_token.as_ref().is_some_and(|token| record.is_of(token))
}

impl Locked {
    pub(super) fn new(held: Held, record: Option<Record>, place: RecordPlace) -> Self {
        let mut ends = Ends::default();
        record.iter().for_each(|record| ends.find_in_home(record, &place));
        Self {
            held,
            ends,
            record,
            is_fault_told: false,
            note: Note::None,
            place,
        }
    }

    /// The same after [`Self::let_go`], with what is kept by now.
    pub(super) fn again(held: Held, record: Record, mut ends: Ends, place: RecordPlace) -> Self {
        ends.find_in_home(&record, &place);
        Self {
            ends,
            ..Self::new(held, Some(record), place)
        }
    }

    /// What is kept of this very session.
    fn of_session(&self, handover: &Handover) -> Option<&Record> {
        self.record.as_ref().filter(|record| is_of(record, handover))
    }

    /// The refresh token to use; `None` if the session is lost.
    pub(super) fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        let passed = handover.refresh_token.as_ref()?;
        if self.record.as_ref().is_some_and(|record| record.is_lost_of(passed)) {
            return None;
        }
        Some(self.of_session(handover).map_or(passed, |record| &record.refresh_token))
    }

    /// Notes that the refresh token of this login is about to be sent. A session that is kept stays until there is an answer.
    pub(super) fn spend(&mut self, handover: &Handover) -> Result<(), RenewalError> {
        let Some(passed) = &handover.refresh_token else {
            return Ok(());
        };
        let before = self.record.clone();
        let first = || Record::of_login(passed, SystemTime::now());
        let mut noted = before.clone().unwrap_or_else(first);
        if noted.is_of(passed) {
            self.held.spend(&mut noted)?;
        } else {
            self.held.spend_of_another(&mut noted, passed)?;
        }
        self.record = Some(noted);
        self.note = Note::Sent { before };
        Ok(())
    }

    /// Keeps what is right after this error. What is known not to be spent is not noted as that any longer.
    pub(super) fn refused(&mut self, handover: &Handover, error: CredentialsError) -> CredentialsError {
        let Some(passed) = &handover.refresh_token else {
            return error;
        };
        if let Some(at) = self.lost_at(passed) {
            return CredentialsError::Lost { at };
        }
        match error.remains(self.sent_at(passed)) {
            Remains::Loss { at } => {
                self.change(|record| record.lose_of(passed));
                return CredentialsError::Lost { at };
            }
            Remains::Nothing | Remains::Astray => self.drop_session(handover),
            Remains::Unspent => self.take_back(),
            Remains::Unknown => {}
        }
        error
    }

    /// When the refresh token was sent whose answer is lost, if this session is.
    fn lost_at(&self, passed: &SecretString) -> Option<String> {
        let lost = self.record.as_ref().filter(|record| record.is_lost_of(passed))?;
        lost.spent_of(passed).map(rfc3339)
    }

    /// When an earlier run sent this session's refresh token, without an answer that was stored.
    fn sent_at(&self, passed: &SecretString) -> Option<String> {
        match &self.note {
            Note::Sent { before: Some(before) } => before.spent_of(passed).map(rfc3339),
            _ => None,
        }
    }

    /// Keeps nothing of this session, and what is kept of another one. The login has failed already, and reports its own reason.
    fn drop_session(&mut self, handover: &Handover) {
        if self.of_session(handover).is_some() {
            drop(self.forget());
        } else {
            self.change(|record| record.another = None);
        }
    }

    fn take_back(&mut self) {
        if let Note::Sent { before } = std::mem::take(&mut self.note) {
            self.held.take_back(before.as_ref());
            self.record = before;
        }
    }

    /// Tells that this session, or the one before it, is lost, and why; `true` if it is this one.
    fn tell_of_loss(&self, handover: &Handover) -> bool {
        let replaced = match &self.note {
            Note::None => &self.record,
            Note::Sent { before } => before,
        };
        let Some(replaced) = replaced else {
            return false;
        };
        let passed = handover.refresh_token.as_ref();
        let this = passed.filter(|passed| replaced.is_lost_of(passed));
        let spent = match this {
            Some(passed) => replaced.spent_of(passed),
            None => replaced.spent.filter(|_| replaced.is_lost),
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
            return Ok(());
        }
        let (Some(handed_over), Some(now_good)) = (&handover.refresh_token, &own.refresh) else {
            log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so renew-creds cannot renew this session's tokens; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
            return Ok(());
        };
        let mut record = Record::of_login(handed_over, SystemTime::now());
        record.refresh_token.clone_from(now_good);
        record.subject = own.subject();
        // If this process dies before it has written the tokens, the earlier ones are renewed as before.
        record.ends.clone_from(&self.ends.in_home);
        record.another = self.of_session(handover).and_then(|record| record.another.clone());
        let kept = match (&self.note, self.refresh_token(handover)) {
            (Note::Sent { .. }, Some(spent)) if spent.expose_secret() != now_good.expose_secret() => {
                self.held.keep_answer(&record, spent)
            }
            // The provider has answered, and given no other one.
            (Note::Sent { .. }, _) => Ok(()),
            // Nothing was sent by this login: whoever sent it before may have spent it.
            (Note::None, _) => {
                record.spent = self.record.as_ref().and_then(|record| record.spent_of(handed_over));
                Ok(())
            }
        };
        // An unchanged one is stored together with the expiry times, by `settle`.
        self.record = Some(record);
        self.is_fault_told = kept.is_err();
        kept
    }

    /// Notes when the tokens that are about to be written expire. A cluster of which nothing is written this time keeps an
    /// earlier one, which is renewed as before; one that is `written` without an end is renewed by somebody else.
    pub(super) fn promise(&mut self, written: &[&str], ends: &[(String, SystemTime)], is_whole: bool) {
        let is_written = |id: &String| written.contains(&id.as_str());
        let earlier = self.ends.in_home.iter().filter(|(id, _)| !is_written(id));
        let earlier = earlier.map(|(id, end)| (id.clone(), *end));
        let ends = earlier.chain(ends.iter().cloned()).collect();
        self.ends.promised = Some(Promised { ends, is_whole });
    }

    /// Stores what is known once the walls are: the tokens of these clusters are not written. What was in the home is still
    /// there, and no renewal may write any to a cluster of which none was. If there is nothing to renew, nothing is kept.
    pub(super) fn settle(&mut self, withheld: &[String]) -> Result<(), RenewalError> {
        let Some(record) = self.record.as_mut().filter(|record| record.can_be_renewed()) else {
            return Ok(());
        };
        let Some(promised) = self.ends.promised.take() else {
            return Ok(());
        };
        if promised.ends.is_empty() && promised.is_whole {
            return self.forget();
        }
        let is_withheld = |id: &String| withheld.contains(id);
        let written = promised.ends.into_iter().filter(|(id, _)| !is_withheld(id));
        let stays = self.ends.in_home.iter().filter(|(id, _)| is_withheld(id));
        record.ends = written.chain(stays.map(|(id, end)| (id.clone(), *end))).collect();
        let kept = self.held.keep(record);
        // What fails for the same reason is told once.
        kept.or_else(|error| if self.is_fault_told { Ok(()) } else { Err(error) })
    }

    /// Records that the tokens were not written to the home.
    pub(super) fn unsettle(&mut self) {
        let earlier = self.ends.in_home.clone();
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
    pub(super) fn forget(&mut self) -> Result<(), RenewalError> {
        self.record = None;
        self.held.forget()
    }

    /// Unlocks the record, with nothing to renew in it but what is in the home already. Stays as it is if that cannot be stored.
    /// `None` if nothing is kept of this login's session: what becomes of another one does not matter to it.
    pub(super) fn let_go(self, handover: &Handover) -> Result<Option<LetGo>, Box<Self>> {
        let Some(mut kept) = self.of_session(handover).cloned() else {
            return Ok(None);
        };
        if !kept.is_lost {
            kept.ends.clone_from(&self.ends.in_home);
        }
        if self.held.keep(&kept).is_err() {
            return Err(Box::new(self));
        }
        Ok(Some(LetGo {
            handed_over: kept.handed_over,
            ends: self.ends,
            place: self.place,
        }))
    }
}

impl Ends {
    /// Adds what this record knows to be in the home, of clusters that root still renews; of those that this login does not
    /// work on, all that it says.
    fn find_in_home(&mut self, record: &Record, place: &RecordPlace) {
        let renewed = &place.renewed;
        // The first token of a cluster that did not reach the home is not there.
        let is_there = |(id, end): &(&String, &SystemTime)| {
            renewed.has(id) && (**end != SystemTime::UNIX_EPOCH || !renewed.is_here(id))
        };
        let in_home = record.ends.iter().filter(is_there);
        self.in_home.extend(in_home.map(|(id, end)| (id.clone(), *end)));
    }
}
