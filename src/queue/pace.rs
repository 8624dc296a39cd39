//! How many logins at a time are good for the API servers: learned from how soon they answered the last ones.
//!
//! As many as are answered soon. More of them do not get more done: they wait for each other in the servers instead of here,
//! each takes longer, and those that take longer than a login may take have asked in vain. Fewer leave the servers idle while
//! a login waits for the network or for a controller.

use std::time::Duration;

/// The largest number that can be set.
pub(super) const MOST: u32 = 256;

/// What it begins with, and its bounds: 64 serves up to a third more first logins than 16 where the API server has two cores;
/// with a quarter of a core they hardly differ (`docs/src/storms.md`). And 64 logins with 8 requests each are
/// what one account may ask at once: some 250 requests are answered at a time at its priority level, and 300 wait, in six
/// queues of 50 (`workload-low`, apiserver/pkg/apis/flowcontrol/bootstrap). The next one is answered 429.
const FIRST: f64 = 32.0;
const LEAST: f64 = 16.0;
const GREATEST: f64 = 64.0;

/// A first answer, connection included, that is quicker than this: the servers have time for more logins.
const SOON: Duration = Duration::from_millis(400);
/// How many more there may be after as many logins as have a seat.
const RISE: f64 = 4.0;
/// A first answer that is later than this: there are too many logins. One login waits for two or three such answers, and has
/// ten seconds.
const LATE: Duration = Duration::from_secs(1);
/// The factor by which each such login lowers the number.
const FALL: f64 = 0.97;

/// What is known of the API servers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pace {
    seats: f64,
    /// How long a login takes, from its turn to its end, on average; zero if that is not known.
    usual: Duration,
}

/// What one login has seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lesson {
    /// What the clusters answered; nothing, if that was learned from already.
    pub answered: Answered,
    /// From its turn to its end.
    pub took: Duration,
    /// Whether logins wait for each other: one that is alone has seen nothing of what many do to the servers.
    pub is_one_of_many: bool,
}

/// What the clusters answered a login; of two clusters, what says more of what there is to do counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answered {
    /// None of them answered.
    Nothing,
    /// The slowest one first answered after so long, from the beginning of the connection on.
    After(Duration),
    /// One of them said, at least once, that it is too busy, which it says soon.
    TooBusy,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            seats: FIRST,
            usual: Duration::ZERO,
        }
    }
}

impl Pace {
    /// How many logins may have their turn at once.
    pub fn seats(&self) -> u32 {
        // Cut to a whole number on purpose.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "16 to 64")]
        let seats = self.seats as u32;
        seats
    }

    /// How long a login takes.
    pub fn usual(&self) -> Duration {
        self.usual
    }

    /// Learns from one login.
    pub fn learn(&mut self, lesson: Lesson) {
        self.usual = if self.usual.is_zero() {
            lesson.took
        } else {
            (self.usual * 7 + lesson.took) / 8
        };
        match lesson.answered {
            Answered::TooBusy => self.fall(),
            Answered::After(first) if lesson.is_one_of_many && first > LATE => self.fall(),
            Answered::After(first) if lesson.is_one_of_many && first < SOON => {
                self.seats = (self.seats + RISE / self.seats).min(GREATEST);
            }
            _ => {}
        }
    }

    /// Learns that the servers have too much to do.
    pub fn fall(&mut self) {
        self.seats = (self.seats * FALL).max(LEAST);
    }

    /// Reads what [`Self::text`] has written. Whatever else it is says nothing: it is learned anew.
    pub fn read(text: &str) -> Self {
        Self::parse(text).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.lines().next()?.split(' ');
        if words.next()? != "1" {
            return None;
        }
        let thousandths: u32 = words.next()?.parse().ok()?;
        let usual = words.next()?.parse().ok()?;
        Some(Self {
            seats: (f64::from(thousandths) / 1000.0).clamp(LEAST, GREATEST),
            usual: Duration::from_micros(usual).min(LONGEST_USUAL),
        })
    }

