//! The record of one user: the refresh token, and when the tokens that it renews expire.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::naming::Username;
use crate::oidc::{token, Subject};
use crate::time::{parse_rfc3339, rfc3339};

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
}

/// Several runs of renew-creds: if a token has been expired for longer, nothing renews it.
const OVERDUE: Duration = Duration::from_secs(15 * 60);

/// The version of the format. A field that an older program may ignore, as it does with all unknown fields, does not
/// change it; one without which the record means something else does.
const VERSION: u32 = 1;

/// Why the bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Not a record, or not of this user.
    Garbled,
    /// A record of a newer version of the program.
    Newer(u32),
}

/// What every version of the format has; the first did not write it.
#[derive(Deserialize)]
struct Versioned {
    #[serde(default)]
    version: u32,
}

/// The record as JSON, with secrets in it, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
struct Text {
    #[serde(default)]
    version: u32,
    user: String,
    refresh_token: String,
    handed_over: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    logged_in: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_to_be_revoked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_lost: bool,
    token_ends: BTreeMap<String, String>,
}

/// A record that an answer of the identity provider made, until it is in its own file.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// The refresh token that was spent for it.
    instead_of: String,
    /// The text of the record.
    record: String,
}

impl Record {
    pub(super) fn to_text(&self, user: &Username) -> SecretString {
        let text = Text {
            version: VERSION,
            user: user.to_string(),
            refresh_token: self.refresh_token.expose_secret().to_owned(),
            handed_over: self.handed_over.expose_secret().to_owned(),
            subject: self.subject.clone(),
            logged_in: rfc3339(self.logged_in),
            is_to_be_revoked: self.is_to_be_revoked,
            spent: self.spent.map(rfc3339),
            is_lost: self.is_lost,
            token_ends: self.ends.iter().map(|(id, end)| (id.clone(), rfc3339(*end))).collect(),
        };
        serde_json::to_string(&text).unwrap_or_default().into()
    }

    /// Fails if it is not a record of this user, or of a version that means something that we do not know.
    pub(super) fn from_bytes(bytes: &[u8], user: &Username) -> Result<Self, Unreadable> {
        match serde_json::from_slice(bytes) {
            Ok(Versioned { version }) if version > VERSION => Err(Unreadable::Newer(version)),
            _ => Self::parse(bytes, user).ok_or(Unreadable::Garbled),
        }
    }

    /// This record as the answer that spent another refresh token.
    pub(super) fn to_answer(&self, user: &Username, spent: &SecretString) -> SecretString {
        let answer = Answer {
            instead_of: spent.expose_secret().to_owned(),
            record: self.to_text(user).expose_secret().to_owned(),
        };
        serde_json::to_string(&answer).unwrap_or_default().into()
    }

    /// The bytes that an answer needs which brings a token of about this length.
    pub(super) fn room_for_answer(&self, user: &Username) -> usize {
        // All of it is quoted once more in it.
        2 * self.to_answer(user, &self.refresh_token).expose_secret().len()
    }

    /// The record of an answer that spent this record's refresh token; `None` if it is torn, or another one's.
    pub(super) fn answered(&self, bytes: &[u8], user: &Username) -> Option<Self> {
        let answer: Answer = serde_json::from_slice(bytes).ok()?;
        let is_next = self.spent.is_some() && answer.instead_of == self.refresh_token.expose_secret();
        Self::from_bytes(answer.record.as_bytes(), user)
            .ok()
            .filter(|_| is_next)
    }

    fn parse(bytes: &[u8], user: &Username) -> Option<Self> {
        let text: Text = serde_json::from_slice(bytes).ok()?;
        // What is not known of one token is renewed at the next run, and costs no session.
        let end = |text: &str| parse_rfc3339(text).unwrap_or(SystemTime::UNIX_EPOCH);
        let ends = text.token_ends.into_iter();
        Some(Self {
            refresh_token: text.refresh_token.into(),
            handed_over: text.handed_over.into(),
            subject: text.subject,
            logged_in: parse_rfc3339(&text.logged_in)?,
            is_to_be_revoked: text.is_to_be_revoked,
            spent: text.spent.as_deref().and_then(parse_rfc3339),
            is_lost: text.is_lost,
            ends: ends.map(|(id, text)| (id, end(&text))).collect(),
        })
        .filter(|record| text.user == user.as_str() && !record.refresh_token.expose_secret().is_empty())
    }

