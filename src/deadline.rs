//! One deadline for the whole run: what waits gives up in time, and what can't be waited for is cut off.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after the deadline the watchdog lets the orderly way out try.
const GRACE: Duration = Duration::from_millis(500);

/// The moment by which everything is done or given up. Clones are the same deadline.
#[derive(Debug, Clone)]
pub struct Deadline(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    start: Instant,
    total: Duration,
    step: String,
}

impl Deadline {
    /// `total` from now.
    pub fn after(total: Duration) -> Self {
        Self(Arc::new(Mutex::new(State {
            start: Instant::now(),
            total,
            step: "starting".into(),
        })))
    }

    /// Gives it another length from the same start, once hook.env has told it.
    pub fn set_total(&self, total: Duration) {
        self.state().total = total;
    }

    /// What is left; zero when it is over.
    pub fn remaining(&self) -> Duration {
        self.end().saturating_duration_since(Instant::now())
    }

    /// The end, for tokio's timers.
    pub fn instant(&self) -> tokio::time::Instant {
        self.end().into()
    }

    /// The whole length, for messages.
    pub fn total(&self) -> Duration {
        self.state().total
    }

    /// Notes what is being done, so that the watchdog can say where it hung.
    pub fn enter(&self, step: &str) {
        step.clone_into(&mut self.state().step);
    }

    /// Ends the process shortly after the deadline, through `exit`, whatever it hangs in.
    ///
    /// A directory service that never answers blocks `getpwnam` in the C library, and a dead file
    /// server blocks a read of hook.env: no timer of ours can interrupt those.
    pub fn guard(&self, exit: impl FnOnce(String) + Send + 'static) {
        let this = self.clone();
        let watchdog = std::thread::Builder::new().name("watchdog".into());
        // Its only work is to sleep and to print a line.
        let spawned = watchdog.stack_size(64 * 1024).spawn(move || {
            // The end may have moved while it slept.
            while Instant::now() < this.end() + GRACE {
                std::thread::sleep((this.end() + GRACE).saturating_duration_since(Instant::now()));
            }
            let reason = {
                let state = this.state();
                format!("the deadline of {:?} is over while {}", state.total, state.step)
            };
            exit(reason);
        });
        // Without a thread there is no watchdog, but the timers still work.
        drop(spawned);
    }

    fn end(&self) -> Instant {
        let state = self.state();
        state.start + state.total
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
}
