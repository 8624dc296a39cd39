//! Several sessions of one user in one record: the first is renewed, and of the others what their next login needs is kept.

use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};

use super::record::Record;

/// How many are kept beside the one that is renewed. Each login after a logout makes one more, also in the same browser.
const MOST_OTHERS: usize = 7;

impl Record {
    /// Whether this refresh token is the one that the session's login passed, which may have been used since.
    pub fn is_of(&self, handed_over: &SecretString) -> bool {
        self.handed_over.expose_secret() == handed_over.expose_secret()
    }

    /// All sessions, the one that is renewed first.
    pub fn sessions(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }

    /// The session whose login passed this refresh token.
    pub fn of_session(&self, handed_over: &SecretString) -> Option<&Self> {
        self.sessions().find(|session| session.is_of(handed_over))
    }

    pub(super) fn of_session_mut(&mut self, handed_over: &SecretString) -> Option<&mut Self> {
        if self.is_of(handed_over) {
            return Some(self);
        }
        self.others.iter_mut().find(|session| session.is_of(handed_over))
    }

    /// When the refresh token of this session was sent, if no answer has been stored since.
    pub fn spent_of(&self, handed_over: &SecretString) -> Option<SystemTime> {
        self.of_session(handed_over)?.spent
    }

    /// Whether this session is known to be lost.
    pub fn is_lost_of(&self, handed_over: &SecretString) -> bool {
        self.of_session(handed_over).is_some_and(|session| session.is_lost)
    }

    /// Keeps the session of a login that is about to send its refresh token: beside the one that is renewed, if it is another.
    /// No session that may be good goes for it.
    pub fn note_login(&mut self, handed_over: &SecretString, now: SystemTime) {
        self.logged_in = now;
        if self.of_session(handed_over).is_none() {
            self.drop_others(MOST_OTHERS, |session| session.is_over(now) || session.is_doubtful());
            self.others.insert(0, Self::of_login(handed_over, now));
        }
    }

    /// Whether nobody knows if there ever was a good answer to it: its login sent the token that it passed.
    fn is_doubtful(&self) -> bool {
        self.spent.is_some() && self.is_of(&self.refresh_token)
    }

    /// Drops such others, the oldest first, until there are fewer than this.
    fn drop_others(&mut self, most: usize, may_go: impl Fn(&Self) -> bool) {
        while self.others.len() >= most {
            let Some(at) = self.others.iter().rposition(&may_go) else {
                return;
            };
            self.others.remove(at);
        }
    }

    /// Keeps the sessions of an earlier record beside this one, the newest first. What is over goes before what may be good,
    /// and then the oldest.
    pub fn put_beside(&mut self, mut earlier: Self, now: SystemTime) {
        let others = std::mem::take(&mut earlier.others);
        // What is in the home is renewed by the first session alone; what is to be revoked is no session any more.
        earlier.ends.clear();
        let is_another = |session: &Self| !session.is_of(&self.handed_over) && !session.is_to_be_revoked;
        let earlier: Vec<_> = std::iter::once(earlier).chain(others).filter(is_another).collect();
        self.others.splice(0..0, earlier);
        self.drop_others(MOST_OTHERS + 1, |session| session.is_over(now));
        self.drop_others(MOST_OTHERS + 1, Self::is_doubtful);
        self.others.truncate(MOST_OTHERS);
    }

    /// Keeps nothing of this session but why it cannot be renewed. If it was the one that is renewed, another one is now.
    pub fn lose_of(&mut self, handed_over: &SecretString) {
        if let Some(session) = self.of_session_mut(handed_over) {
            session.is_lost = true;
        }
        if self.is_lost {
            self.step_back();
        }
    }

    /// What is left without this session, which is over.
    pub fn without(mut self, handed_over: &SecretString) -> Option<Self> {
        if self.is_of(handed_over) {
            self.step_back();
        }
        if !self.is_of(handed_over) {
            self.others.retain(|session| !session.is_of(handed_over));
            return Some(self);
        }
        // None can be renewed; their logins are still to be told why.
        let mut others = std::mem::take(&mut self.others).into_iter();
        let mut next = others.next()?;
        next.others = others.collect();
        next.logged_in = self.logged_in;
        Some(next)
    }