    /// One line, always of the same length, so that it can be written over the last one.
    pub fn text(&self) -> String {
        let usual = self.usual.min(LONGEST_USUAL).as_micros();
        format!("1 {:06.0} {usual:010}\n", self.seats * 1000.0)
    }
}

/// No login takes longer: `HOOK_TIMEOUT` is shorter.
const LONGEST_USUAL: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(milliseconds: u64, is_one_of_many: bool) -> Lesson {
        let took = Duration::from_millis(milliseconds);
        Lesson {
            answered: Answered::After(took),
            took,
            is_one_of_many,
        }
    }

    fn after(lessons: impl IntoIterator<Item = Lesson>) -> Pace {
        let mut pace = Pace::default();
        lessons.into_iter().for_each(|lesson| pace.learn(lesson));
        pace
    }

    /// What a server does that serves so many logins a second, and is so many milliseconds away.
    fn settled(per_second: u64, far: u64) -> u32 {
        let mut pace = Pace::default();
        for _ in 0..3000 {
            let seats = pace.seats();
            pace.learn(lesson(far + u64::from(seats) * 1000 / per_second, true));
        }
        pace.seats()
    }

    #[test]
    fn a_server_that_has_time_gets_more_and_one_that_has_not_gets_fewer() {
        assert_eq!(settled(10_000, 20), 64);
        assert!((28..=32).contains(&settled(80, 0)), "{}", settled(80, 0));
        assert_eq!(settled(10, 0), 16);
        // As many as it answers in half a second.
        assert!((45..=55).contains(&settled(125, 0)), "{}", settled(125, 0));
    }

    #[test]
    fn a_distant_server_is_not_taken_for_a_busy_one() {
        assert_eq!(settled(10_000, 600), 32);
    }

    #[test]
    fn who_logs_in_alone_changes_nothing() {
        let pace = after((0..500).map(|number| lesson(20 + number * 10, false)));
        assert_eq!(pace.seats(), 32);
        assert!(pace.usual() > Duration::from_secs(4));
    }

    #[test]
    fn a_server_that_says_at_once_that_it_is_too_busy_gets_fewer_whoever_asks() {
        for is_one_of_many in [true, false] {
            let lesson = Lesson {
                answered: Answered::TooBusy,
                ..lesson(5, is_one_of_many)
            };
            assert_eq!(after([lesson]).seats(), 31);
            assert_eq!(after([lesson; 100]).seats(), 16);
        }
    }

    #[test]
    fn one_late_answer_changes_little() {
        assert_eq!(after([lesson(20, false), lesson(5000, true)]).seats(), 31);
    }

    #[test]
    fn it_is_read_as_it_was_written_always_in_the_same_length() {
        let paces = [
            Pace::default(),
            after([lesson(20, false)]),
            after((0..9000).map(|_| lesson(20, true))),
            after([lesson(u64::MAX / 8, true)]),
        ];
        for pace in &paces {
            let (again, text) = (Pace::read(&pace.text()), pace.text());
            assert_eq!((again.seats(), text.len()), (pace.seats(), paces[0].text().len()));
            assert_eq!(again.text(), text);
        }
    }

    #[test]
    fn whatever_else_is_in_the_file_is_as_good_as_none() {
        for text in [
            "",
            "1",
            "1 x 1\n",
            "2 016000 1\n",
            "\u{0}\u{0}",
            "1 99999999999999 1\n",
            "1 -1 1\n",
        ] {
            assert_eq!(Pace::read(text), Pace::default(), "{text}");
        }
        let mut wild = Pace::read("1 4000000000 18446744073709551615\n");
        assert_eq!(wild.seats(), 64);
        wild.learn(lesson(20, true));
        assert_eq!(Pace::read("1 000000 0\n").seats(), 16);
    }
}
