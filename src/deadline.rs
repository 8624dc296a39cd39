//! One deadline for the whole run, and a budget for what arrives until then: what waits gives up in time, and what cannot
//! be waited for is cut off.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after the deadline the watchdog waits for a regular exit.
const GRACE: Duration = Duration::from_millis(500);
/// What the watchdog of bulk work gives a step in addition to its own deadline.
const STEP_SLACK: Duration = Duration::from_secs(2);
/// What all answers of servers may take in memory, in bytes. A login's are some 20 KiB a cluster.
const BUDGET: usize = 16 * 1024 * 1024;
/// What is left of it, at least, for one of many servers, in bytes: its largest object, read and parsed.
const LEAST_BUDGET: usize = 4 * 1024 * 1024;

/// The time by which everything is done or given up. Clones share the same deadline and budget.
#[derive(Debug, Clone)]
pub struct Deadline {
    shared: Arc<Shared>,
    budget: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    start: Instant,
    total: Duration,
    /// How long other logins came first.
    waited: Duration,
    step: String,
    is_lifted: bool,
}

impl Deadline {
    /// A deadline `total` from now.
    pub fn after(total: Duration) -> Self {
        Self::since(Instant::now(), total)
    }

    fn since(start: Instant, total: Duration) -> Self {
        let state = State {
            start,
            total,
            waited: Duration::ZERO,
            step: "starting".into(),
            is_lifted: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                moved: Condvar::new(),
            }),
            budget: Arc::new(AtomicUsize::new(BUDGET)),
        }
    }

    /// The same deadline, with the budget of one of so many servers: none of them can spend what another one needs.
    #[must_use]
    pub fn for_one_of(&self, servers: usize) -> Self {
        let budget = (BUDGET / servers.max(1)).max(LEAST_BUDGET);
        Self {
            shared: Arc::clone(&self.shared),
            budget: Arc::new(AtomicUsize::new(budget)),
        }
    }

    /// Changes the length, from the same start, once hook.env has been read.
    pub fn set_total(&self, total: Duration) {
        self.state().total = total;
        self.shared.moved.notify_all();
    }

    /// Takes so many bytes of memory from the budget; `false` if that many are not left.
    pub fn spend(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        let taken = self.budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.is_ok()
    }

    /// Gives the watchdog one more step of this length: it ends a run that gets on no more, however long that is in all.
    pub fn more_time(&self, step: &str, length: Duration) {
        let mut state = self.state();
        step.clone_into(&mut state.step);
        state.total = state.start.elapsed() + length;
        drop(state);
        self.shared.moved.notify_all();
    }

    /// The deadline of one step of this length, which this watchdog waits for, and a little longer: other work may be going
    /// on in the same thread.
    #[must_use]
    pub fn step(&self, what: &str, length: Duration) -> Self {
        self.more_time(what, length + STEP_SLACK);
        Self::after(length)
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.state().start.elapsed()
    }

    /// The time left; zero once the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.end().saturating_duration_since(Instant::now())
    }

    /// The deadline, for tokio's timers.
    pub fn instant(&self) -> tokio::time::Instant {
        self.end().into()
    }

    /// When no more than this share is left of what is left now, for tokio's timers. Whoever begins late, after a wait for
    /// other logins, has the same share of less time.
    pub fn until_left(&self, share: f64) -> tokio::time::Instant {
        self.instant() - self.remaining().mul_f64(share)
    }

    /// The whole length.
    pub fn total(&self) -> Duration {
        self.state().total
    }

    /// Notes that other logins came first for so long.
    pub fn begin_after(&self, waited: Duration) {
        self.state().waited = waited;
    }

    /// The time that there was for the work, for messages: in whole milliseconds after a wait.
    pub fn given(&self) -> Duration {
        let state = self.state();
        if state.waited.is_zero() {
            return state.total;
        }
        let given = state.total.saturating_sub(state.waited);
        Duration::new(given.as_secs(), given.subsec_millis() * 1_000_000)
    }

    /// Notes the current step, so that the watchdog can report where the process hung.
    pub fn enter(&self, step: &str) {
        step.clone_into(&mut self.state().step);
    }

    /// Sends the watchdog away: what is left is to be printed, and the reader may be a person with a pager.
    pub fn lift(&self) {
        self.state().is_lifted = true;
        self.shared.moved.notify_all();
    }

    /// Ends the process through `exit` shortly after the deadline, whatever call it hangs in.
    ///
    /// A directory service that never answers blocks `getpwnam` in the C library, and a dead file
    /// server blocks a read of hook.env: no timer of ours can interrupt those.
    pub fn guard(&self, exit: impl FnOnce(String) + Send + 'static) {
        let this = self.clone();
        let watchdog = std::thread::Builder::new().name("watchdog".into());
        // It only sleeps and prints a line.
        let spawned = watchdog.stack_size(64 * 1024).spawn(move || {
            let mut state = this.state();
            loop {
                if state.is_lifted {
                    return;
                }
                let left = (state.end() + GRACE).saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                // Woken when the deadline is moved, in either direction.
                let woken = this.shared.moved.wait_timeout(state, left);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
            let reason = format!("the deadline of {:?} passed while {}", state.total, state.step);
            drop(state);
            exit(reason);
        });
        // Without a thread there is no watchdog, but the timers still work.
        drop(spawned);
    }

    fn end(&self) -> Instant {
        self.state().end()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&self) -> Instant {
        self.start + self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_was_moved_out_does_not_strike_at_its_old_end() {
        let deadline = Deadline::after(Duration::ZERO);
        let (told, heard) = std::sync::mpsc::channel();
        deadline.set_total(GRACE * 2);
        deadline.enter("waiting for the test");
        let started = Instant::now();
        deadline.guard(move |reason| told.send(reason).unwrap());
        let reason = heard.recv().unwrap();
        assert!(started.elapsed() > GRACE * 2, "{:?}", started.elapsed());
        assert!(reason.ends_with("waiting for the test"), "{reason}");
    }

    #[test]
    fn a_budget_is_spent_once_by_all_that_share_a_deadline() {
        let deadline = Deadline::after(Duration::ZERO);
        assert!(deadline.clone().spend(BUDGET - 1) && !deadline.spend(2) && deadline.spend(1));
        assert!(Deadline::after(Duration::ZERO).spend(BUDGET));
    }

    #[test]
    fn one_of_many_servers_spends_nothing_of_the_others_and_has_enough_for_its_largest_object() {
        let deadline = Deadline::after(Duration::ZERO);
        let [first, second] = [deadline.for_one_of(2), deadline.for_one_of(2)];
        assert!(first.spend(BUDGET / 2) && !first.spend(1));
        assert!(second.clone().spend(BUDGET / 2) && !second.spend(1));
        assert!(deadline.for_one_of(100).spend(LEAST_BUDGET) && deadline.spend(BUDGET));
        deadline.set_total(Duration::from_secs(60));
        assert!(second.remaining() > Duration::from_secs(50), "it is the same deadline");
    }

    #[test]
    fn a_message_names_the_time_that_there_was_after_a_wait() {
        let deadline = Deadline::after(Duration::from_secs(10));
        assert_eq!(format!("{:?}", deadline.given()), "10s");
        deadline.begin_after(Duration::from_micros(5_600_300));
        assert_eq!(
            format!("{:?} of {:?}", deadline.given(), deadline.total()),
            "4.399s of 10s"
        );
    }

    #[test]
    fn whoever_begins_late_has_the_same_share_of_less_time() {
        let total = Duration::from_secs(1000);
        let late = Instant::now().checked_sub(total.mul_f64(0.9)).unwrap();
        let deadline = Deadline::since(late, total);
        let left = deadline.instant() - deadline.until_left(0.2);
        assert!((19..=20).contains(&left.as_secs()), "{left:?}");
    }

    #[test]
    fn a_deadline_that_was_moved_in_strikes_at_its_new_end() {
        let deadline = Deadline::after(Duration::from_secs(60));
        let (told, heard) = std::sync::mpsc::channel();
        deadline.guard(move |reason| told.send(reason).unwrap());
        deadline.set_total(Duration::from_millis(1));
        assert!(heard.recv_timeout(Duration::from_secs(10)).is_ok());
    }
}
