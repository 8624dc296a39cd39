//! The time by the server's clock: reapers read what a login writes, and this node's clock may be wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::time::{for_a_person, unix_seconds};

/// A difference that is left as it is, in seconds: the header has no parts of a second, and answers take time.
const HARMLESS: i64 = 60;

/// This node's clock, corrected as soon as the server has said its own.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// The seconds that the server is ahead; 0 for a harmless difference.
    ahead: AtomicI64,
}

impl Clock {
    /// Notes the `Date` of an answer that has just arrived.
    pub fn learn(&self, date: Option<SystemTime>, now: SystemTime) {
        if let Some(date) = date {
            let ahead = signed(date) - signed(now);
            let ahead = if ahead.abs() > HARMLESS { ahead } else { 0 };
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }

    /// The time, in Unix seconds.
    pub fn unix_seconds(&self, now: SystemTime) -> u64 {
        u64::try_from(signed(now) + self.ahead()).unwrap_or_default()
    }

    /// Whether a time that was written before is too far from the server's.
    pub fn contradicts(&self, written: u64, now: SystemTime) -> bool {
        self.unix_seconds(now).abs_diff(written) > HARMLESS.unsigned_abs() && self.ahead() != 0
    }

    /// The difference in words, if it is harmful.
    pub fn warning(&self, server: &str) -> Option<String> {
        let ahead = self.ahead();
        let way = if ahead > 0 { "behind" } else { "ahead of" };
        let skew = for_a_person(Duration::from_secs(ahead.unsigned_abs()));
        (ahead != 0).then(|| {
            format!("the clock of this node is {skew} {way} that of {server}, whose time was written; synchronize them (chronyc tracking)")
        })
    }

    fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }
}

fn signed(time: SystemTime) -> i64 {
    i64::try_from(unix_seconds(time)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_difference_of_up_to_a_minute_is_left_and_a_larger_one_corrected_in_both_directions() {
        for (date, right) in [
            (9_940, 10_000),
            (10_060, 10_000),
            (9_939, 9_939),
            (10_061, 10_061),
            (46_000, 46_000),
        ] {
            let clock = Clock::default();
            clock.learn(Some(at(date)), at(10_000));
            assert_eq!(clock.unix_seconds(at(10_000)), right, "{date}");
            assert_eq!(clock.contradicts(10_000, at(10_000)), right != 10_000, "{date}");
            assert_eq!(clock.warning("it").is_some(), right != 10_000, "{date}");
        }
    }

    #[test]
    fn a_server_that_does_not_say_its_time_is_not_corrected_by() {
        let clock = Clock::default();
        clock.learn(None, at(10_000));
        assert_eq!(clock.unix_seconds(at(10_000)), 10_000);
        assert_eq!(clock.warning("it"), None);
    }
}