    /// Whether this refresh token is the one that the previous login passed, which may have been used since.
    pub fn is_of(&self, handed_over: &SecretString) -> bool {
        self.handed_over.expose_secret() == handed_over.expose_secret()
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

    /// Keeps nothing but what is to be revoked: no token is renewed with it.
    pub fn end(&mut self) {
        self.ends.clear();
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

    /// Records that the tokens did not reach the home, so that the next run writes new ones.
    pub fn unsettle(&mut self) {
        self.ends.values_mut().for_each(|end| *end = SystemTime::UNIX_EPOCH);
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
            handed_over: "old".into(),
            subject: Some(Subject {
                iss: Some("https://idp".into()),
                sub: "1".into(),
            }),
            logged_in: at(100),
            is_to_be_revoked: false,
            spent: None,
            is_lost: false,
            ends: [("prod".to_owned(), at(1000)), ("test".to_owned(), at(2000))].into(),
        }
    }

    fn ann() -> Username {
        Username::parse("ann").unwrap()
    }

    #[test]
    fn a_record_reads_back_as_it_was_written_and_only_for_its_user() {
        let text = record().to_text(&ann());
        let back = Record::from_bytes(text.expose_secret().as_bytes(), &ann()).unwrap();
        assert_eq!(back.refresh_token.expose_secret(), "opaque");
        assert!(back.is_of(&"old".into()) && !back.is_of(&"opaque".into()));
        assert_eq!((back.logged_in, back.ends), (at(100), record().ends));
        assert_eq!(back.subject, record().subject);
        let bob = Username::parse("bob").unwrap();
        assert!(Record::from_bytes(text.expose_secret().as_bytes(), &bob).is_err());
        assert_eq!(Record::from_bytes(b"{}", &ann()).unwrap_err(), Unreadable::Garbled);
    }

    #[test]
    fn one_end_that_cannot_be_read_costs_no_session_and_is_due() {
        let text = record()
            .to_text(&ann())
            .expose_secret()
            .replace("1970-01-01T00:16:40Z", "never");
        let back = Record::from_bytes(text.as_bytes(), &ann()).unwrap();
        assert_eq!((back.ends["prod"], back.ends["test"]), (at(0), at(2000)));
        assert!(back.is_due(at(1), |_| true));
    }

    #[test]
    fn a_record_of_an_older_version_does_not_say_whose_it_is() {
        let text = r#"{"user":"ann","refresh_token":"t","handed_over":"t","logged_in":"2020-01-01T00:00:00Z","token_ends":{}}"#;
        let record = Record::from_bytes(text.as_bytes(), &ann()).unwrap();
        assert!(record.subject.is_none());
        assert!(!record.to_text(&ann()).expose_secret().contains("subject"));
    }

    #[test]
    fn a_record_of_a_newer_version_is_told_from_one_that_is_damaged() {
        let ours = record().to_text(&ann());
        let newer = ours.expose_secret().replace("\"version\":1", "\"version\":2");
        let read = |text: &str| Record::from_bytes(text.as_bytes(), &ann()).map(drop);
        assert_eq!(read(&newer), Err(Unreadable::Newer(2)));
        assert_eq!(
            read(r#"{"version":7,"users":["ann"]}"#),
            Err(Unreadable::Newer(7)),
            "whatever else it has"
        );
        assert_eq!(read(r#"{"version":"2"}"#), Err(Unreadable::Garbled));
        // What a later version of the same format adds does not matter.
        let more = ours.expose_secret().replacen('{', "{\"more\":true,", 1);
        assert_eq!(read(&more), Ok(()));
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
    fn what_is_kept_to_be_revoked_renews_nothing_and_reads_back_so() {
        let mut record = record();
        assert!(!record.to_text(&ann()).expose_secret().contains("revoked"), "as before");
        record.end();
        let text = record.to_text(&ann());
        let back = Record::from_bytes(text.expose_secret().as_bytes(), &ann()).unwrap();
        assert!(back.is_to_be_revoked && !back.is_due(at(9000), |_| true));
        assert_eq!(back.refresh_token.expose_secret(), "opaque");
    }

    #[test]
    fn an_answer_counts_for_the_record_whose_token_was_spent_for_it_and_for_no_other() {
        let (mut before, mut after) = (record(), record());
        after.refresh_token = "next".into();
        let answer = after.to_answer(&ann(), &before.refresh_token);
        let answer = answer.expose_secret().as_bytes();
        assert!(before.answered(answer, &ann()).is_none(), "nothing was spent");
        before.spent = Some(at(5));
        let next = before.answered(answer, &ann()).unwrap();
        assert!(next.refresh_token.expose_secret() == "next" && next.spent.is_none());
        for end in 0..answer.len() {
            assert!(before.answered(&answer[..end], &ann()).is_none(), "torn at {end}");
        }
        before.refresh_token = "another".into();
        assert!(before.answered(answer, &ann()).is_none());
    }

    #[test]
    fn a_lost_session_renews_nothing_and_reads_back_with_the_time() {
        let mut record = record();
        record.spent = Some(at(300));
        record.lose();
        let text = record.to_text(&ann());
        let back = Record::from_bytes(text.expose_secret().as_bytes(), &ann()).unwrap();
        assert!(back.is_lost && !back.is_due(at(9000), |_| true));
        assert_eq!(back.sent_at().unwrap(), "1970-01-01T00:05:00Z");
    }

    #[test]
    fn what_did_not_reach_the_home_is_due_at_once() {
        let mut record = record();
        record.unsettle();
        assert!(record.is_due(at(1), |_| true));
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
        let shown = format!("{:?}", record());
        assert!(!shown.contains("opaque") && !shown.contains("\"old\""), "{shown}");
    }
}
