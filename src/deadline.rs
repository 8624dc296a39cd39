//! One deadline for the whole run: waits give up in time, and a call that cannot be interrupted ends the process.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after the deadline the watchdog waits for a regular exit.
const GRACE: Duration = Duration::from_millis(500);

/// The time by which everything is done or given up. Clones share the same deadline.
#[derive(Debug, Clone)]
pub struct Deadline(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    start: Instant,
    total: Duration,
    step: String,
    is_lifted: bool,
}

impl Deadline {
    /// A deadline `total` from now.
    pub fn after(total: Duration) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                start: Instant::now(),
                total,
                step: "starting".into(),
                is_lifted: false,
            }),
            moved: Condvar::new(),
        }))
    }

    /// Changes the length, from the same start, once hook.env has been read.
    pub fn set_total(&self, total: Duration) {
        self.state().total = total;
        self.0.moved.notify_all();
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

    /// The whole length, for messages.
    pub fn total(&self) -> Duration {
        self.state().total
    }

    /// Notes the current step, so that the watchdog can report where the process hung.
    pub fn enter(&self, step: &str) {
        step.clone_into(&mut self.state().step);
    }

    /// Stops the watchdog: what follows has deadlines of its own.
    pub fn lift(&self) {
        self.state().is_lifted = true;
        self.0.moved.notify_all();
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
                let woken = this.0.moved.wait_timeout(state, left);
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
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn a_deadline_that_was_moved_in_strikes_at_its_new_end() {
        let deadline = Deadline::after(Duration::from_secs(60));
        let (told, heard) = std::sync::mpsc::channel();
        deadline.guard(move |reason| told.send(reason).unwrap());
        deadline.set_total(Duration::from_millis(1));
        assert!(heard.recv_timeout(Duration::from_secs(10)).is_ok());
    }
}