    /// Puts another session in this one's place, with what is in the home. It is one whose refresh token is not in doubt:
    /// whose the answer is to one that was sent, only its own login can judge.
    fn step_back(&mut self) {
        let ends = std::mem::take(&mut self.ends);
        let is_good = |session: &Self| session.can_be_renewed() && session.spent.is_none();
        let Some(at) = self.others.iter().position(is_good) else {
            return;
        };
        let mut next = self.others.remove(at);
        next.others = std::mem::take(&mut self.others);
        next.logged_in = self.logged_in;
        next.ends = ends;
        let former = std::mem::replace(self, next);
        self.others.insert(0, former);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn token(text: &str) -> SecretString {
        text.into()
    }

    fn session(name: &str) -> Record {
        Record::of_login(&token(name), at(1))
    }

    /// The first of these is renewed.
    fn record(names: &[&str]) -> Record {
        let mut record = session(names[0]);
        record.ends = [("prod".to_owned(), at(9))].into();
        record.others = names[1..].iter().map(|name| session(name)).collect();
        record
    }

    fn names(record: &Record) -> Vec<&str> {
        let sessions = record.sessions();
        sessions.map(|session| session.handed_over.expose_secret()).collect()
    }

    #[test]
    fn a_login_of_another_session_is_noted_beside_and_of_a_known_one_not_again() {
        let mut record = record(&["a"]);
        record.note_login(&token("b"), at(5));
        record.note_login(&token("b"), at(6));
        record.note_login(&token("a"), at(7));
        assert_eq!((names(&record), record.logged_in), (vec!["a", "b"], at(7)));
        assert!(record.ends.len() == 1 && record.others[0].ends.is_empty());
    }

    #[test]
    fn a_new_record_keeps_the_newest_others_each_once_and_none_that_is_to_be_revoked() {
        let mut next = session("b");
        let mut earlier = record(&["a", "b", "c", "d", "e"]);
        earlier.others[2].is_to_be_revoked = true;
        next.put_beside(earlier, at(5));
        assert_eq!(names(&next), ["b", "a", "c", "e"]);
        assert!(next.sessions().all(|session| session.ends.is_empty()));
        assert!(next.others.iter().all(|session| session.others.is_empty()));
    }

    #[test]
    fn no_good_session_goes_for_one_that_may_not_be_and_what_is_over_goes_first() {
        let all = || record(&["a", "b", "c", "d", "e", "f", "g", "h"]);
        let mut noted = all();
        noted.note_login(&token("new"), at(5));
        assert_eq!(names(&noted), ["a", "new", "b", "c", "d", "e", "f", "g", "h"]);
        noted.others[0].spent = Some(at(5));
        noted.note_login(&token("newer"), at(6));
        assert_eq!(names(&noted), ["a", "newer", "b", "c", "d", "e", "f", "g", "h"]);
        let mut next = session("i");
        let mut earlier = all();
        earlier.others[1].is_lost = true;
        next.put_beside(earlier, at(7));
        assert_eq!(names(&next), ["i", "a", "b", "d", "e", "f", "g", "h"]);
        let mut newest = session("j");
        newest.put_beside(next, at(8));
        assert_eq!(
            names(&newest),
            ["j", "i", "a", "b", "d", "e", "f", "g"],
            "the oldest goes"
        );
    }

    #[test]
    fn what_is_known_of_a_session_is_told_of_that_one_alone() {
        let mut record = record(&["a", "b"]);
        record.others[0].spent = Some(at(7));
        let known =
            |record: &Record| ["a", "b", "c"].map(|of| (record.spent_of(&token(of)), record.is_lost_of(&token(of))));
        assert_eq!(known(&record), [(None, false), (Some(at(7)), false), (None, false)]);
        record.lose_of(&token("b"));
        assert_eq!(known(&record), [(None, false), (Some(at(7)), true), (None, false)]);
        assert_eq!((names(&record), record.ends.len()), (vec!["a", "b"], 1));
    }

    #[test]
    fn if_the_session_that_is_renewed_is_lost_or_over_the_newest_good_one_is_in_its_place() {
        let doubtful = || {
            let mut record = record(&["a", "b", "c", "d"]);
            record.others[0].spent = Some(at(7));
            record.others[1].is_lost = true;
            record
        };
        let mut lost = doubtful();
        lost.lose_of(&token("a"));
        assert_eq!((names(&lost), lost.ends.len()), (vec!["d", "a", "b", "c"], 1));
        assert!(lost.is_lost_of(&token("a")) && !lost.is_lost);
        let over = doubtful().without(&token("a")).unwrap();
        assert_eq!((names(&over), over.ends.len()), (vec!["d", "b", "c"], 1));
        let over = over.without(&token("d")).unwrap();
        assert_eq!(
            (names(&over), over.ends.len()),
            (vec!["b", "c"], 0),
            "nothing renews it"
        );
        assert_eq!(names(&over.without(&token("c")).unwrap()), ["b"]);
        assert!(record(&["a"]).without(&token("a")).is_none());
        let mut alone = record(&["a"]);
        alone.lose_of(&token("a"));
        assert!(alone.is_lost && alone.ends.is_empty());
    }
}
