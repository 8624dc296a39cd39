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
    /// Those that this login is about to write, once the walls are known; none if it has failed before that.
    promised: Option<BTreeMap<String, SystemTime>>,
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
        // If this process dies before it has written the tokens, the next renewal does so, where there are earlier ones.
        record.ends.clone_from(&self.ends.in_home);
        record.unsettle();
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
        // An unchanged one is stored together with the expiry times, by `settle`.
        self.record = Some(record);
        self.is_fault_told = kept.is_err();
        kept
    }

    /// Notes when the tokens that are about to be written expire. A cluster that gets none of them this time keeps an earlier
    /// one, which is renewed as before.
    pub(super) fn promise(&mut self, ends: &[(String, SystemTime)], is_whole: bool) -> Result<(), RenewalError> {
        if ends.is_empty() && is_whole && self.record.as_ref().is_some_and(|record| !record.is_lost) {
            return self.forget();
        }
        let mut promised = self.ends.in_home.clone();
        promised.extend(ends.iter().cloned());
        self.ends.promised = Some(promised);
        Ok(())
    }

    /// Stores what is known once the walls are: the tokens of these clusters are not written. What was in the home is still
    /// there, and no renewal may write any to a cluster of which none was.
    pub(super) fn settle(&mut self, withheld: &[String]) -> Result<(), RenewalError> {
        let Some(record) = self.record.as_mut().filter(|record| !record.is_lost) else {
            return Ok(());
        };
        let Some(promised) = self.ends.promised.take() else {
            return Ok(());
        };
        let is_withheld = |id: &String| withheld.contains(id);
        let in_home = std::mem::take(&mut self.ends.in_home);
        let written = promised.into_iter().filter(|(id, _)| !is_withheld(id));
        let stays = in_home.into_iter().filter(|(id, _)| is_withheld(id));
        record.ends = written.chain(stays).collect();
        let kept = self.held.keep(record);
        // What fails for the same reason is told once.
        kept.or_else(|error| if self.is_fault_told { Ok(()) } else { Err(error) })
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

    /// Unlocks the record, with nothing to renew in it but what is in the home already. Stays as it is if that cannot be stored.
    pub(super) fn let_go(self) -> Result<Option<LetGo>, Box<Self>> {
        let Some(mut kept) = self.record.clone() else {
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
    /// Adds what this record knows to be in the home, of clusters that root still renews.
    fn find_in_home(&mut self, record: &Record, place: &RecordPlace) {
        // One that did not reach the home is not there.
        let is_there =
            |(id, end): &(&String, &SystemTime)| **end != SystemTime::UNIX_EPOCH && place.clusters.contains(id);
        let in_home = record.ends.iter().filter(is_there);
        self.in_home.extend(in_home.map(|(id, end)| (id.clone(), *end)));
    }
}
