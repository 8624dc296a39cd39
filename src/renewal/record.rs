//! The record of one user: the refresh token, and when the tokens that it renews expire.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};

use crate::oidc::{token, Subject};
use crate::time::rfc3339;

/// The record of one user.
#[derive(Debug, Clone)]
pub struct Record {
    /// `OnDemand`'s newest refresh token: with rotation, each works only once.
    pub refresh_token: SecretString,
    /// The one that the login passed. Apache passes the same one again at the next start of the user's nginx, even if
    /// it has been used since.
    pub handed_over: SecretString,
    /// Whose the login's access token is: what it brings later must be the same account's. `None` if that is opaque or has
    /// no `sub`, and in records of older versions.
    pub subject: Option<Subject>,
    /// When the user's nginx was about to start.
    pub logged_in: SystemTime,
    /// Whether nothing is kept but what is to be revoked: the user's access was taken away, and the identity provider did not
    /// take the revocation yet.
    pub is_to_be_revoked: bool,
    /// When the refresh token was sent to the identity provider, if no answer has been stored since: it may be spent.
    pub spent: Option<SystemTime>,
    /// Whether the identity provider has refused it after that: the session cannot be renewed, and this is kept to say so.
    pub is_lost: bool,
    /// By cluster: when the token in the home expires. Contains only the tokens that root renews.
    pub ends: BTreeMap<String, SystemTime>,
    /// The newest login of another session whose refresh token was sent.
    pub another: Option<Attempt>,
}

/// A refresh token of another session of the same user, sent without an answer that was stored. Once there is one, that
/// session is kept in place of this one; until then, nothing of this one is given up for it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// As the login passed it.
    pub refresh_token: SecretString,
    /// When it was sent first.
    pub sent: SystemTime,
    /// Whether the identity provider has refused it after that.
    pub is_lost: bool,
}

/// Several runs of renew-creds: if a token has been expired for longer, nothing renews it.
const OVERDUE: Duration = Duration::from_secs(15 * 60);

impl Record {
    /// A session that began with this refresh token, of which no renewal writes anything yet.
    pub fn of_login(handed_over: &SecretString, logged_in: SystemTime) -> Self {
        Self {
            refresh_token: handed_over.clone(),
            handed_over: handed_over.clone(),
            subject: None,
            logged_in,
            is_to_be_revoked: false,
            spent: None,
            is_lost: false,
            ends: BTreeMap::new(),
            another: None,
        }
    }

    /// Whether this refresh token is the one that the previous login passed, which may have been used since.
    pub fn is_of(&self, handed_over: &SecretString) -> bool {
        self.handed_over.expose_secret() == handed_over.expose_secret()
    }

    /// The login of another session that passed this refresh token.
    pub(super) fn attempt(&self, handed_over: &SecretString) -> Option<&Attempt> {
        let is_same = |attempt: &&Attempt| attempt.refresh_token.expose_secret() == handed_over.expose_secret();
        self.another.as_ref().filter(is_same)
    }

    /// When the refresh token of the session that began with this one was sent, if no answer has been stored since.
    pub fn spent_of(&self, handed_over: &SecretString) -> Option<SystemTime> {
        if self.is_of(handed_over) {
            return self.spent;
        }
        self.attempt(handed_over).map(|attempt| attempt.sent)
    }

    /// Whether the session that began with this refresh token is known to be lost.
    pub fn is_lost_of(&self, handed_over: &SecretString) -> bool {
        if self.is_of(handed_over) {
            return self.is_lost;
        }
        self.attempt(handed_over).is_some_and(|attempt| attempt.is_lost)
    }

    /// Keeps nothing of the session that began with this refresh token but why it cannot be renewed.
    pub fn lose_of(&mut self, handed_over: &SecretString) {
        if self.is_of(handed_over) {
            return self.lose();
        }
        if let Some(attempt) = &mut self.another {
            attempt.is_lost = true;
        }
    }

    /// When the first token of these clusters expires.
    pub fn first_end(&self, is_ours: impl Fn(&str) -> bool) -> Option<SystemTime> {
        let ours = self.ends.iter().filter(|(id, _)| is_ours(id));
        ours.map(|(_, end)| *end).min()
    }

    /// Whether a token of these clusters, or the refresh token itself, expires by `moment`.
    pub fn is_due(&self, moment: SystemTime, is_ours: impl Fn(&str) -> bool) -> bool {
        let Some(first) = self.first_end(is_ours) else {
            return false;
        };
        first <= moment || self.refresh_end().is_some_and(|end| end <= moment)
    }

    /// For how long the first token of these clusters has been expired, if nothing can have renewed it since.
    pub fn overdue(&self, now: SystemTime, is_ours: impl Fn(&str) -> bool) -> Option<Duration> {
        let over = now.duration_since(self.first_end(is_ours)?).ok()?;
        // A token that could not be written to a home has an expiry at the epoch, which says nothing.
        (over > OVERDUE && over < Duration::from_secs(3650 * 86_400)).then_some(over)
    }

