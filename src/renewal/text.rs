//! A record as text: JSON, for this version and for older and newer ones, and the answer that is to become one.

use std::collections::BTreeMap;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::record::Record;
use crate::naming::Username;
use crate::oidc::Subject;
use crate::time::{parse_rfc3339, rfc3339};

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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Text>,
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
        serde_json::to_string(&Text::of(self, user)).unwrap_or_default().into()
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

    /// The bytes that an answer needs which spends this refresh token, and brings one of about this length.
    pub(super) fn room_for_answer(&self, user: &Username, spent: &SecretString) -> usize {
        let mut next = self.clone();
        next.refresh_token.clone_from(spent);
        // All of it is quoted once more in it.
        2 * next.to_answer(user, spent).expose_secret().len()
    }

    /// The record of an answer that spent the refresh token of one of these sessions; `None` if it is torn, or another one's.
    pub(super) fn answered(&self, bytes: &[u8], user: &Username) -> Option<Self> {
        let answer: Answer = serde_json::from_slice(bytes).ok()?;
        let is_spent =
            |session: &Self| session.spent.is_some() && *session.refresh_token.expose_secret() == answer.instead_of;
        let is_next = self.sessions().any(is_spent);
        Self::from_bytes(answer.record.as_bytes(), user)
            .ok()
            .filter(|_| is_next)
    }

    fn parse(bytes: &[u8], user: &Username) -> Option<Self> {
        let mut text: Text = serde_json::from_slice(bytes).ok()?;
        let others = std::mem::take(&mut text.others).into_iter();
        let others = others.filter_map(|other| other.read(user)).collect();
        let record = text.read(user)?;
        Some(Self { others, ..record })
    }
}

impl Text {
    fn of(record: &Record, user: &Username) -> Self {
        Self {
            version: VERSION,
            user: user.to_string(),
            refresh_token: record.refresh_token.expose_secret().to_owned(),
            handed_over: record.handed_over.expose_secret().to_owned(),
            subject: record.subject.clone(),
            logged_in: rfc3339(record.logged_in),
            is_to_be_revoked: record.is_to_be_revoked,
            spent: record.spent.map(rfc3339),
            is_lost: record.is_lost,
            token_ends: record
                .ends
                .iter()
                .map(|(id, end)| (id.clone(), rfc3339(*end)))
                .collect(),
            others: record.others.iter().map(|other| Self::of(other, user)).collect(),
        }
    }

    /// The session without others; `None` if it is not this user's, or not readable.
    fn read(self, user: &Username) -> Option<Record> {
        // What is not known of one token is renewed at the next run, and costs no session.
        let end = |text: &str| parse_rfc3339(text).unwrap_or(SystemTime::UNIX_EPOCH);
        if self.user != user.as_str() || self.refresh_token.is_empty() {
            return None;
        }
        Some(Record {
            logged_in: parse_rfc3339(&self.logged_in)?,
            refresh_token: self.refresh_token.into(),
            handed_over: self.handed_over.into(),
            subject: self.subject,
            is_to_be_revoked: self.is_to_be_revoked,
            spent: self.spent.as_deref().and_then(parse_rfc3339),
            is_lost: self.is_lost,
            ends: self
                .token_ends
                .iter()
                .map(|(id, text)| (id.clone(), end(text)))
                .collect(),
            others: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renewal::record::tests::{self, at};

    fn record() -> Record {
        Record {
            subject: Some(Subject {
                iss: Some("https://idp".into()),
                sub: "1".into(),
            }),
            ..tests::record()
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
    fn a_lost_session_renews_nothing_and_reads_back_with_the_time() {
        let mut record = record();
        record.spent = Some(at(300));
        record.lose_of(&"old".into());
        let text = record.to_text(&ann());
        let back = Record::from_bytes(text.expose_secret().as_bytes(), &ann()).unwrap();
        assert!(back.is_lost && !back.is_due(at(9000), |_| true));
        assert_eq!(back.sent_at().unwrap(), "1970-01-01T00:05:00Z");
    }

    #[test]
    fn other_sessions_stand_in_a_record_and_an_answer_to_one_of_them_is_the_next_record() {
        let mut record = record();
        assert!(!record.to_text(&ann()).expose_secret().contains("others"), "as before");
        record.others = ["b", "c"].map(|name| Record::of_login(&name.into(), at(300))).into();
        record.others[0].spent = Some(at(400));
        let text = record.to_text(&ann());
        let back = Record::from_bytes(text.expose_secret().as_bytes(), &ann()).unwrap();
        assert!(back.is_of(&"old".into()) && back.ends == record.ends);
        assert_eq!((back.others.len(), back.spent_of(&"b".into())), (2, Some(at(400))));
        let mut next = Record::of_login(&"b".into(), at(500));
        next.put_beside(back.clone(), at(500));
        let to = |token: &str| next.to_answer(&ann(), &token.into());
        let answered = |token: &str| back.answered(to(token).expose_secret().as_bytes(), &ann());
        let next = answered("b").unwrap();
        assert!(next.is_of(&"b".into()) && next.others.len() == 2);
        assert!(answered("c").is_none(), "that one was not sent");
        let strange = text.expose_secret().replace("1970-01-01T00:05:00Z", "then");
        let back = Record::from_bytes(strange.as_bytes(), &ann()).unwrap();
        assert!(
            back.others.is_empty() && back.ends == record.ends,
            "it costs this session nothing"
        );
    }

    #[test]
    fn there_is_room_for_an_answer_however_long_the_token_of_the_other_session_is() {
        let long = SecretString::from("t".repeat(3000));
        let mut record = record();
        record.note_login(&long, at(300));
        let mut next = Record::of_login(&long, at(400));
        next.ends.clone_from(&record.ends);
        next.put_beside(record.clone(), at(400));
        let needed = next.to_answer(&ann(), &long).expose_secret().len();
        let room = record.room_for_answer(&ann(), &long);
        assert!(room > needed + 3000, "{room} for {needed}");
    }
}
