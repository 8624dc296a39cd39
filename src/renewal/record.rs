//! The record of one user's session: the refresh token, and when the tokens that it renews expire.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;

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
    /// Other sessions of the same user, the newest first: what was kept before this one, and logins that sent a refresh token
    /// without an answer that was stored. They have no `ends` and no others.
    pub others: Vec<Record>,
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
            others: Vec::new(),
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
        // The first token of a cluster that did not reach the home has an expiry at the epoch, which says nothing.
        (over > OVERDUE && over < Duration::from_secs(3650 * 86_400)).then_some(over)
    }

    /// The clusters whose first token did not reach the home.
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

    /// Keeps nothing but what is to be revoked, of all sessions: no token is renewed with it.
    pub fn end(&mut self) {
        self.ends.clear();
        self.is_to_be_revoked = true;
        self.others
            .iter_mut()
            .for_each(|session| session.is_to_be_revoked = true);
    }

    /// Whether its refresh token is known to work no more.
    pub fn is_over(&self, now: SystemTime) -> bool {
        self.is_lost || self.refresh_end().is_some_and(|end| end <= now)
    }

    /// When the refresh token was sent without an answer, for messages.
    pub fn sent_at(&self) -> Option<String> {
        self.spent.map(rfc3339)
    }

    /// Records that the tokens did not reach the home: there are the earlier ones, and the next run writes the others.
    pub fn unsettle(&mut self, earlier: &BTreeMap<String, SystemTime>) {
        self.ends.values_mut().for_each(|end| *end = SystemTime::UNIX_EPOCH);
        self.ends.extend(earlier.iter().map(|(id, end)| (id.clone(), *end)));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    pub fn record() -> Record {
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
        record.others.push(Record::of_login(&"another".into(), at(7)));
        let shown = format!("{record:?}");
        let tokens = ["opaque", "\"old\"", "another"];
        assert!(!tokens.iter().any(|token| shown.contains(token)), "{shown}");
    }
}
