//! One deadline for the whole run: what waits gives up in time, and what can't be waited for is cut off.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long after the deadline the watchdog lets the orderly way out try.
const GRACE: Duration = Duration::from_millis(500);

/// The moment by which everything is done or given up.
#[derive(Debug, Clone)]
pub struct Deadline {
    end: Instant,
    total: Duration,
    step: Arc<Mutex<String>>,
}

impl Deadline {
    /// `total` from now.
    pub fn after(total: Duration) -> Self {
        Self {
            end: Instant::now() + total,
            total,
            step: Arc::new(Mutex::new("starting".into())),
        }
    }

    /// The same start with another length, once hook.env has told it.
    #[must_use]
    pub fn with_total(&self, total: Duration) -> Self {
        Self {
            end: self.end - self.total + total,
            total,
            step: Arc::clone(&self.step),
        }
    }

    /// What is left; zero when it is over.
    pub fn remaining(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// The end, for tokio's timers.
    pub fn instant(&self) -> tokio::time::Instant {
        self.end.into()
    }

    /// The whole length, for messages.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Notes what is being done, so that the watchdog can say where it hung.
    pub fn enter(&self, step: &str) {
        if let Ok(mut current) = self.step.lock() {
            step.clone_into(&mut current);
        }
    }

    /// Ends the process shortly after the deadline, through `exit`, whatever it hangs in.
    ///
    /// A directory service that never answers blocks `getpwnam` in the C library, and a dead file
    /// server blocks a read of hook.env: no timer of ours can interrupt those.
    pub fn guard(&self, exit: impl FnOnce(String) + Send + 'static) {
        let this = self.clone();
        let spawned = std::thread::Builder::new()
            .name("watchdog".into())
            // Its only work is to sleep and to print a line.
            .stack_size(64 * 1024)
            .spawn(move || {
                std::thread::sleep(this.remaining() + GRACE);
                let step = this.step.lock().map(|step| step.clone()).unwrap_or_default();
                exit(format!("the deadline of {:?} is over while {step}", this.total));
            });
        // Without a thread there is no watchdog, but the timers still work.
        drop(spawned);
    }
}