    /// The clusters whose last token did not reach the home.
    pub fn unsettled(&self) -> impl Iterator<Item = &str> {
        let is_unsettled = |end: &SystemTime| *end == SystemTime::UNIX_EPOCH;
        let ends = self.ends.iter().filter(move |(_, end)| is_unsettled(end));
        ends.map(|(id, _)| id.as_str())
    }

    /// When the refresh token itself expires, if it says so.
    pub fn refresh_end(&self) -> Option<SystemTime> {
        // Keycloak's are JWTs, which expire if the session is idle for too long; opaque ones do not say.
        token::expiry(&self.refresh_token).ok()
    }

    /// Whether anything of it is to be renewed still.
    pub fn can_be_renewed(&self) -> bool {
        !self.is_lost && !self.is_to_be_revoked
    }

    /// Keeps nothing but what is to be revoked: no token is renewed with it.
    pub fn end(&mut self) {
        self.ends.clear();
        self.another = None;
        self.is_to_be_revoked = true;
    }

    /// Keeps nothing but why the session cannot be renewed.
    pub fn lose(&mut self) {
        self.ends.clear();
        self.is_lost = true;
    }

    /// When the refresh token was sent without an answer, for messages.
    pub fn sent_at(&self) -> Option<String> {
        self.spent.map(rfc3339)
    }

    /// Records that the tokens did not reach the home: there is the earlier one, or the next run writes the first.
    pub fn unsettle(&mut self, earlier: &BTreeMap<String, SystemTime>) {
        let end_of = |id: &String| earlier.get(id).copied().unwrap_or(SystemTime::UNIX_EPOCH);
        self.ends.iter_mut().for_each(|(id, end)| *end = end_of(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn record() -> Record {
        Record {
            refresh_token: "opaque".into(),
            ends: [("prod".to_owned(), at(1000)), ("test".to_owned(), at(2000))].into(),
            ..Record::of_login(&"old".into(), at(100))
        }
    }

    #[test]
    fn it_is_due_with_the_first_token_of_a_cluster_that_is_asked_for() {
        assert!(record().is_due(at(1000), |_| true) && !record().is_due(at(999), |_| true));
        assert!(!record().is_due(at(1000), |id| id == "test"));
        assert!(!record().is_due(at(9000), |_| false), "nothing of it is in the home");
    }

    #[test]
    fn it_is_due_before_the_refresh_token_itself_ends() {
        let mut record = record();
        // {"exp":500}
        record.refresh_token = "e30.eyJleHAiOjUwMH0.x".into();
        assert!(record.is_due(at(500), |_| true) && !record.is_due(at(499), |_| true));
    }

    #[test]
    fn what_did_not_reach_the_home_is_due_at_once_if_there_is_no_earlier_token() {
        let mut record = record();
        record.unsettle(&[("prod".to_owned(), at(9))].into());
        assert!(record.is_due(at(1), |id| id == "test"));
        assert_eq!(record.first_end(|id| id == "prod"), Some(at(9)));
    }

    #[test]
    fn what_becomes_of_another_sessions_login_is_told_to_that_one_alone() {
        let (one, other, third) = ("old".into(), "other".into(), "third".into());
        let mut record = record();
        record.another = Some(Attempt {
            refresh_token: "other".into(),
            sent: at(7),
            is_lost: false,
        });
        let known = |record: &Record| [&one, &other, &third].map(|of| (record.spent_of(of), record.is_lost_of(of)));
        assert_eq!(known(&record), [(None, false), (Some(at(7)), false), (None, false)]);
        record.lose_of(&other);
        assert_eq!(known(&record), [(None, false), (Some(at(7)), true), (None, false)]);
        assert_eq!(record.ends.len(), 2, "nothing of this one is lost");
        record.spent = Some(at(5));
        record.lose_of(&one);
        assert_eq!(
            known(&record),
            [(Some(at(5)), true), (Some(at(7)), true), (None, false)]
        );
        assert!(record.is_lost && record.ends.is_empty());
    }

    #[test]
    fn a_token_is_overdue_after_several_runs_and_one_that_did_not_reach_the_home_is_told_as_that() {
        let over = |now| record().overdue(at(now), |_| true);
        assert_eq!((over(900), over(1900)), (None, None), "a run may be late");
        assert_eq!(over(2000), Some(Duration::from_secs(1000)));
        assert_eq!(record().overdue(at(2000), |id| id == "test"), None);
        let mut record = record();
        assert_eq!(record.unsettled().count(), 0);
        record.ends.insert("prod".into(), SystemTime::UNIX_EPOCH);
        assert_eq!(record.unsettled().collect::<Vec<_>>(), ["prod"]);
        assert_eq!(record.overdue(at(1_795_717_200), |_| true), None);
    }

    #[test]
    fn debug_shows_no_token() {
        let mut record = record();
        record.another = Some(Attempt {
            refresh_token: "another".into(),
            sent: at(7),
            is_lost: false,
        });
        let shown = format!("{record:?}").replace("another: ", "");
        let tokens = ["opaque", "\"old\"", "\"another\""];
        assert!(!tokens.iter().any(|token| shown.contains(token)), "{shown}");
    }
}
