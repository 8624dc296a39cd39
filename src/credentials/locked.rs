//! The record of a user whom a login holds the lock of: what is noted in it, taken back, kept and promised, and when.

use std::collections::BTreeMap;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use super::error::{CredentialsError, Remains};
use super::own::Own;
use crate::log;
use crate::naming::Username;
use crate::oidc::Handover;
use crate::renewal::{Held, Record, RenewalError, Renewals};

/// A user's record, locked against other processes.
pub struct Locked {
    held: Held,
    /// What is kept, or is to be.
    record: Option<Record>,
    /// When the tokens expire that earlier logins and renewals wrote to the home.
    in_home: BTreeMap<String, SystemTime>,
    note: Note,
    place: RecordPlace,
}

/// What a login kept in a record that it has unlocked, to lock it again.
pub struct LetGo {
    pub(super) kept: Record,
    pub(super) in_home: BTreeMap<String, SystemTime>,
    pub(super) place: RecordPlace,
}

/// Where a user's record is.
pub struct RecordPlace {
    pub(super) renewals: Renewals,
    pub(super) user: Username,
    /// The clusters that root renews.
    pub(super) clusters: Vec<String>,
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

impl Locked {
    pub(super) fn new(held: Held, record: Option<Record>, place: RecordPlace) -> Self {
        let ends = record.iter().flat_map(|record| &record.ends);
        // One that did not reach the home is not there.
        let in_home = ends.filter(|(_, end)| **end != SystemTime::UNIX_EPOCH);
        Self {
            held,
            in_home: in_home.map(|(id, end)| (id.clone(), *end)).collect(),
            record,
            note: Note::None,
            place,
        }
    }

    /// The same after [`Self::let_go`].
    pub(super) fn again(held: Held, record: Record, in_home: BTreeMap<String, SystemTime>, place: RecordPlace) -> Self {
        Self {
            in_home,
            ..Self::new(held, Some(record), place)
        }
    }

    /// What is kept of this very session.
    fn of_session(&self, handover: &Handover) -> Option<&Record> {
        self.record.as_ref().filter(|record| is_of(record, handover))
    }

    /// The refresh token to use; `None` if the session is lost.
    pub(super) fn refresh_token<'a>(&'a self, handover: &'a Handover) -> Option<&'a SecretString> {
        match self.of_session(handover) {
            Some(record) => (!record.is_lost).then_some(&record.refresh_token),
            None => handover.refresh_token.as_ref(),
        }
    }

    /// Notes that the refresh token of this login is about to be sent.
    pub(super) fn spend(&mut self, handover: &Handover) -> Result<(), RenewalError> {
        let Some(handed_over) = &handover.refresh_token else {
            return Ok(());
        };
        let known = self.of_session(handover).cloned();
        let mut noted = known.unwrap_or_else(|| new_session(handed_over, handed_over));
        self.held.spend(&mut noted)?;
        let before = self.record.replace(noted);
        self.note = Note::Sent { before };
        Ok(())
    }

    /// Keeps what is right after this error. What is known not to be spent is not noted as that any longer.
    pub(super) fn refused(&mut self, handover: &Handover, error: CredentialsError) -> CredentialsError {
        let lost = self.of_session(handover).filter(|record| record.is_lost);
        if let Some(at) = lost.and_then(Record::sent_at) {
            return CredentialsError::Lost { at };
        }
        match error.remains(self.sent_at(handover)) {
            Remains::Loss { at } => {
                self.change(Record::lose);
                return CredentialsError::Lost { at };
            }
            // The login has failed already, and reports its own reason.
            Remains::Nothing | Remains::Astray => drop(self.forget()),
            Remains::Unspent => self.take_back(),
            Remains::Unknown => {}
        }
        error
    }

    /// When an earlier run sent this session's refresh token, without an answer that was stored.
    fn sent_at(&self, handover: &Handover) -> Option<String> {
        match &self.note {
            Note::Sent { before: Some(before) } if is_of(before, handover) => before.sent_at(),
            _ => None,
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

    /// Stores the newest refresh token, if this login brought it.
    pub(super) fn keep(&mut self, handover: &Handover, own: &Own) -> Result<(), RenewalError> {
        if self.tell_of_loss(handover) {
            return Ok(());
        }
        let (Some(handed_over), Some(now_good)) = (&handover.refresh_token, &own.refresh) else {
            log::warning("there is no OOD_OIDC_REFRESH_TOKEN in the environment, so renew-creds cannot renew this user's tokens; add OIDC_REFRESH_TOKEN to pun_pre_hook_exports and set OIDCPassRefreshToken On");
            return self.forget();
        };
        let mut record = new_session(handed_over, now_good);
        record.subject = own.subject();
        // If this process dies before it has written the tokens, the next renewal does so.
        let unsettled = self.place.clusters.iter();
        record.ends = unsettled.map(|id| (id.clone(), SystemTime::UNIX_EPOCH)).collect();
        let kept = match (&self.note, self.refresh_token(handover)) {
            (Note::Sent { .. }, Some(spent)) if spent.expose_secret() != now_good.expose_secret() => {
                self.held.keep_answer(&record, spent)
            }
            // The provider has answered, and given no other one.
            (Note::Sent { .. }, _) => Ok(()),
            // Nothing was sent by this login: whoever sent it before may have spent it.
            (Note::None, _) => {
                record.spent = self.of_session(handover).and_then(|record| record.spent);
                Ok(())
            }
        };
        // An unchanged one is stored together with the expiry times, by `promise`.
        self.record = Some(record);
        kept
    }

    /// Stores when the tokens that are about to be written expire.
    pub(super) fn promise(&mut self, ends: &[(String, SystemTime)], is_whole: bool) -> Result<(), RenewalError> {
        let Some(record) = self.record.as_mut().filter(|record| !record.is_lost) else {
            return Ok(());
        };
        if ends.is_empty() && is_whole {
            return self.forget();
        }
        record.ends = ends.iter().cloned().collect();
        self.held.keep(record)
    }

    /// Changes what is kept.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Record)) {
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

    /// Records that these clusters' tokens are not written: what was in the home is still there, and no renewal may write any
    /// to a cluster of which none was.
    pub(super) fn hold_back(&mut self, clusters: &[String]) {
        let in_home = std::mem::take(&mut self.in_home);
        self.change(|record| {
            record.ends.retain(|id, _| !clusters.contains(id));
            record
                .ends
                .extend(in_home.into_iter().filter(|(id, _)| clusters.contains(id)));
        });
    }

    /// Unlocks the record, with nothing to renew in it but what is in the home already; what this login had kept, and where.
    pub(super) fn let_go(self) -> Option<LetGo> {
        let kept = self.record?;
        let mut idle = kept.clone();
        if !idle.is_lost {
            idle.ends.clone_from(&self.in_home);
        }
        let _ = self.held.keep(&idle);
        Some(LetGo {
            kept,
            in_home: self.in_home,
            place: self.place,
        })
    }
}
